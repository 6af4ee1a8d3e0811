"""Objects that nothing refers to: objgraph's order and edge cases, but true."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Iterator


class Thing:
    def __init__(self, held: object = None) -> None:
        self.held = held


def leaked(held: object = None) -> Thing:
    """An object with a reference too many, as compiled code that miscounts leaves it."""
    thing = Thing(held)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing


def freed(thing: Thing) -> None:
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(thing))


def things() -> list[Thing]:
    return [found for found in heapgraph.get_leaking_objects() if type(found) is Thing]


def test_nothing_of_nothing() -> None:
    assert heapgraph.get_leaking_objects([]) == []
    assert heapgraph.get_leaking_objects(iter(())) == []


def test_an_object_that_nothing_refers_to_is_found() -> None:
    reference = weakref.ref(leaked(Thing()))
    try:
        found = things()
        assert found == [reference()]
        # What it holds is held.
        del found
        assert heapgraph.get_leaking_objects(heapgraph.by_type(Thing)) == [reference()]
    finally:
        freed(reference())  # type: ignore[arg-type]
    assert reference() is None


def test_where_it_is_listed_is_no_referrer() -> None:
    objects: Any = [Thing(), {"only": "here"}, "-".join(("a", "text")), Thing()]
    for kind in (list, tuple, list):
        objects = kind(objects)
        assert heapgraph.get_leaking_objects(objects) == list(objects)
    # A duplicate is found twice, as in objgraph.
    thing = objects.pop()
    objects += [thing, thing]
    del thing
    assert heapgraph.get_leaking_objects(objects) == objects


def test_a_generator_is_read_once() -> None:
    found = heapgraph.get_leaking_objects(Thing(n) for n in range(3))
    assert [thing.held for thing in found] == [0, 1, 2]


def test_the_order_is_that_of_the_objects() -> None:
    held = [Thing(n) for n in range(4)]
    objects = [Thing(1), held[3], Thing(0), held[0], Thing(2)]
    found = heapgraph.get_leaking_objects(objects)
    assert [thing.held for thing in found] == [1, 0, 2]


def test_a_reference_to_itself_is_a_reference() -> None:
    objects = [Thing(), Thing()]
    objects[0].held = objects[0]
    assert heapgraph.get_leaking_objects(objects) == objects[1:]


AS_OBJGRAPH = """
import heapgraph, objgraph

class Thing:
    def __init__(self, held=None):
        self.held = held

holder = [Thing(), {"a": Thing()}]
objects = [Thing(), holder[0], [Thing()], holder[1], holder[1]["a"], Thing(holder)]
# By their ids: the one answer would hold them when the other is asked for.
ours = list(map(id, heapgraph.get_leaking_objects(objects)))
assert ours == list(map(id, objgraph.get_leaking_objects(objects)))
assert ours == [id(objects[0]), id(objects[2]), id(objects[5])]
assert objgraph.get_leaking_objects(iter(objects)) == []
"""


def test_the_same_as_objgraph_where_that_sees_all_referrers() -> None:
    # In an interpreter of its own: on 3.12 `gc.get_referents(_asyncio)`, which objgraph calls,
    # puts what is on a free list there a second time, and the next collection never ends.
    pytest.importorskip("objgraph")
    subprocess.run([sys.executable, "-c", AS_OBJGRAPH], check=True)


def test_locals_of_running_functions_are_referrers() -> None:
    """objgraph reports every one of these."""
    local = Thing()
    ready, done = threading.Event(), threading.Event()
    names: list[Any] = []

    def wait() -> None:
        of_thread = Thing()
        names.append(weakref.ref(of_thread))
        ready.set()
        done.wait()
        del of_thread

    thread = threading.Thread(target=wait)
    thread.start()
    ready.wait()
    try:
        assert things() == []
        assert heapgraph.get_leaking_objects([local, names[0]()]) == []
    finally:
        done.set()
        thread.join()


def test_untracked_holders_are_referrers() -> None:
    key = "-".join(("a", "text", "made"))
    untracked = {key: 1}
    holder = Thing(untracked)
    objects: list[object] = [key]
    del key
    assert heapgraph.get_leaking_objects(objects) == []
    del holder, untracked
    assert heapgraph.get_leaking_objects(objects) == objects


def test_what_runs_is_not_asked_about() -> None:
    def inner() -> list[Any]:
        found = heapgraph.get_leaking_objects()
        frame = sys._getframe()
        assert heapgraph.get_leaking_objects([frame, sys._getframe(1)]) == []
        del frame
        return found

    def only_on_the_stack() -> Any:
        return (lambda: inner())()

    found = only_on_the_stack()
    assert heapgraph.by_type(types.FrameType, found) == []
    # Elsewhere some may be held by compiled code, such as what is called at the end.
    functions = heapgraph.by_type(types.FunctionType, found)
    assert [function for function in functions if function.__module__ == __name__] == []


def test_generators_that_a_loop_goes_through_are_no_leak() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    def search() -> list[Any]:
        for _ in numbers():
            return heapgraph.get_leaking_objects()
        return []

    found = heapgraph.by_type(types.GeneratorType, search())
    assert [generator for generator in found if generator.gi_code is numbers.__code__] == []


def test_subclasses_that_a_class_knows_are_no_leak() -> None:
    bases = [type(f"Base{n}", (), {}) for n in range(20)]
    derived = [type("Derived", (base,), {}) for base in bases]
    found = heapgraph.get_leaking_objects()
    tables = [
        obj
        for obj in found
        if type(obj) is dict
        and any(type(value) is weakref.ref and value() in derived for value in obj.values())
    ]
    assert tables == []


def test_nothing_of_the_tool_is_found() -> None:
    """The second look finds what the first one did: nothing that the first has left or made."""
    first = len(heapgraph.get_leaking_objects())
    assert len(heapgraph.get_leaking_objects()) == first
    before = len(gc.get_objects())
    heapgraph.get_leaking_objects()
    heapgraph.get_leaking_objects([Thing()])
    assert len(gc.get_objects()) == before


@pytest.mark.parametrize("wrong", [3, None.__class__])
def test_objects_that_are_none(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"not iterable"):
        heapgraph.get_leaking_objects(wrong)
