"""How long a search for growth goes on, by a clock that is drawn, and what it says when it ends."""

from __future__ import annotations

import ctypes
import io
from itertools import count
from typing import TYPE_CHECKING

import pytest

import heapgraph
from drawn_machine import DrawnMachine
from heapgraph import _growth_progress
from heapgraph._growth_loop import GrowthLoop
from heapgraph._growth_progress import Progress
from heapgraph._growth_quick import QuickLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph import GrowthReport

pytestmark = pytest.mark.one_version


def find(
    scenario: Callable[[int], object],
    monkeypatch: pytest.MonkeyPatch,
    seconds_each: float,
    seconds: float = 20.0,
    loops: int = 5,
) -> GrowthReport:
    """What grows if each iteration takes so many seconds."""

    class OfThisTest(DrawnMachine):
        pass

    monkeypatch.setattr(GrowthLoop, "machine", OfThisTest)
    numbers = count()

    def work() -> None:
        OfThisTest.now += seconds_each
        scenario(next(numbers))

    return heapgraph.find_growth(work, seconds=seconds, loops=loops, snapshots=2)


def test_a_cache_that_is_full_when_time_is_over_is_no_leak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache: dict[int, object] = {}
    # 20 milliseconds each: 250 iterations, and 120 different keys.
    report = find(lambda n: cache.update({n % 120: object()}), monkeypatch, 0.02, 5.0)

    assert report.verdict == "bounded"


@pytest.mark.parametrize(("seconds_each", "verdict"), [(0.15, "undecided"), (0.1, "leaking")])
def test_a_watch_that_was_too_short_decides_nothing(
    seconds_each: float, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[object] = []
    report = find(lambda _: held.append(object()), monkeypatch, seconds_each)
    assert report.verdict == verdict
    assert bool(report) == (verdict == "leaking")
    (row,) = report.growing or report.undecided
    assert row.path.endswith("<local held>")
    assert "the seconds were over after" in str(report)


def test_a_straight_rise_is_known_after_300_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[object] = []
    report = find(lambda _: held.append(object()), monkeypatch, 0.01)
    assert report.verdict == "leaking"
    assert 300 <= report.iterations < 350
    # Fast iterations go on for a second.
    report = find(lambda _: held.append(object()), monkeypatch, 0.001)
    assert 1000 <= report.iterations < 1100


@pytest.mark.parametrize(("most", "verdict"), [(150, "bounded"), (1_000_000, "leaking")])
def test_what_rises_slowly_is_watched_for_a_second(
    most: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[int, object] = {}
    scenario = lambda n: held.update({min(n // 25, most): None})  # noqa: E731
    report = find(scenario, monkeypatch, 0.0001, loops=25)
    assert report.verdict == verdict
    assert report.iterations > 2 * 2000


@pytest.mark.parametrize("each", [0.0001, 0.01, 0.03])
def test_what_comes_rarely_is_a_leak_whatever_an_iteration_takes(
    each: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[int, object] = {}
    scenario = lambda n: held.update({n // 25: None})  # noqa: E731
    report = find(scenario, monkeypatch, each, loops=25, seconds=200)
    assert report.verdict == "leaking", report


def test_what_fills_up_is_watched_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: dict[int, object] = {}
    report = find(lambda n: cache.update({n * n % 397: object()}), monkeypatch, 0.01)
    assert report.verdict == "bounded"


def test_without_iterations_no_calls_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[object] = []
    monkeypatch.setattr("heapgraph._growth_calls.CallSearch", lambda *a: searches.append(a))
    heapgraph.find_growth(lambda: None, iterations=0)
    assert searches == []


@pytest.mark.parametrize(
    ("seconds_each", "snapshot", "most"),
    [(1.0, 0.0, 15.0), (0.9, 0.0, 15.0), (0.5, 3.0, 15.0), (1.5, 0.0, 15.0)],
)
@pytest.mark.parametrize("kind", [GrowthLoop, QuickLoop])
def test_a_slow_scenario_keeps_to_its_seconds(
    kind: type[GrowthLoop],
    seconds_each: float,
    snapshot: float,
    most: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 12 seconds a quarter more is taken at most, with the search for calls."""

    class machine(DrawnMachine):  # noqa: N801
        pass

    monkeypatch.setattr(GrowthLoop, "machine", machine)
    take = GrowthLoop._take

    def slow_take(self: GrowthLoop, *, watch: bool) -> None:
        take(self, watch=watch)
        machine.now += snapshot
        self._time.snapshot_seconds += snapshot
        self._time.begin_loops()

    monkeypatch.setattr(GrowthLoop, "_take", slow_take)
    lost = object()
    held: list[object] = []
    with kind(seconds=12.0) as loop:
        for _ in loop:
            machine.now += seconds_each
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))
            held.append(lost)
    assert machine.now <= most
    assert loop.report.verdict == "undecided"
    # Two snapshots tell of one in each iteration.
    (row,) = loop.report.undecided
    assert row.elements_per_iteration == 1.0


def test_a_leak_that_is_interrupted_is_reported() -> None:
    held: list[object] = []

    def work() -> None:
        held.append(object())
        if len(held) == 80:
            raise KeyboardInterrupt

    report = heapgraph.find_growth(work)
    assert "was interrupted after 80 iterations" in str(report)
    (row,) = report.undecided
    assert row.path.endswith("<local held>")


def test_an_interruption_that_comes_early_shows_no_scenario() -> None:
    def work() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        heapgraph.find_growth(work)
    assert work.__code__ not in [entry.frame.code.raw for entry in caught.traceback]
    assert caught.value.__suppress_context__


def test_what_comes_once_in_many_iterations_is_found() -> None:
    rare: list[object] = []
    numbers = count()

    def work() -> None:
        if next(numbers) % 7 == 0:
            rare.append(object())

    report = heapgraph.find_growth(work)
    assert report.verdict == "leaking"
    assert report.growing[0].path.endswith("<local rare>")


def test_a_terminal_is_told_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(_growth_progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(_growth_progress, "_PAUSE", 0.0)
    progress = Progress()
    progress.say("looking what grows", 1234, 2022)
    assert "looking what grows, iteration 1,234 of at most 2,022" in terminal.getvalue()
    progress.end()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_file_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    monkeypatch.setattr(_growth_progress, "_PATIENCE", 0.0)
    progress = Progress()
    progress.say("looking what grows", 1, 2)
    progress.end()
    assert file.getvalue() == ""
