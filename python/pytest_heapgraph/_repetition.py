"""A test that has passed is run again and again."""

from __future__ import annotations

import gc
import time
from array import array
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from heapgraph._core import allocated_blocks, one_line
from heapgraph._growth_loop import GrowthLoop
from heapgraph._memory import forget_lookups
from heapgraph.testing import repeated
from pytest_heapgraph import FAILED_SUBTEST, FOUND, REPEATING
from pytest_heapgraph._checks import failure_of
from pytest_heapgraph._settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph.testing import RunOptions

_BY_POSITION = ("loops", "warmup")
"""Arguments of the marker."""

_LOOKS = 3
"""How often a test of a whole suite is looked at before it counts as quiet."""

_ENDS_ALL = (pytest.exit.Exception, KeyboardInterrupt)
"""Errors that are not those of one test."""


def check(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Repeat a test whose call has passed, and let the call fail where something grows.

    Whatever a repetition ends with, a failure, a skip, an expected failure, is what the test ends
    with. The item is left set up, as it was.
    """
    begun = time.perf_counter()
    repetition = Repetition(item)
    item.stash[REPEATING] = True
    checked = pytest.CallInfo.from_call(
        partial(_check, item, repetition),
        "call",
        reraise=_ENDS_ALL,
    )
    del item.stash[REPEATING]
    call.duration += time.perf_counter() - begun
    if repetition.has_ended:
        call.excinfo = repetition.ended
        item.add_report_section("call", "heapgraph", "The test passed once, and not again.")
    elif checked.excinfo is not None:
        cause = checked.excinfo.value.__cause__
        if isinstance(cause, pytest.exit.Exception):
            raise cause
        call.excinfo = checked.excinfo


def _check(item: pytest.Item, repetition: Repetition) -> None:
    settings = settings_of(item.config)
    options: dict[str, Any] = dict(settings.runs)
    marker = item.get_closest_marker("no_growth")
    if marker is not None:
        options.update(_options_of(marker))
    elif not _may_grow(repetition):
        item.stash.setdefault(FOUND, [])
        return
    ignore = options.pop("ignore", ())
    ignore = [*settings.ignore, *([ignore] if isinstance(ignore, str) else ignore)]
    failure = failure_of(item, repeated(repetition, ignore, cast("RunOptions", options)))
    if failure is not None:
        pytest.fail(failure, pytrace=False)


def _options_of(marker: pytest.Mark) -> dict[str, Any]:
    if len(marker.args) > len(_BY_POSITION):
        taken = " and ".join(_BY_POSITION)
        pytest.fail(f"the marker no_growth takes {taken} by position", pytrace=False)
    options = {**dict(zip(_BY_POSITION, marker.args, strict=False)), **marker.kwargs}
    try:
        GrowthLoop(**options)
    except (TypeError, ValueError) as error:
        wrong = one_line(str(error)).removeprefix("GrowthLoop.__init__() ")
    else:
        return options
    pytest.fail(f"the marker no_growth: {wrong}", pytrace=False)


def _may_grow(repetition: Repetition) -> bool:
    """A cheap look: whether there are more blocks of memory after more runs.

    Most tests of a suite are quiet, and a look at the whole heap takes as long as many tests.
    """
    levels = array("q", [0] * _LOOKS)
    repetition()
    for look in range(_LOOKS):
        repetition()
        repetition()
        gc.collect()
        forget_lookups()
        blocks = allocated_blocks()
        if blocks is None:
            return True
        levels[look] = blocks
    return any(later > earlier for earlier, later in pairwise(levels))


class Repetition:
    """A test that can be called: torn down, set up with fresh fixtures, and run.

    All hooks run each time, as they do for a test, so that other plugins see nothing else.
    """

    __slots__ = ("_item", "_sections", "ended", "has_ended")

    def __init__(self, item: pytest.Item) -> None:
        """Take a test that is set up."""
        self._item = item
        self._sections = len(item._report_sections)
        self.has_ended = False
        self.ended: pytest.ExceptionInfo[BaseException] | None = None

    def __call__(self) -> None:
        """Run the test once more.

        Raises:
            _EndedError: If it ends otherwise than by passing; `ended` says how.
        """
        item, hooks = self._item, self._item.ihook
        # The stack of fixtures is torn down to where the next test's begins: all but the test's.
        try:
            self._phase("teardown", partial(hooks.pytest_runtest_teardown, nextitem=item.parent))
        except _EndedError:
            # The teardown that ends the test needs one that is set up.
            _forget_fixtures(item)
            setup = partial(hooks.pytest_runtest_setup, item=item)
            pytest.CallInfo.from_call(setup, "setup", reraise=_ENDS_ALL)
            raise
        _forget_fixtures(item)
        self._phase("setup", hooks.pytest_runtest_setup)
        self._phase("call", hooks.pytest_runtest_call)
        # What it printed and logged is that of the first run again.
        del item._report_sections[self._sections :]

    def _phase(self, when: Literal["setup", "call", "teardown"], hook: Callable[..., None]) -> None:
        item = self._item
        call = pytest.CallInfo.from_call(partial(hook, item=item), when, reraise=_ENDS_ALL)
        report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
        passed = report.passed or _passes_against_expectation(report)
        if call.excinfo is not None or not passed or item.stash[FAILED_SUBTEST]:
            self.has_ended, self.ended = True, call.excinfo
            raise _EndedError


def _passes_against_expectation(report: pytest.TestReport) -> bool:
    """Whether a test marked ``xfail(strict=True)`` has passed: it may yet fail, by what grows."""
    return report.failed and str(report.longrepr).startswith("[XPASS(strict)]")


class _EndedError(Exception):
    """A repetition did not pass."""


def _forget_fixtures(item: pytest.Item) -> None:
    """Let the next set-up make everything anew, as pytest's runner does for a test run again."""
    if isinstance(item, pytest.Function):
        item._initrequest()
        if getattr(item, "_instance", None) is not None:
            del item._instance
            item._obj = None
