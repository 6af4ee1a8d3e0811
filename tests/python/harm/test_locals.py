"""Variables of running functions are read, and nothing that the program sees of them changes."""

from __future__ import annotations

import gc
import io
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from children import survives
from heapgraph._core import CapturedHeap, named_referents

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

HELD = [object()]
QUESTIONS: dict[str, Callable[[], object]] = {
    "snapshot": lambda: heapgraph.take_snapshot(collect=False),
    "chain": lambda: heapgraph.find_backref_chain(HELD, heapgraph.is_proper_module),
    "why": lambda: heapgraph.why(HELD),
    "picture": lambda: heapgraph.show_backrefs(HELD, output=io.StringIO()),
    "names": lambda: named_referents(sys._getframe()),
    "names of the caller": lambda: named_referents(sys._getframe(1)),
}
questions = pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)


@questions
def test_a_variable_that_exec_set_is_still_there(ask: Callable[[], object]) -> None:
    scope: dict[str, Any] = {"ask": ask}
    exec("def function():\n exec('x = 5\\nask()\\nseen = x')\n x = 1\n", scope)
    scope["function"]()


@questions
def test_a_dict_of_locals_keeps_what_was_put_into_it(ask: Callable[[], object]) -> None:
    mine = locals()
    mine["later"] = "mine"
    mine["ask"] = "mine too"
    ask()
    assert mine["later"] == "mine"
    assert mine["ask"] == "mine too"
    later = 1
    assert later


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="`f_locals` writes to the variables")
@questions
def test_a_debugger_finds_what_it_put_into_the_locals(ask: Callable[[], object]) -> None:
    number = 3
    seen = sys._getframe().f_locals
    seen["number"] = 99
    ask()
    assert seen["number"] == 99
    assert number == 3


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="no dict of locals is kept")
@questions
def test_another_threads_dict_of_locals_stays_as_it_is(ask: Callable[[], object]) -> None:
    ready, done = threading.Event(), threading.Event()
    found: list[dict[str, Any]] = []

    def wait() -> None:
        mine = locals()
        mine["value"] = "mine"
        ready.set()
        done.wait()
        found.append(dict(mine))
        value = 1
        assert value

    thread = threading.Thread(target=wait)
    thread.start()
    ready.wait()
    try:
        ask()
    finally:
        done.set()
        thread.join()
    assert found[0]["value"] == "mine"


def suspended(argument: object) -> Generator[object, None, None]:
    local = [argument]
    yield local


def test_suspended_functions_get_no_frame_object() -> None:
    """A frame object is a block of memory that stays until the function ends."""
    generators = [suspended(n) for n in range(20_000)]
    for generator in generators:
        next(generator)
    heapgraph.take_snapshot()
    before = sys.getallocatedblocks()
    heapgraph.take_snapshot()
    assert sys.getallocatedblocks() - before < len(generators) / 2


def test_variables_of_all_suspended_functions_have_names() -> None:
    generators = [suspended(HELD) for _ in range(12_000)]
    for generator in generators:
        next(generator)
    snapshot = heapgraph.take_snapshot()
    last = snapshot.find(obj=generators[-1])[0]
    if sys.version_info < (3, 11):
        last = next(held.node for held in last.referents if held.name == ".gi_frame")
    assert {"local argument", "local local"} <= {held.name for held in last.referents}


def test_variables_that_are_not_set() -> None:
    number = 1
    del number
    later: object
    named = dict(named_referents(sys._getframe()))
    assert not [name for name in named if name in {"local number", "local later"}]
    later = named
    assert later


def test_arguments_that_functions_share() -> None:
    def function(argument: object, *rest: object) -> dict[str, Any]:
        assert (lambda: (argument, rest))()
        return dict(named_referents(sys._getframe()))

    named = function(HELD, 1)
    assert named["local argument"].cell_contents is HELD
    assert named["local rest"].cell_contents == (1,)


def test_a_frame_that_was_cleared_holds_nothing() -> None:
    def end(argument: object) -> FrameType:
        own = [argument]
        assert own
        return sys._getframe()

    frame = end(HELD)
    assert dict(named_referents(frame))["local argument"] is HELD
    assert dict(named_referents(frame))["local own"] == [HELD]
    frame.clear()
    assert not [name for name in dict(named_referents(frame)) if name.startswith("local")]


NO_EVENTS = """
import sys
import heapgraph
from heapgraph._core import CapturedHeap

heard = []
sys.addaudithook(lambda event, arguments: heard.append((event, str(arguments)[:80])))

def suspended(argument):
    yield argument

kept = suspended([])
next(kept)
CapturedHeap()
print([event for event in heard if event[0] != "gc.get_objects"])
"""


def test_no_audit_hook_hears_of_frames() -> None:
    assert survives(NO_EVENTS) == "[]\n"


MANY_THREADS = """
import threading
import heapgraph
from heapgraph._core import CapturedHeap

threading.stack_size(1 << 18)
ready, done = threading.Barrier(2001), threading.Event()

def wait(number):
    mine = Mine(number)
    ready.wait()
    done.wait()

class Mine:
    def __init__(self, number):
        self.number = number

threads = [threading.Thread(target=wait, args=(n,), name=f"worker {n}") for n in range(2000)]
for thread in threads:
    thread.start()
ready.wait()
try:
    snapshot = heapgraph.take_snapshot()
    mine = snapshot.find("__main__.Mine")
    chains = {str(snapshot.find_chain(node.address)) for node in mine}
    assert len(mine) == 2000
    assert all("<local mine>" in chain for chain in chains)
    names = {chain.rpartition("worker ")[2].split()[0] for chain in chains if "worker" in chain}
    print(len(names))
finally:
    done.set()
    for thread in threads:
        thread.join()
"""


def test_two_thousand_threads() -> None:
    assert survives(MANY_THREADS) == "2000\n"


DEEP = """
import sys, threading
import heapgraph

sys.setrecursionlimit(10**6)
threading.stack_size(1 << 30)

class Deepest:
    pass

def down(level):
    mine = Deepest() if level == 0 else None
    if mine:
        snapshot = heapgraph.take_snapshot()
        print(len(snapshot.find("builtins.frame")) > 100_000)
        heapgraph.find_backref_chain(mine, heapgraph.is_proper_module)
    else:
        down(level - 1)

thread = threading.Thread(target=down, args=(100_000,))
thread.start()
thread.join()
"""


def test_a_stack_of_a_hundred_thousand_frames() -> None:
    assert survives(DEEP) == "True\n"


def test_a_walk_leaves_the_collectors_list_as_long_as_it_was() -> None:
    generators = [suspended(n) for n in range(100)]
    for generator in generators:
        next(generator)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        CapturedHeap()
        assert len(gc.get_objects()) == before
    finally:
        gc.enable()
