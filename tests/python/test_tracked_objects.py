"""The enumeration of tracked objects against `gc.get_objects`, generation by generation."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

import heapgraph
from heapgraph import _core


class Marker:
    """An object to look for."""


@pytest.fixture(autouse=True)
def no_collection() -> object:
    """Objects stay in the generation that a test puts them into."""
    gc.disable()
    yield
    gc.enable()


def test_lists_are_read_where_their_layout_is_known() -> None:
    assert (sys.version_info < (3, 14)) == _core.WALKS_COLLECTOR_LISTS


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000])
def test_every_generation_is_enumerated_in_order(count: int) -> None:
    gc.collect()
    expected: list[Marker] = []
    for generation in (1, 0, None):
        expected.extend(Marker() for _ in range(count))
        if generation is not None:
            gc.collect(generation)
    official = [found for found in gc.get_objects() if type(found) is Marker]
    found = heapgraph.by_type(Marker)
    assert len(found) == 3 * count
    assert all(one is other for one, other in zip(found, official, strict=True))


def test_captured_objects_come_in_the_collectors_order() -> None:
    markers = [Marker() for _ in range(501)]
    captured = _core.CapturedHeap()
    wanted = {id(marker) for marker in markers}
    in_capture_order = [address for address in captured.addresses() if address in wanted]
    assert in_capture_order == [id(found) for found in gc.get_objects() if type(found) is Marker]


def test_frozen_objects_leave_the_enumeration_and_come_back() -> None:
    code = (
        "import gc, heapgraph\n"
        "class Marker: pass\n"
        "keep = [Marker(), Marker()]\n"
        "gc.freeze()\n"
        "late = Marker()\n"
        "print(heapgraph.count('Marker'))\n"
        "gc.unfreeze()\n"
        "print(heapgraph.count('Marker'))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.split() == [b"1", b"3"]


def test_enumeration_inside_a_collection_is_safe() -> None:
    """Finalizers and collector callbacks run while the collector has taken its lists apart."""
    counts: list[int] = []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            counts.append(heapgraph.count("Marker"))

    def callback(phase: str, info: dict[str, int]) -> None:
        counts.append(heapgraph.count("Marker"))

    keep = [Marker() for _ in range(5)]
    Cycle()
    gc.callbacks.append(callback)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(callback)
    assert counts == [len(keep)] * 3
