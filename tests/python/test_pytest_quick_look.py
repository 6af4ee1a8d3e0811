"""What the pytest plugin looks at first: a few counts, and what the tools of a test record."""

from __future__ import annotations

import gc
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from heapgraph import _core
from heapgraph._recorders import Recorders, recording_lists
from heapgraph._survivors import HeapBefore
from heapgraph.testing import assert_no_growth
from plugin_suite import check
from pytest_heapgraph._quick_look import leaves_nothing
from pytest_heapgraph._summary import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_heapgraph import Check

kept: list[object] = []
by_name: dict[object, object] = {}
runs = [0]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept.clear()
    by_name.clear()
    runs[0] = 0


def in_cycles() -> None:
    cycle: list[object] = []
    cycle.append(cycle)


def fills_a_cache() -> None:
    runs[0] += 1
    if runs[0] <= 2:
        by_name[runs[0]] = object()


def test_most_tests_are_run_once_more() -> None:
    def counts_runs() -> None:
        runs[0] += 1
        in_cycles()

    # What is made at the first use of all this is there afterwards.
    leaves_nothing(counts_runs)
    runs[0] = 0
    assert leaves_nothing(counts_runs)
    assert runs[0] == 1


def test_what_fills_a_cache_is_run_until_it_is_full() -> None:
    assert leaves_nothing(fills_a_cache)
    assert runs[0] == 3


@pytest.mark.parametrize(
    "run",
    [
        lambda: kept.append(object()),
        # No block of memory is new.
        lambda: kept.append(None),
        lambda: by_name.update({len(by_name): kept}),
        lambda: kept.append([]),
        # A text of more than 512 bytes has no block of its own.
        lambda: kept.append("text" * 200),
        lambda: by_name.update(chain=(by_name.get("chain"),)),
    ],
)
def test_one_element_a_run_is_seen(run: Callable[[], object]) -> None:
    assert not leaves_nothing(run)


def test_what_goes_does_not_hide_what_comes() -> None:
    by_name.update({number: object() for number in range(100)})

    def exchanges() -> None:
        for _ in range(3):
            by_name.popitem()
        kept.append(object())

    assert not leaves_nothing(exchanges)


def test_tracked_objects_and_their_references_are_counted() -> None:
    assert abs(_core.count_tracked()[0] - len(gc.get_objects())) < 5
    objects, references = _core.count_tracked()
    more: list[Any] = [[None] * 10, {"key": [], "other": None}, {1, 2, 3}, ([], None)]
    after = _core.count_tracked()
    # The list of them, four in it, and two lists in those.
    assert after[0] - objects == 7
    assert after[1] - references == len(more) + 10 + 2 * 2 + 3 + 2


def warn() -> None:
    warnings.warn("old name", DeprecationWarning, stacklevel=1)


def test_recorded_warnings_are_no_leak() -> None:
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        assert_no_growth(warn, loops=2, snapshots=2, iterations=20)
        # Those of the first run stay, for who looks at them.
        assert len(recorded) == 1
        with assert_no_growth():
            warn()
        assert len(recorded) == 2


def test_only_the_list_itself_is_excused() -> None:
    """What the program keeps of warnings is its own."""
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        assert any(one is recorded for one in recording_lists())
        before = HeapBefore()
        warn()
        kept.append(recorded[-1])
        [leak] = before.survivors({}, []).leaks
    assert leak.path.endswith(".kept[0]")
    assert all(one is not recorded for one in recording_lists())


def test_what_was_recorded_in_the_first_run_is_kept() -> None:
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        warn()
        recorders = Recorders()
        warn()
        warn()
        recorders.forget()
        assert len(recorded) == 1
        warn()
        recorders.note()
        recorders.forget()
        assert len(recorded) == 2


class Reporter:
    """Keeps the lines of a summary."""

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity
        self.lines: list[str] = []

    def write_sep(self, sep: str, title: str, **markup: bool) -> None:
        self.lines.append(f"{sep} {title}")

    def write_line(self, line: str) -> None:
        self.lines.append(line)


def shown(path: str | None = None, seconds: float = 0.0, **others: Any) -> Check:
    leak = {
        "fingerprint": str(path),
        "is_new": True,
        "text": [f"{path} grows", "  at here"],
        "pattern": f"{path}*",
    }
    known: Check = {
        "seconds": seconds,
        "leaks": [leak] if path else [],
        "not_checked": None,
        "fails": path is not None,
    }
    return {**known, **others}  # type: ignore[typeddict-item]


def summary(checks: dict[str, Check], verbosity: int = 0) -> list[str]:
    reporter: Any = Reporter(verbosity)
    write(reporter, checks)
    lines: list[str] = reporter.lines
    return lines


def test_the_summary_of_a_run_without_leaks() -> None:
    assert summary({"a": shown()}) == ["heapgraph: 1 test checked in 0.0 s, none grows"]
    assert summary({"a": shown(seconds=0.5), "b": shown(), "c": shown(seconds=2.04)}) == [
        "heapgraph: 3 tests checked in 2.5 s, none grows; slowest: c (2.0 s), a (0.5 s)"
    ]


def test_the_summary_has_each_leak_once() -> None:
    checks = {f"t{number}": shown("app.cache") for number in range(5)}
    checks |= {"u": shown("app.log"), "v": shown("known", fails=False)}
    assert summary(checks) == [
        "= heapgraph: 2 leaks in 6 tests",
        "1: app.cache grows",
        "  in         5 tests: t0, t1, t2, and 2 more (-v)",
        "  at here",
        "2: app.log grows",
        "  in         1 test: u",
        "  at here",
        "If this is meant: ignore=['app.cache*', 'app.log*']",
        "heapgraph: 7 tests checked in 0.0 s, 7 grow",
    ]
    assert "  in         5 tests: t0, t1, t2, t3, t4" in summary(checks, verbosity=1)


def test_the_summary_of_what_was_not_checked() -> None:
    checks = {f"t{number}": shown(not_checked="failed again") for number in range(12)}
    lines = summary(checks)
    assert lines[0] == "= heapgraph: 12 tests not checked"
    assert lines[1] == "t0: failed again"
    assert lines[-2:] == [
        "and 2 more (-v)",
        "heapgraph: 0 tests checked in 0.0 s, none grows, 12 not checked",
    ]
    assert len(summary(checks, verbosity=1)) == 14


def test_a_repetition_sees_the_collector_as_a_first_run_does(suite: pytest.Pytester) -> None:
    check(
        suite,
        """
        import app, gc

        frozen = []

        def test_looks():
            frozen.append(gc.get_freeze_count())
            assert any(one is app.server for one in gc.get_objects())
            # Not 0 on 3.12, whose collector puts what is immortal there.
            assert frozen[-1] <= frozen[0]
            del frozen[1:]
        """,
        "--heapgraph",
        passed=1,
    )


def test_excuses_of_a_repeated_test_are_told(suite: pytest.Pytester) -> None:
    """Those of the block within it are told once, and not of each repetition."""
    shown = check(
        suite,
        """
        import logging, pytest

        @pytest.mark.no_growth(loops=2, snapshots=2, iterations=20)
        def test_logs(assert_no_growth):
            with assert_no_growth():
                logging.getLogger("a").warning("of %s", object())
        """,
        "-v",
        passed=1,
    )
    told = shown[shown.index("excused by heapgraph") :]
    assert told.count("loggers: logging.Logger.manager.loggerDict['a'] (") == 1
