"""A test that has passed is run again and again."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest
from _pytest.outcomes import Failed

from heapgraph._core import one_line
from heapgraph._growth_loop import GrowthLoop
from heapgraph._recorders import Recorders
from heapgraph.testing import repeated
from pytest_heapgraph import FAILED_SUBTEST, REPEATING, TEARDOWN_ERROR
from pytest_heapgraph._checks import check_of, failure_of
from pytest_heapgraph._leftovers import Leftovers, is_of_hypothesis, make_anew
from pytest_heapgraph._quick_look import leaves_nothing
from pytest_heapgraph._settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph.testing import RunOptions

_BY_POSITION = ("loops", "warmup")
"""Arguments of the marker."""

_LONGEST_REASON = 120
"""Characters of an error by which a repetition has ended."""

_OTHER_EXAMPLES = "hypothesis runs it with other examples each time, and they leave something"

_PASSED_ONCE = "The test passed once, and"

_ENDS_ALL = (pytest.exit.Exception, KeyboardInterrupt)
"""Errors that are not those of one test."""


def check(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Repeat a test whose call has passed, and let the call fail where something grows.

    A marked test ends with whatever a repetition ends with: a failure, a skip, an expected failure.
    Another one has passed, and is not checked if it cannot be repeated. The item is left set up, as
    it was.
    """
    begun = time.perf_counter()
    shown = check_of(item)
    marker = item.get_closest_marker("no_growth")
    repetition = Repetition(item)
    item.stash[REPEATING] = True
    checked = pytest.CallInfo.from_call(
        partial(_check, item, repetition, marker),
        "call",
        reraise=_ENDS_ALL,
    )
    del item.stash[REPEATING]
    shown["seconds"] += time.perf_counter() - begun
    call.duration += time.perf_counter() - begun
    if repetition.ended is not None:
        shown["not_checked"] = repetition.ended
        if marker is None:
            repetition.keep_teardown_error()
        else:
            call.excinfo = repetition.error
            item.add_report_section("call", "heapgraph", f"{_PASSED_ONCE} {repetition.ended}.")
    elif checked.excinfo is not None:
        cause = checked.excinfo.value.__cause__
        if isinstance(cause, pytest.exit.Exception):
            raise cause
        call.excinfo = checked.excinfo


def _check(item: pytest.Item, repetition: Repetition, marker: pytest.Mark | None) -> None:
    settings = settings_of(item.config)
    options: dict[str, Any] = dict(settings.runs)
    if marker is not None:
        options.update(_options_of(marker))
    elif leaves_nothing(repetition):
        return
    elif is_of_hypothesis(item):
        check_of(item)["not_checked"] = _OTHER_EXAMPLES
        return
    ignore = options.pop("ignore", ())
    ignore = [*settings.ignore, *([ignore] if isinstance(ignore, str) else ignore)]
    failure = failure_of(item, repeated(repetition, ignore, cast("RunOptions", options)))
    if failure is not None:
        raise Grows(failure, pytrace=False)


class Grows(Failed):
    """A test under which something grows; its name is what is left of a message cut short."""

    __module__ = "builtins"


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


class Repetition:
    """A test that can be called: torn down, set up with fresh fixtures, and run.

    All hooks run each time, as they do for a test, so that other plugins see nothing else.

    Attributes:
        ended: How a repetition has ended that did not pass; then there is no other.
        error: What it was ended by, if it was an exception.
    """

    __slots__ = (
        "_item",
        "_leftovers",
        "_recorders",
        "_runs",
        "_sections",
        "_when",
        "ended",
        "error",
    )

    def __init__(self, item: pytest.Item) -> None:
        """Take a test that is set up and has run."""
        self._item = item
        self._sections = len(item._report_sections)
        self._recorders = Recorders()
        self._leftovers = Leftovers(item)
        self._runs = 0
        self._when = ""
        self.ended: str | None = None
        self.error: pytest.ExceptionInfo[BaseException] | None = None

    def __call__(self) -> None:
        """Run the test once more.

        Raises:
            _EndedError: If it ends otherwise than by passing.
        """
        item, hooks = self._item, self._item.ihook
        self._runs += 1
        # The stack of fixtures is torn down to where the next test's begins: all but the test's.
        try:
            self._phase("teardown", partial(hooks.pytest_runtest_teardown, nextitem=item.parent))
        except _EndedError:
            # The teardown that ends the test needs one that is set up.
            make_anew(item)
            setup = partial(hooks.pytest_runtest_setup, item=item)
            pytest.CallInfo.from_call(setup, "setup", reraise=_ENDS_ALL)
            raise
        make_anew(item)
        self._phase("setup", hooks.pytest_runtest_setup)
        self._phase("call", hooks.pytest_runtest_call)
        # What it printed, logged and warned of is that of the first run again.
        del item._report_sections[self._sections :]
        self._recorders.forget()
        self._leftovers.forget()

    def keep_teardown_error(self) -> None:
        """Let the test end with what its own teardown has raised in the first repetition."""
        if self._runs == 1 and self._when == "teardown" and self.error is not None:
            self._item.stash[TEARDOWN_ERROR] = self.error.value

    def _phase(self, when: Literal["setup", "call", "teardown"], hook: Callable[..., None]) -> None:
        item = self._item
        call = pytest.CallInfo.from_call(partial(hook, item=item), when, reraise=_ENDS_ALL)
        report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
        passed = report.passed or _passes_against_expectation(report)
        if call.excinfo is not None or not passed or item.stash[FAILED_SUBTEST]:
            self._when, self.error = when, call.excinfo
            self.ended = _how_it_ended(when, report, call.excinfo)
            raise _EndedError


def _how_it_ended(
    when: str, report: pytest.TestReport, error: pytest.ExceptionInfo[BaseException] | None
) -> str:
    subject = "" if when == "call" else f"its {when} "
    verb = "was skipped" if report.skipped else "failed"
    reason = "" if error is None else f": {error.exconly(tryshort=True)}".partition("\n")[0]
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}..."
    return one_line(f"{subject}{verb} when it was run again{reason}")


def _passes_against_expectation(report: pytest.TestReport) -> bool:
    """Whether a test marked ``xfail(strict=True)`` has passed: it may yet fail, by what grows."""
    return report.failed and str(report.longrepr).startswith("[XPASS(strict)]")


class _EndedError(Exception):
    """A repetition did not pass."""
