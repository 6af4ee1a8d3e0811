"""Greenlets: their variables are seen while they are suspended, and none of them is run."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import Any

import greenlet

import heapgraph
from children import survives
from heapgraph._core import CapturedHeap, named_referents


class Held:
    pass


SHARED: list[weakref.ref[Held]] = []


def inner(argument: Held) -> Any:
    own = [argument]
    shared = Held()
    read = lambda: shared  # noqa: E731
    # Not as an argument, which would be on the value stack of this function meanwhile.
    SHARED.append(weakref.ref(shared))
    greenlet.getcurrent().parent.switch()
    return own, read


def outer(argument: Held) -> None:
    below = {"argument": argument}
    inner(argument)
    below.clear()


def started(argument: Held) -> tuple[greenlet.greenlet, Held]:
    """A suspended greenlet, and an object that only its variables hold."""
    new = greenlet.greenlet(outer)
    new.switch(argument)
    shared = SHARED.pop()()
    assert shared is not None
    return new, shared


def names_of(obj: object) -> dict[str, Any]:
    return dict(named_referents(obj))


def test_variables_of_a_suspended_greenlet_have_names() -> None:
    held = Held()
    suspended, shared = started(held)
    frame = names_of(suspended)[".gr_frame"]
    assert frame is suspended.gr_frame
    innermost = names_of(frame)
    assert innermost["local argument"] is held
    assert innermost["local own"] == [held]
    assert innermost["local shared"].cell_contents is shared
    caller = names_of(innermost[".f_back"])
    assert caller["local below"] == {"argument": held}
    assert ".f_back" not in caller
    suspended.switch()
    assert suspended.dead


def test_each_reference_is_counted_once() -> None:
    """From 3.15 on the greenlet itself shows the collector what its functions hold."""
    held = Held()
    suspended, shared = started(held)
    heap = CapturedHeap()
    frame = suspended.gr_frame
    assert frame is not None
    assert frame.f_back is not None
    referrers = heap.referrers(id(held))
    assert referrers.count(id(frame)) == 1
    assert referrers.count(id(frame.f_back)) == 1
    assert id(suspended) not in referrers
    assert heap.referrers(id(frame)) == [id(suspended)]
    suspended.switch()
    assert shared


def test_the_path_to_what_only_a_suspended_function_holds() -> None:
    suspended, shared = started(Held())
    snapshot = heapgraph.take_snapshot()
    holders = {holder.name for holder in snapshot.find(obj=shared)[0].referrers}
    assert {".cell_contents", "local shared"} <= holders
    chain = heapgraph.find_backref_chain(shared, lambda obj: obj is suspended)
    assert chain[:2] == [suspended, suspended.gr_frame]
    suspended.switch()


def test_ended_and_new_ones_hold_no_frame() -> None:
    new = greenlet.greenlet(outer)
    ended = greenlet.greenlet(lambda: None)
    ended.switch()
    for obj in (new, ended):
        assert ".gr_frame" not in names_of(obj)
    assert names_of(new)[".run"] is outer


def test_those_that_called_the_running_one() -> None:
    """The running greenlet's frames end where it begins; those of its parent are suspended."""
    held = Held()
    seen: dict[str, Any] = {}

    def child() -> None:
        seen["own"] = names_of(sys._getframe())
        parent = greenlet.getcurrent().parent
        assert parent is not None
        seen["parent"] = names_of(names_of(parent)[".gr_frame"])

    greenlet.greenlet(child).switch()
    assert ".f_back" not in seen["own"]
    assert seen["parent"]["local held"] is held
    assert seen["parent"][".f_back"] is sys._getframe().f_back


def test_greenlets_of_another_thread() -> None:
    held = Held()
    ready, done = threading.Event(), threading.Event()
    made: list[greenlet.greenlet] = []

    def work() -> None:
        suspended, _ = started(held)
        made.append(suspended)
        ready.set()
        done.wait()
        suspended.switch()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    try:
        frame = names_of(made[0])[".gr_frame"]
        assert names_of(frame)["local argument"] is held
    finally:
        done.set()
        thread.join()


def test_a_greenlet_whose_thread_is_gone() -> None:
    held = Held()
    made: list[greenlet.greenlet] = []

    def work() -> None:
        made.append(started(held)[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    for _ in range(3):
        heapgraph.take_snapshot()
        heapgraph.why(held)
    assert made


def test_nothing_is_kept_alive_and_nothing_runs() -> None:
    held = Held()
    gone = weakref.ref(held)
    suspended, shared = started(held)
    switches: list[object] = []
    before = greenlet.gettrace()
    greenlet.settrace(lambda event, parts: switches.append((event, parts)))
    try:
        heapgraph.take_snapshot()
        heapgraph.why(held)
        names_of(suspended)
        names_of(suspended.gr_frame)
    finally:
        greenlet.settrace(before)
    assert not switches
    suspended.switch()
    del held, suspended, shared
    gc.collect()
    assert gone() is None


def test_a_walk_while_a_greenlet_is_killed() -> None:
    seen: list[bool] = []

    def dying(argument: Held) -> None:
        try:
            inner(argument)
        finally:
            heapgraph.take_snapshot()
            seen.append(names_of(sys._getframe())["local argument"] is argument)

    suspended = greenlet.greenlet(dying)
    suspended.switch(Held())
    SHARED.clear()
    del suspended
    assert seen == [True]


GROWTH = """
import greenlet, heapgraph

class Request:
    pass

waiting = []

def handle():
    request = Request()
    greenlet.getcurrent().parent.switch()

def scenario():
    new = greenlet.greenlet(handle)
    new.switch()
    waiting.append(new)

report = heapgraph.find_growth(scenario)
print(report.verdict, "__main__.waiting" in str(report))
snapshot = heapgraph.take_snapshot()
node = snapshot.find("__main__.Request")[0]
print(snapshot.find_chain(node.address))
"""


def test_growth_below_greenlets() -> None:
    printed = survives(GROWTH)
    assert printed.splitlines()[0] == "leaking True"
    assert ".gr_frame<local request>" in printed


A_CLASS_OF_THAT_NAME = """
import sys, types
import heapgraph

class greenlet:
    @property
    def gr_frame(self):
        print("run")

greenlet.__module__ = "greenlet"
module = types.ModuleType("greenlet")
module.greenlet = greenlet
sys.modules["greenlet"] = module
kept = [greenlet()]
heapgraph.take_snapshot()
heapgraph.why(kept[0])
print("done")
"""


def test_a_class_of_the_program_with_that_name_is_not_asked() -> None:
    assert survives(A_CLASS_OF_THAT_NAME) == "done\n"
