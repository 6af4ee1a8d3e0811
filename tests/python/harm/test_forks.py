"""Processes that are forked, and several threads that ask, while a question is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

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


IMPORTED_AGAIN = """
import os, signal, sys
import heapgraph

for name in [name for name in sys.modules if name.startswith("heapgraph")]:
    del sys.modules[name]
import heapgraph

signal.alarm(60)
child = os.fork()
if not child:
    signal.alarm(60)
    heapgraph.take_snapshot(collect=False)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("done")
"""


def test_a_fork_after_a_second_import() -> None:
    assert survives(IMPORTED_AGAIN) == "done\n"


ASKED_AT_ONCE = """
import resource, threading
import heapgraph

keep = [{number: [number]} for number in range(100_000)]
snapshot = heapgraph.take_snapshot(names=False)
heapgraph.take_snapshot(names=False).suspects()
threads = [threading.Thread(target=lambda: (start.wait(), ask())) for _ in range(8)]


def ask():
    try:
        snapshot.suspects()
    except heapgraph.CaptureError as error:
        assert "of memory are needed" in str(error)


start = threading.Barrier(9)
for thread in threads:
    thread.start()
status = open("/proc/self/status").read().split("VmSize:")[1]
limit = (int(status.split()[0]) << 10) + (60 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
start.wait()
for thread in threads:
    thread.join()
print("done")
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say")
def test_threads_that_ask_at_once_take_memory_for_one() -> None:
    assert survives(ASKED_AT_ONCE) == "done\n"
