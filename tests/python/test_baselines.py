"""Independent baselines, and starting over."""

from __future__ import annotations

import gc
import io
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Iterator


class Leak:
    pass


class Other:
    pass


def leaks(rows: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    return [row for row in rows if row[0] == "Leak"]


@pytest.fixture
def started_over() -> Iterator[None]:
    heapgraph.start_over()
    yield
    heapgraph.start_over()


def test_each_baseline_sees_all_growth() -> None:
    one, other = heapgraph.Baseline(), heapgraph.Baseline()
    for baseline in (one, other):
        baseline.growth()
        baseline.get_new_ids(limit=0)
    kept = [Leak(), Leak()]
    for baseline in (one, other):
        assert leaks(baseline.growth(None)) == [("Leak", 2, 2)]
        assert baseline.get_new_ids(limit=0)["Leak"] == set(map(id, kept))
    for baseline in (one, other):
        assert leaks(baseline.growth(None)) == []
        assert baseline.get_new_ids(limit=0)["Leak"] == set()


def test_a_baseline_that_starts_over_is_as_new() -> None:
    kept = [Leak()]
    baseline = heapgraph.Baseline()
    for _ in range(2):
        assert leaks(baseline.growth(None)) == [("Leak", 1, 1)]
        full = baseline.get_new_ids(limit=0, shortnames=False)
        assert full[f"{__name__}.Leak"] == {id(kept[0])}
        baseline.start_over()
        assert baseline.get_new_ids(skip_update=True) == {}
        assert baseline.get_new_ids(limit=0)["Leak"] == {id(kept[0])}
        baseline.start_over()


def test_tables_of_a_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    baseline = heapgraph.Baseline()
    out = io.StringIO()
    kept = [Leak(), Leak(), Other()]

    def is_ours(obj: object) -> bool:
        return type(obj) in (Leak, Other)

    baseline.show_growth(file=out, filter=is_ours)
    assert out.getvalue() == "Leak         2        +2\nOther        1        +1\n"
    baseline.show_growth(filter=is_ours)
    assert capsys.readouterr().out == ""
    kept.append(Leak())
    baseline.show_growth(1, shortnames=True, filter=is_ours, collect=False)
    assert capsys.readouterr().out == "Leak        3        +1\n"
    baseline.get_new_ids(limit=1)
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.usefixtures("started_over")
def test_the_functions_share_one_that_can_start_over() -> None:
    kept = [Leak(), Leak()]
    for _ in range(2):
        assert leaks(heapgraph.growth(None)) == [("Leak", 2, 2)]
        assert leaks(heapgraph.growth(None)) == []
        assert heapgraph.get_new_ids(limit=0)["Leak"] == set(map(id, kept))
        assert heapgraph.get_new_ids(limit=0)["Leak"] == set()
        heapgraph.start_over()


@pytest.mark.usefixtures("started_over")
def test_counts_and_states_of_the_callers_own_are_apart() -> None:
    heapgraph.growth()
    heapgraph.get_new_ids(limit=0)
    peaks: dict[str, int] = {}
    state: dict[str, Any] = {}
    heapgraph.growth(None, peaks)
    heapgraph.get_new_ids(limit=0, _state=state)
    kept = [Leak()]
    assert leaks(heapgraph.growth(None, peaks)) == [("Leak", 1, 1)] == leaks(heapgraph.growth(None))
    for own in ({"_state": state}, {}):
        assert heapgraph.get_new_ids(limit=0, **own)["Leak"] == {id(kept[0])}  # type: ignore[arg-type]
    heapgraph.start_over()
    assert leaks(heapgraph.growth(None, peaks)) == []
    assert heapgraph.get_new_ids(limit=0, _state=state)["Leak"] == set()


def test_what_was_there_at_the_first_call_has_not_grown() -> None:
    """Also where the limit hid it, as in objgraph."""
    objgraph = pytest.importorskip("objgraph")
    ours: dict[str, int] = {}
    theirs: dict[str, int] = {}
    assert len(heapgraph.growth(3, ours)) == len(objgraph.growth(3, theirs)) == 3
    kept = [Leak() for _ in range(500)]
    assert heapgraph.growth(1, ours) == [("Leak", 500, 500)] == objgraph.growth(1, theirs)
    assert len(kept) == 500


def test_a_baseline_is_not_counted() -> None:
    watch = heapgraph.Baseline()
    # By position: with names, 3.10 makes a bound method for the call.
    watch.growth()
    watch.get_new_ids(False, 0)
    before = len(gc.get_objects())
    baseline = heapgraph.Baseline()
    baseline.growth()
    baseline.get_new_ids(limit=0)
    baseline.start_over()
    assert len(gc.get_objects()) == before
    rows = repr(watch.growth())
    assert rows == "[]"
    new = watch.get_new_ids(False, 0)
    assert not any(new.values())
