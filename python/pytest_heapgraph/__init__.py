"""The pytest plugin of heapgraph: tests that fail where something grows.

Loaded by its entry point into every run of pytest where heapgraph is installed, so it loads nothing
more, and does nothing, until a test asks for it. Its name is ``heapgraph``.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, TypedDict

    from pluggy import Result

    from pytest_heapgraph._checks import NoGrowth

    class Check(TypedDict):
        """What reaches the process that writes the summary: simple values only."""

        seconds: float
        leaks: list[dict[str, Any]]
        not_checked: str | None
        fails: bool


CHECK = pytest.StashKey["Check"]()
"""What the checks of a test have shown; there from its first check on."""

EXCUSED = pytest.StashKey["list[tuple[str, str]]"]()
"""What the checks of a test have excused: rules and paths."""

REPORTED_EXCUSES = "heapgraph_excused"
"""The attribute of a report that has them."""

REPEATING = pytest.StashKey[bool]()
"""There while a test is run again."""

FAILED_SUBTEST = pytest.StashKey[bool]()
"""Whether a subtest has failed, which lets the call of its test pass."""

_RUNNING = pytest.StashKey[bool]()
"""There while the function of a test runs: reports that are made then are those of subtests."""

TEARDOWN_ERROR = pytest.StashKey[BaseException]()
"""What the test's own teardown has raised, which a repetition needed: it is raised in its turn."""

REPORTED = "heapgraph_check"
"""The attribute of a report that has what the checks have shown."""

_REPEATED = "heapgraph_repeated"
"""The attribute of a report that is not of the first run."""

_MARKERS = (
    "no_growth(loops=5, warmup=2, **options): run the test again and again, with fresh fixtures of "
    "function scope, and fail it where something grows; options are those of heapgraph.find_growth",
    "allow_growth: leave the test out of --heapgraph",
)

_NUMBERS = {
    "heapgraph_loops": "runs of a test between two looks (5)",
    "heapgraph_warmup": "runs of a test before the first look (2)",
    "heapgraph_iterations": "runs of a test to see what becomes of what grows (2000)",
    "heapgraph_seconds": "for how long a test is run again (5)",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of them without effect on what does not use them."""
    group = parser.getgroup("heapgraph", "growth of the heap")
    group.addoption(
        "--heapgraph",
        action="store_true",
        help="run every test several times and fail those that make the heap grow",
    )
    group.addoption(
        "--heapgraph-report",
        metavar="DIR",
        help="write a picture, JSON and the saved heap of each test that grows into DIR",
    )
    group.addoption(
        "--heapgraph-baseline",
        metavar="FILE",
        help="known leaks, which fail no test",
    )
    group.addoption(
        "--heapgraph-update-baseline",
        action="store_true",
        help="write what grows into the file of known leaks instead of failing",
    )
    parser.addini("heapgraph", "check every test, as --heapgraph does", type="bool")
    for name, help_text in _NUMBERS.items():
        parser.addini(name, help_text)
    parser.addini("heapgraph_ignore", "patterns of paths that may grow", type="linelist")
    parser.addini("heapgraph_report", "as --heapgraph-report")
    parser.addini("heapgraph_baseline", "as --heapgraph-baseline")


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers; look after what the ini file and the command line ask for."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(_Checks(), "heapgraph-checks")
    option = config.option
    if (
        option.heapgraph_update_baseline
        or option.heapgraph_baseline
        or config.getini("heapgraph_baseline")
    ):
        from pytest_heapgraph._known import KnownLeaks

        config.pluginmanager.register(KnownLeaks(config), "heapgraph-known-leaks")
    if option.verbose > 0:
        from pytest_heapgraph._excused import ExcusedThings

        config.pluginmanager.register(ExcusedThings(), "heapgraph-excused")
    if any(config.getini(name) for name in _NUMBERS):
        from pytest_heapgraph._settings import settings_of

        # A wrong number ends the run here, and not each test.
        settings_of(config)


@pytest.fixture
def assert_no_growth(request: pytest.FixtureRequest) -> NoGrowth:
    """Fail where something grows: over runs of a callable, or in a ``with`` block.

    ``assert_no_growth(callable, loops=5, warmup=2)`` runs the callable again and again;
    ``with assert_no_growth(allow={"Session": 1}):`` lets nothing survive that its block creates.
    Options and errors are those of `heapgraph.testing.assert_no_growth`.
    """
    from pytest_heapgraph._checks import NoGrowth

    return NoGrowth(request.node)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Note when a test runs."""
    item.stash[_RUNNING] = True
    item.stash[FAILED_SUBTEST] = False
    yield
    del item.stash[_RUNNING]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Result[pytest.TestReport]]:
    """Run a test that has passed again and again, if that is asked for."""
    is_of_test = _RUNNING not in item.stash
    if is_of_test and call.when == "call" and call.excinfo is None and _is_asked_for(item):
        from pytest_heapgraph._repetition import check

        check(item, call)
    if not is_of_test and call.excinfo is not None:
        item.stash[FAILED_SUBTEST] = True
    outcome = yield
    report = outcome.get_result()
    if REPEATING in item.stash:
        setattr(report, _REPEATED, True)
        return
    if is_of_test and EXCUSED in item.stash:
        setattr(report, REPORTED_EXCUSES, item.stash[EXCUSED])
        del item.stash[EXCUSED]
    if is_of_test and CHECK in item.stash:
        shown = item.stash[CHECK]
        shown["fails"] = report.failed or item.stash.get(FAILED_SUBTEST, False)
        # Simple values in attributes of a report reach the process that writes the summary.
        setattr(report, REPORTED, shown)
        del item.stash[CHECK]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Raise what the test's own teardown has raised when a repetition needed it."""
    if REPEATING not in item.stash and TEARDOWN_ERROR in item.stash:
        error = item.stash[TEARDOWN_ERROR]
        del item.stash[TEARDOWN_ERROR]
        raise error


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count subtests once: those of the first run, and others that fail."""
    return ("", "", "") if hasattr(report, _REPEATED) and not report.failed else None


class _Checks:
    """What the checks of all tests have shown, in the process that writes the summary."""

    def __init__(self) -> None:
        self._shown: dict[str, Check] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test has shown; of several runs of it, what the last has."""
        shown = getattr(report, REPORTED, None)
        if shown is not None:
            self._shown[report.nodeid] = shown

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write what grows, once for each cause, and how many tests were checked."""
        if self._shown:
            from pytest_heapgraph._summary import write

            write(terminalreporter, self._shown)


def _is_asked_for(item: pytest.Item) -> bool:
    if REPEATING in item.stash or item.stash[FAILED_SUBTEST]:
        return False
    # How a unittest has ended is there, and comes to the call when the report is made.
    if getattr(item, "_excinfo", None):
        return False
    if item.get_closest_marker("allow_growth"):
        return False
    if item.get_closest_marker("no_growth"):
        return True
    config = item.config
    return (
        (config.option.heapgraph or config.getini("heapgraph"))
        and isinstance(item, pytest.Function)
        # It has a check of its own.
        and "assert_no_growth" not in item.fixturenames
    )
