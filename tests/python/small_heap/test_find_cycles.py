"""The cycles that a call leaves behind."""

from __future__ import annotations

import functools
import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any

from heapgraph import find_cycles, take_snapshot
from planted_garbage import Node
from raising import raising

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def family(children: int = 1) -> Node:
    parent = Node()
    for _ in range(children):
        Node(parent)
    return parent


def leave(children: int = 1) -> None:
    family(children)


def paths(garbage: Any) -> list[tuple[str, int]]:
    return [(group.path, group.component_count) for group in garbage.cycles]


def test_the_cycles_of_a_call_are_found() -> None:
    garbage = find_cycles(leave, children=3)
    assert paths(garbage) == [("Node.children[0] -> Node.parent", 1)]
    assert garbage.histogram()["planted_garbage.Node"].count == 4
    assert "Node.children[0]" in str(garbage)


def test_a_call_that_leaves_none() -> None:
    functions: list[Any] = [sorted, list, lambda _: [[]], dict]
    for function in functions:
        garbage = find_cycles(function, ())
        assert not garbage, str(garbage)
        assert str(garbage).startswith("garbage         none\n")


def test_the_result_and_the_arguments_are_no_garbage_and_are_not_kept() -> None:
    results: list[weakref.ref[Node]] = []

    def make(other: Node) -> Node:
        node = family()
        other.children.append(node)
        node.children.append(other)
        results.append(weakref.ref(node))
        return node

    assert not find_cycles(make, Node())
    gc.collect()
    assert results[0]() is None


def test_what_was_garbage_before_is_not_counted() -> None:
    leave()
    assert not find_cycles(lambda: None)


def test_an_exception_is_that_of_the_call() -> None:
    error = KeyError("mine")

    def fail() -> None:
        raise error

    with raising(KeyError) as caught:
        find_cycles(fail)
    assert caught.error is error
    assert error.__cause__ is error.__context__ is None


def test_the_collector_is_left_as_it_was() -> None:
    for enabled in (True, False):
        assert_collector_stays(enabled)


def assert_collector_stays(enabled: bool) -> None:
    thresholds = gc.get_threshold()
    seen = []

    def look(fails: bool) -> None:
        seen.append(gc.isenabled())
        if fails:
            raise KeyError

    (gc.enable if enabled else gc.disable)()
    find_cycles(look, False)
    assert gc.isenabled() is enabled
    with raising(KeyError):
        find_cycles(look, True)
    assert gc.isenabled() is enabled
    # Also where the function meddles with it.
    find_cycles(gc.disable if enabled else gc.enable)
    assert gc.isenabled() is enabled
    gc.disable()
    assert seen == [False, False]
    assert gc.get_threshold() == thresholds
    assert gc.get_debug() == 0


def rows() -> Iterator[int]:
    yield 1


async def wait() -> int:
    return 1


async def ticks() -> AsyncIterator[int]:
    yield 1


class Awaited:
    async def __call__(self) -> int:
        return 1

    def iterate(self) -> Iterator[int]:
        yield 1


def test_what_does_nothing_when_called_is_refused() -> None:
    functions: list[tuple[Any, str]] = [
        (rows, "a generator function"),
        (wait, "a coroutine function"),
        (ticks, "an asynchronous generator function"),
        (functools.partial(functools.partial(wait)), "a coroutine function"),
        (Awaited(), "a coroutine function"),
        (Awaited().iterate, "a generator function"),
        (lambda: wait(), "returns a coroutine"),
        (lambda: rows(), "returns a generator"),
        (lambda: ticks(), "returns an asynchronous generator"),
    ]
    for function, what in functions:
        with raising(TypeError, what + r".* such as lambda: "):
            find_cycles(function)
        assert not gc.isenabled()


def test_what_can_not_be_called_is_refused() -> None:
    with raising(TypeError, "something to call, not an instance of int"):
        find_cycles(3)  # type: ignore[arg-type]
    with raising(TypeError, "children_"):
        find_cycles(leave, children_=1)  # type: ignore[call-arg]


def test_an_object_that_is_its_own_call_is_called() -> None:
    class Own:
        pass

    own: Any = Own()
    setattr(Own, "__call__", own)  # noqa: B010
    with raising(RecursionError):
        find_cycles(own)


def test_a_call_may_ask_again() -> None:
    found = []

    def ask() -> None:
        leave()
        # It collects what is there so far.
        found.append(len(find_cycles(leave)))

    # What the second call leaves is there when the first is over.
    assert len(find_cycles(ask)) == found[0] > 0


def test_nothing_stays_behind() -> None:
    find_cycles(leave)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(3):
        find_cycles(leave)
    gc.collect()
    assert len(gc.get_objects()) == before
    assert sys.getrefcount(leave) < 10
    assert not take_snapshot().cycles("heapgraph.*").groups
