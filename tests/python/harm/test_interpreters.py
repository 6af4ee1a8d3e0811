"""Other interpreters in the process: questions are answered, and show nothing of theirs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from children import survives


@pytest.mark.skipif(sys.version_info < (3, 12), reason="all interpreters share one GIL")
def test_an_interpreter_with_its_own_gil_runs_meanwhile() -> None:
    assert survives("beside_an_interpreter.py", "isolated", "4").endswith("questions\n")


def test_an_interpreter_that_shares_the_gil_shows_nothing() -> None:
    assert survives("beside_an_interpreter.py", "legacy", "2").endswith("questions\n")


BLOCKS = """
import sys

from heapgraph import _core
from beside_an_interpreter import another

assert abs(_core.allocated_blocks() - sys.getallocatedblocks()) < 1_000
interpreters, other = another(sys.argv[1])
assert _core.allocated_blocks() is None
interpreters.destroy(other)
assert abs(_core.allocated_blocks() - sys.getallocatedblocks()) < 1_000
"""


@pytest.mark.parametrize("kind", ["isolated", "legacy"])
def test_blocks_are_not_counted_beside_another(kind: str) -> None:
    """Those of the other would be counted while it changes them: a crash, seen on 3.15."""
    survives(BLOCKS, kind, environment={"PYTHONPATH": str(Path(__file__).parent)})


POOL = """
import threading
from concurrent.futures import InterpreterPoolExecutor

import heapgraph


def add_up(numbers):
    return sum([number for number in numbers])


with InterpreterPoolExecutor(2) as pool:
    sums = [pool.submit(sum, range(1_000_000)) for _ in range(20)]
    while not all(future.done() for future in sums):
        heapgraph.take_snapshot()
        heapgraph.find_backref_chain(sums, heapgraph.is_proper_module)
    assert all(future.result() == 499_999_500_000 for future in sums)
print("done")
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="new in CPython 3.14")
def test_a_pool_of_interpreters_works_meanwhile() -> None:
    assert survives(POOL) == "done\n"


EXEC_GLOBALS = """
import threading

import heapgraph

scope = frozendict(here=threading.Event(), go=threading.Event(), __builtins__=__builtins__)
rule = compile("(lambda: (here.set(), go.wait()))()", "rules", "eval")
thread = threading.Thread(target=eval, args=(rule, scope))
thread.start()
scope["here"].wait()
try:
    heapgraph.take_snapshot()
    heapgraph.find_backref_chain(scope["go"], heapgraph.is_proper_module)
    rules = [node for node in heapgraph.take_snapshot().find("builtins.frame")
             if "in rules:" in node.name]
    print(len(rules))
finally:
    scope["go"].set()
    thread.join()
"""


@pytest.mark.skipif(sys.version_info < (3, 15), reason="new in CPython 3.15")
def test_globals_that_are_no_dict() -> None:
    assert survives(EXEC_GLOBALS) == "2\n"
