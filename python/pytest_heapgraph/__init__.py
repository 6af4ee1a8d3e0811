"""The pytest plugin of heapgraph: tests that fail where something grows.

Loaded by its entry point into every run of pytest where heapgraph is installed, so it loads nothing
more, and does nothing, until a test asks for it. Its name is ``heapgraph``.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from pluggy import Result

    from pytest_heapgraph._checks import NoGrowth

FOUND = pytest.StashKey["list[dict[str, str]]"]()
"""The leaks that a test has shown, known ones too; there from its first check on."""

REPEATING = pytest.StashKey[bool]()
"""There while a test is run again."""

FAILED_SUBTEST = pytest.StashKey[bool]()
"""Whether a subtest has failed, which lets the call of its test pass."""

_RUNNING = pytest.StashKey[bool]()
"""There while the function of a test runs: reports that are made then are those of subtests."""

REPORTED = "heapgraph_found"
"""The attribute of a report that has the leaks."""

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
    "heapgraph_seconds": "for how long what grows is watched (5)",
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
    option = config.option
    if (
        option.heapgraph_update_baseline
        or option.heapgraph_baseline
        or config.getini("heapgraph_baseline")
    ):
        from pytest_heapgraph._known import KnownLeaks

        config.pluginmanager.register(KnownLeaks(config), "heapgraph-known-leaks")
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
    if call.when != "call":
        yield
        return
    is_test = _RUNNING not in item.stash
    if not is_test and call.excinfo is not None:
        item.stash[FAILED_SUBTEST] = True
    if is_test and call.excinfo is None and _is_asked_for(item):
        from pytest_heapgraph._repetition import check

        check(item, call)
    outcome = yield
    # Simple values in attributes of a report reach the process that writes the summary.
    if REPEATING in item.stash:
        setattr(outcome.get_result(), _REPEATED, True)
    elif is_test and FOUND in item.stash:
        setattr(outcome.get_result(), REPORTED, item.stash[FOUND])
        del item.stash[FOUND]


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count subtests once: those of the first run, and others that fail."""
    return ("", "", "") if hasattr(report, _REPEATED) and not report.failed else None


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
