"""Everything that collects garbage first can be told not to: a cycle that nothing holds is seen."""

from __future__ import annotations

import gc
import io
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from dot_reader import drawn

if TYPE_CHECKING:
    from collections.abc import Callable


class Cycle:
    def __init__(self, held: object = None) -> None:
        self.itself = self
        self.held = held


class Target:
    pass


def garbage(held: object = None) -> weakref.ref[Cycle]:
    """The collector is off, by a fixture that all tests have."""
    return weakref.ref(Cycle(held))


def number_of_cycles(rows: list[Any]) -> int:
    return sum(row[1] for row in rows if row[0] == "Cycle")


@pytest.mark.parametrize("collect", [True, False])
def test_counting(collect: bool) -> None:
    cycle = garbage()
    baseline = heapgraph.Baseline()
    assert number_of_cycles(heapgraph.growth(None, {}, collect=collect)) == 1 - collect
    assert number_of_cycles(baseline.growth(None, collect=False)) == 1 - collect
    assert (cycle() is None) is collect


@pytest.mark.parametrize("collect", [True, False])
def test_showing_growth(collect: bool) -> None:
    for show in (heapgraph.show_growth, heapgraph.Baseline().show_growth):
        cycle = garbage()
        out = io.StringIO()
        show(None, file=out, filter=lambda obj: type(obj) is Cycle, collect=collect)
        assert ("Cycle" in out.getvalue()) is not collect
        assert (cycle() is None) is collect
        gc.collect()
        heapgraph.start_over()


@pytest.mark.parametrize("collect", [True, False])
def test_new_ids(collect: bool) -> None:
    state: dict[str, Any] = {}
    asks: list[Callable[[], dict[str, set[int]]]] = [
        lambda: heapgraph.get_new_ids(limit=0, collect=collect, _state=state),
        lambda: heapgraph.Baseline().get_new_ids(limit=0, collect=collect),
    ]
    for ask in asks:
        gc.collect()
        cycle = garbage()
        assert len(ask()["Cycle"]) == 1 - collect
        assert (cycle() is None) is collect


@pytest.mark.parametrize("collect", [True, False])
def test_leaking_objects(collect: bool) -> None:
    target = Target()
    garbage(target)
    objects: list[object] = [target]
    del target
    # What only garbage refers to is referred to, as long as that is there.
    assert len(heapgraph.get_leaking_objects(objects, collect=collect)) == int(collect)


@pytest.mark.parametrize("collect", [True, False])
def test_chains(collect: bool) -> None:
    target = Target()
    cycle = garbage(target)

    def is_cycle(obj: object) -> bool:
        return type(obj) is Cycle

    chain = heapgraph.find_backref_chain(target, is_cycle, collect=collect)
    assert chain.found is not collect
    assert (type(chain[0]) is Cycle) is not collect
    assert chain[-1] is target
    del chain
    heapgraph.find_ref_chain([target], is_cycle, collect=collect)
    assert (cycle() is None) is collect


@pytest.mark.parametrize("collect", [True, False])
def test_pictures(collect: bool) -> None:
    target = Target()
    for show in (heapgraph.show_backrefs, heapgraph.show_refs):
        garbage(target)
        types = drawn(show, [target], collect=collect).types
        assert ("Cycle" in types) is (show is heapgraph.show_backrefs and not collect)
    gc.collect()
    cycle = garbage()
    drawn(heapgraph.show_chain, [[target], target], collect=collect)
    assert (cycle() is None) is collect


def test_collecting_is_the_default() -> None:
    target = [Target()]
    asks: list[Any] = [
        lambda: heapgraph.growth(None, {}),
        lambda: heapgraph.show_growth(None, {}, file=io.StringIO()),
        lambda: heapgraph.get_new_ids(limit=0, _state={}),
        lambda: heapgraph.get_leaking_objects([]),
        lambda: heapgraph.find_ref_chain(target, lambda _: False),
        lambda: heapgraph.find_backref_chain(target, lambda _: False, max_depth=1),
        lambda: drawn(heapgraph.show_refs, target),
        lambda: drawn(heapgraph.show_backrefs, target),
        lambda: drawn(heapgraph.show_chain, target),
    ]
    for ask in asks:
        cycle = garbage()
        ask()
        assert cycle() is None
