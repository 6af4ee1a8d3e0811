"""Cycles that the collector cannot free, and those that it can, whatever they look like."""

from __future__ import annotations

import gc
import sys
import weakref
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from heapgraph.testing import assert_no_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START = "<a cycle that the collector cannot free> "


class Node:
    """An object with attributes."""

    part: Any


class When(datetime):
    """Has attributes, and a time zone that its traverse does not show."""


class Zone(tzinfo):
    """Refers to what refers to it."""

    part: Any

    def utcoffset(self, when: datetime | None) -> None:
        pass

    dst = tzname = utcoffset


def through_elements() -> None:
    numpy = pytest.importorskip("numpy")
    node = Node()
    node.part = numpy.empty(1, dtype=object)
    node.part[0] = node


def through_fields() -> None:
    numpy = pytest.importorskip("numpy")
    node = Node()
    node.part = numpy.zeros(
        (2, 2), dtype=[("n", int), ("pair", [("all", object, 2), ("o", object)])]
    )
    node.part[0, 1]["pair"]["o"] = node


def through_array_fields() -> None:
    numpy = pytest.importorskip("numpy")
    node = Node()
    node.part = numpy.zeros(3, dtype=[("n", int), ("all", object, 2)])
    node.part[2]["all"][1] = node


def through_base() -> None:
    numpy = pytest.importorskip("numpy")
    table = numpy.zeros(4, dtype="f8").view(Table())
    table.part = table[1:]


def Table() -> type:  # noqa: N802 - stands for a class, made where numpy is
    numpy = pytest.importorskip("numpy")
    if not hasattr(Table, "made"):
        Table.made = type("Table", (numpy.ndarray,), {})  # type: ignore[attr-defined]
    return Table.made  # type: ignore[attr-defined,no-any-return]


def break_cycles() -> None:
    """Free what a test has left."""
    for found in gc.get_objects():
        if type(found) in (Node, Zone, getattr(Table, "made", None)) and "part" in vars(found):
            del found.part
    gc.collect()


@pytest.fixture(autouse=True)
def no_cycles_left() -> Iterator[None]:
    yield
    break_cycles()


CYCLES = [
    (through_elements, "Node.part -> ndarray[0]", "ndarray[0]"),
    (through_base, "Table.part -> Table.base", "Table.base"),
    (through_fields, "Node.part -> ndarray['pair']['o']", "ndarray['pair']['o']"),
    (through_array_fields, "Node.part -> ndarray['all']", "ndarray['all']"),
]


@pytest.mark.parametrize(("make", "path", "unseen"), CYCLES)
def test_such_a_cycle_is_a_holder(
    make: Callable[[], None], path: str, unseen: str, tmp_path: Path
) -> None:
    for _ in range(3):
        make()
    snapshot = heapgraph.take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    for heap in (snapshot, heapgraph.load_snapshot(tmp_path / "heap.parquet")):
        garbage = heap.garbage()
        [held] = garbage.uncollectable_cycles
        # Up to 3.10 a dict that has only untracked objects is untracked too.
        is_late = sys.version_info < (3, 11) and make is not through_base
        seen_late = ["dict['part']"] if is_late else []
        assert (held.path, held.cycle_count) == (path, 3)
        assert held.unseen_references == [*seen_late, unseen]
        assert held.kept_count == len(held.nodes) == garbage.uncollectable.count
        assert held.holder == START + path
        [group] = heap.cycles(path.partition(".")[0]).groups
        assert (group.state, group.path, group.unseen_references) == (
            "uncollectable",
            path,
            [*seen_late, unseen],
        )
        answer = heap.why(held.nodes[0].address)
        assert (len(answer), answer.garbage_count) == (0, 0)
        assert [one.path for one in answer.uncollectable] == [path]
        assert str(answer).startswith(f"1 held by a cycle that the collector cannot free: {path}\n")
        assert f"the collector does not see {', '.join([*seen_late, unseen])}" in str(answer)
        [told] = answer.to_dict()["uncollectable"]
        assert (told["path"], told["cycles"]) == (path, 3)


def test_it_is_found_to_grow() -> None:
    make, path, _ = CYCLES[1]
    report = heapgraph.find_growth(make, iterations=40)
    [row] = [row for row in report.growing if row.path.startswith(START)]
    assert (row.path, row.kind) == (START + path, "cycles")
    assert row.share_bytes > 0
    assert row.example is None
    [answer] = row.why().uncollectable  # type: ignore[union-attr]
    assert (answer.path, answer.fingerprint) == (path, row.fingerprint)


def test_saved_heaps_show_it(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for path in paths:
        for _ in range(20):
            through_elements()
        heapgraph.take_snapshot().save(path)
    report = heapgraph.find_growth_in(paths)
    assert START + "Node.part -> ndarray[0]" in [row.path for row in report.growing]


def test_a_block_that_leaves_one_fails() -> None:
    cycle = "<a cycle that the collector cannot free>"
    message = rf"1 Node, 1 ndarray(, 1 dict)? survive the block, held by {cycle}"
    with pytest.raises(AssertionError, match=message), assert_no_growth():
        through_elements()
    with assert_no_growth(ignore=["<a cycle that the collector cannot free> Node.*"]):
        through_elements()


def test_a_cycle_through_what_a_function_tells() -> None:
    zone = Zone()
    # A `datetime` holds its time zone, and shows only what else it has.
    zone.part = When(2026, 1, 1, tzinfo=zone)
    addresses = {id(zone), id(zone.part)}
    heapgraph.register_referents(When, lambda when: {"tzinfo": when.tzinfo})
    del zone
    try:
        gc.collect()
        [held] = heapgraph.take_snapshot().garbage().uncollectable_cycles
        assert (held.path, held.unseen_references) == (
            "When.tzinfo -> Zone.part",
            ["When.tzinfo"],
        )
        assert addresses <= {node.address for node in held.nodes}
    finally:
        heapgraph.unregister_referents(When)


def nested() -> None:
    """A cycle that the collector sees, and that keeps another one by what it does not see."""
    numpy = pytest.importorskip("numpy")
    outer, inner = Node(), Node()
    outer.part = [outer, numpy.empty(1, dtype=object)]
    outer.part[1][0] = inner
    inner.part = inner


def by_attribute_of_an_array() -> None:
    table = pytest.importorskip("numpy").zeros(4, dtype="f8").view(Table())
    table.part = [table]


def of_a_class() -> None:
    class Local(Node):
        pass

    Local.part = Local()
    Local.part.part = Local


def with_a_dict() -> None:
    node = Node()
    node.__dict__["part"] = node


class Service:
    """Caches its own results, each of which knows it."""

    def __init__(self) -> None:
        self.get = lru_cache(10)(self._get)

    def _get(self, _key: object) -> Node:
        result = Node()
        result.part = self
        return result


def by_a_bounded_cache() -> None:
    Service().get(1)


def by_a_bounded_cache_with_keys() -> None:
    service = Service()
    service.get(service)


FREED = [
    nested,
    by_attribute_of_an_array,
    of_a_class,
    with_a_dict,
    by_a_bounded_cache,
    by_a_bounded_cache_with_keys,
]


@pytest.mark.parametrize("make", FREED)
def test_what_the_collector_frees_is_never_called_so(make: Callable[[], None]) -> None:
    gc.disable()
    try:
        make()
        garbage = heapgraph.take_snapshot(collect=False).garbage()
        assert garbage.node_count > 0
        assert garbage.uncollectable.count == 0
        tracked = {node.address for node in garbage.nodes if node.is_tracked}
        # By their addresses others could be meant, later.
        weak = [
            weakref.ref(item)
            for item in gc.get_objects()
            if id(item) in tracked and type(item).__weakrefoffset__
        ]
    finally:
        gc.enable()
    del garbage
    for _ in range(3):
        gc.collect()
    assert weak
    assert [reference() for reference in weak if reference() is not None] == []


def test_what_gc_garbage_keeps_is_alive() -> None:
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with_a_dict()
        gc.collect()
        garbage = heapgraph.take_snapshot().garbage()
        assert garbage.uncollectable.count == 0
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    gc.collect()


def test_what_is_frozen_is_never_called_so() -> None:
    gc.collect()
    node = Node()
    node.part = node
    gc.freeze()
    try:
        del node
        assert heapgraph.take_snapshot().garbage().uncollectable.count == 0
    finally:
        gc.unfreeze()
    gc.collect()
