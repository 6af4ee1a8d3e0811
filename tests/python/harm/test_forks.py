"""A process that is forked while a question is asked."""

from __future__ import annotations

from children import survives

ASKED_MEANWHILE = """
import os, signal, threading, time
import heapgraph

heap = [[[]] for _ in range(100_000)]
for delay in (0, 0.01, 0.03, 0.1):
    snapshot = heapgraph.take_snapshot(collect=False)
    asking = threading.Thread(target=snapshot.retained_by_type)
    asking.start()
    time.sleep(delay)
    child = os.fork()
    if not child:
        # The thread is not there to come to an end.
        signal.alarm(60)
        assert snapshot.retained_by_type()
        assert heapgraph.why(heap[5]).chains
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, delay
    asking.join()
print("done")
"""


def test_a_question_that_was_being_answered_at_the_fork() -> None:
    assert survives(ASKED_MEANWHILE) == "done\n"
