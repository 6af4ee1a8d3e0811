"""Other threads that make and drop objects all the time while a question is answered.

Each case runs in an interpreter of its own, as a fault would end it, and because what is made only
once, when it is first needed, must not let the other threads in either.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import io, sys, threading
sys.setswitchinterval(1e-6)

def churn():
    while not is_over.is_set():
        made = [[object(), {{"n": n}}, (n, [])] for n in range(300)]
        kept = made[::2]
        del made

is_over = threading.Event()
threads = [threading.Thread(target=churn) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    {question}
finally:
    is_over.set()
    for thread in threads:
        thread.join()
"""

QUESTIONS = {
    "referrers": """
    import heapgraph
    for _ in range(4):
        heapgraph.show_backrefs(heapgraph, output=io.StringIO())
""",
    "referents": """
    import heapgraph
    for _ in range(4):
        heapgraph.show_refs(threads, max_depth=4, output=io.StringIO())
""",
    "with callbacks": """
    import heapgraph
    for _ in range(2):
        heapgraph.show_refs(threads, filter=lambda obj: True, output=io.StringIO())
""",
    "a chain to a module": """
    import heapgraph
    target = []
    for _ in range(4):
        heapgraph.find_backref_chain(target, heapgraph.is_proper_module)
""",
    "a chain to anything": """
    import heapgraph
    target = []
    for _ in range(2):
        heapgraph.find_backref_chain(target, lambda obj: False, max_depth=3)
""",
    "counts": """
    import heapgraph
    for _ in range(20):
        heapgraph.typestats()
        heapgraph.by_type("dict")
        heapgraph.at_addrs({id(threads)})
""",
    "a capture": """
    from heapgraph._core import CapturedHeap, named_referents
    for _ in range(4):
        CapturedHeap()
        named_referents(threads)
""",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_other_threads_go_on(question: str) -> None:
    program = PROGRAM.format(question=QUESTIONS[question].strip())
    command = [sys.executable, "-X", "faulthandler", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
