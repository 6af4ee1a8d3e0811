"""Checks for tests: what is run again and again must not grow, and a block must leave nothing.

With pytest, the fixture of the same name says also where known leaks are listed and reports go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, overload

from heapgraph._arguments import check_number
from heapgraph._findings import Findings, from_growth
from heapgraph._loaded_modules import loaded_module, names_of_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import TypedDict

    from typing_extensions import Unpack

    from heapgraph._survivors import HeapBefore

    Judge = Callable[[Findings], str | None]
    """Gives the text of a failure, if what was found is to be one."""

    Allowed = Mapping[str, int | None] | Iterable[str]

    class RunOptions(TypedDict, total=False):
        """What `find_growth` takes, beside the paths to ignore."""

        loops: int
        snapshots: int
        warmup: int
        settle: float | Callable[[], object]
        iterations: int
        seconds: float
        trace: bool


@overload
def assert_no_growth(
    scenario: Callable[[], object],
    /,
    *,
    ignore: Sequence[str] = (),
    **options: Unpack[RunOptions],
) -> None: ...
@overload
def assert_no_growth(*, allow: Allowed = (), ignore: Sequence[str] = ()) -> Block: ...
def assert_no_growth(
    scenario: Callable[[], object] | None = None,
    /,
    *,
    allow: Allowed = (),
    ignore: Sequence[str] = (),
    **options: Unpack[RunOptions],
) -> Block | None:
    """Fail where something grows: over runs of a callable, or in a ``with`` block that runs once.

    With a callable, `find_growth` runs it again and again. Without one, the result is a context
    manager, and nothing that is created in its block may survive it. A local variable of the block
    does survive: delete it, or put the block's work into a function.

    Args:
        scenario: What to run again and again.
        allow: For a block: patterns of the types whose objects may survive, or a dict of patterns
            and how many may, any number if `None`.
        ignore: Patterns of the paths by which something may grow or survive.
        options: For a callable: the other options of `find_growth`, such as `loops` and `warmup`.

    Returns:
        A context manager, if there is no callable.

    Raises:
        TypeError: If a block is given an option of a callable, or the other way round.
        ValueError: If a number, or how many may survive, is none or too small.
        AssertionError: If something grows or survives: what, by which path, why it is alive, and
            what to try.
        ScenarioError: If the callable raises.

    Examples:
        >>> assert_no_growth(lambda: sorted("growth"))
        >>> with assert_no_growth():
        ...     _ = [[] for _ in range(100)]
        ...     del _
        >>> kept = []
        >>> with assert_no_growth(allow={"dict": 2}):
        ...     kept += [{}, {}]
    """
    __tracebackhide__ = True
    return check(text_of, scenario, allow, ignore, options)


def check(
    judge: Judge,
    scenario: Callable[[], object] | None,
    allow: Allowed,
    ignore: Sequence[str],
    options: RunOptions,
) -> Block | None:
    """Do what `assert_no_growth` does, and let `judge` say what is a failure."""
    __tracebackhide__ = True
    if scenario is None:
        if options:
            message = f"{', '.join(options)}: of use with a callable only; a block runs once"
            raise TypeError(message)
        return Block(judge, allow, ignore)
    if allow:
        message = "allow is for a block; for a callable, ignore=[...] names the paths that may grow"
        raise TypeError(message)
    # Nothing of the heap is in a variable when the error is raised, which keeps the variables.
    _raise(judge(repeated(scenario, ignore, options)))
    return None


class Block:
    """A block that must leave nothing behind; made by `assert_no_growth`."""

    __slots__ = ("_allow", "_before", "_ignore", "_judge")

    def __init__(self, judge: Judge, allow: Allowed, ignore: Sequence[str]) -> None:
        """Take what may survive, and who judges what does.

        Raises:
            ValueError: If a number of objects is none.
        """
        __tracebackhide__ = True
        self._judge = judge
        self._allow: dict[str, int | None] = {}
        if isinstance(allow, Mapping):
            self._allow.update(allow)
        else:
            self._allow.update(dict.fromkeys(_patterns(allow)))
        for pattern, most in self._allow.items():
            if most is not None:
                check_number(f"allow[{pattern!r}]", most, 0)
        self._ignore = _patterns(ignore)
        self._before: HeapBefore | None = None

    def __enter__(self) -> None:
        """Look at the heap."""
        from heapgraph._survivors import HeapBefore

        self._before = HeapBefore()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Compare, unless the block has failed."""
        __tracebackhide__ = True
        before, self._before = self._before, None
        if before is not None and kind is None:
            _raise(self._judge(before.survivors(self._allow, self._ignore)))


def repeated(
    scenario: Callable[[], object], ignore: Sequence[str], options: RunOptions
) -> Findings:
    """Find what grows while a callable runs again and again, the tools of a test left out."""
    __tracebackhide__ = True
    from heapgraph._find_growth import ScenarioError, run_in
    from heapgraph._growth_quick import QuickLoop

    runs = QuickLoop(ignore=_patterns(ignore), **options)
    try:
        run_in(runs, scenario)
    except ScenarioError as error:
        skip = names_of_module(loaded_module("unittest")).get("SkipTest")
        cause = error.__cause__
        if cause is not None and type(skip) is type and isinstance(cause, skip):
            # A test that skips itself is no failure.
            raise cause from None
        raise
    if runs.is_quiet:
        return Findings([], None, {})
    return from_growth(runs.report)


def text_of(findings: Findings) -> str | None:
    """Every leak is a failure."""
    return findings.text() if findings.leaks else None


def _raise(failure: str | None) -> None:
    __tracebackhide__ = True
    if failure is not None:
        raise AssertionError(failure)


def _patterns(patterns: Iterable[str]) -> list[str]:
    """One pattern may be given as it is."""
    return [patterns] if isinstance(patterns, str) else list(patterns)
