"""A scenario that is run again and again."""

from __future__ import annotations

from os import PathLike
from types import AsyncGeneratorType, CoroutineType, GeneratorType

from heapgraph import _core
from heapgraph._arguments import check_number
from heapgraph._growth_loop import GrowthLoop
from heapgraph._object_text import type_name
from heapgraph._signals import is_of_handler

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import Any, TypeAlias

    from heapgraph._arguments import FilePath

    _Origin: TypeAlias = tuple[tuple[int, int | None] | None, int]
    """The process of a snapshot and when its first was captured, and when this one was."""


_UNRUN = (
    "the scenario {}, which does nothing when it is called: "
    "pass a function that runs the generator to its end"
)


class ScenarioError(RuntimeError):
    """A scenario raised; the error that it raised is the cause of this one."""


def find_growth(
    scenario: Callable[[], object],
    *,
    loops: int = 5,
    snapshots: int = 4,
    warmup: int = 2,
    settle: float | Callable[[], object] = 0.0,
    iterations: int = 2000,
    seconds: float = 20.0,
    trace: bool = False,
    ignore: Iterable[str] = (),
) -> _core.GrowthReport:
    """Run a scenario again and again and find the names under which objects accumulate.

    Snapshots of the heap are compared by paths of names, such as `app._SESSIONS[x].listeners`, and
    not by the identity of objects. Reported are the topmost paths whose containers hold more, or
    whose objects are larger, at each snapshot. What is found is watched while the scenario runs on:
    what levels off, or rises and falls, is bounded (a cache that was filling up); what rises to the
    end of the budget is a leak. A scenario under which nothing rises needs two snapshots.

    Args:
        scenario: What to run: a function without arguments that does the same each time. A
            coroutine function is awaited, always in the same event loop.
        loops: How often it runs before each snapshot.
        snapshots: How many snapshots are compared, at most.
        warmup: How often it runs before, so that what is made once is there.
        settle: Seconds to wait before each snapshot, or a function to call: for threads and queues
            to come to rest.
        iterations: How often it may run on to see what becomes of what rises; of what does so less
            than once in ten iterations, for a second at least.
        seconds: For how long it may take, snapshots included. Time in which the machine runs other
            programs instead does not count. To explain what was found takes up to a quarter longer.
        trace: Whether to find the lines that insert into what grows; the scenario runs three times
            more for it, slowly.
        ignore: Patterns of paths that may grow: `app.cache*`.

    Returns:
        The report: true if something leaks. Its `str` says what grows, its `growing` is the data.
        Ctrl-C ends the search, and what is known by then is returned.

    Raises:
        KeyboardInterrupt: If Ctrl-C comes before there were two snapshots.
        ScenarioError: If the scenario raises; it says in which iteration.
        TypeError: If the scenario is a generator function, or only makes a coroutine.
        ValueError: If a number is too small: there must be at least 1 loop and 2 snapshots.
        CaptureError: As `take_snapshot`.

    Examples:
        >>> log = []
        >>> report = find_growth(lambda: log.append("done"), iterations=100)
        >>> bool(report), report.growing[0].elements_per_iteration
        (True, 1.0)
    """
    # In a failed test the lines of the test are of interest, and not these.
    __tracebackhide__ = True
    runs = GrowthLoop(
        loops=loops,
        snapshots=snapshots,
        warmup=warmup,
        settle=settle,
        iterations=iterations,
        seconds=seconds,
        trace=trace,
        ignore=ignore,
    )
    try:
        run_in(runs, scenario)
    except KeyboardInterrupt:
        if not runs.is_explained:
            # Without the traceback of the scenario, which was not at fault.
            raise KeyboardInterrupt from None
    return runs.report


def run_in(runs: GrowthLoop, scenario: Callable[[], object]) -> None:
    """Run a scenario as often as a loop asks for.

    Raises:
        ScenarioError, TypeError: As `find_growth`.
    """
    __tracebackhide__ = True
    run, close = _runner(scenario)
    try:
        with runs as loop:
            for number in loop:
                try:
                    answer = run()
                except Exception as error:
                    if is_of_handler(error):
                        raise
                    message = f"the scenario raised {type_name(type(error))} in iteration {number}"
                    raise ScenarioError(message) from error
                _refuse_unrun(answer)
    finally:
        close()


def find_growth_in(
    snapshots: FilePath | Iterable[_core.HeapSnapshot | FilePath],
    *,
    loops: int = 1,
    ignore: Iterable[str] = (),
) -> _core.GrowthReport | _core.ProcessReports:
    """Find the names under which more and more is held in snapshots that were taken before.

    Three or more tell what goes on growing from what comes to an end, the more the surer; two can
    not. Each process is judged by itself. Where there is but one snapshot of each, they are
    compared over the processes.

    Args:
        snapshots: The snapshots of a process in any order, or their files: they are taken in that
            of their capture. A folder stands for the snapshots in it. Those that are compared over
            processes, and not all files, are given the earliest first.
        loops: How often the program did the same between two snapshots; elements and bytes are
            told for each time.
        ignore: Patterns of paths that may grow: `app.cache*`.

    Returns:
        The report, as of `find_growth`. Of several processes the `ProcessReports`: whether it is
        true, its `verdict`, `growing`, `bounded`, `ignored`, `iterations` and `missing` are of all
        of them together. In both, `processes` is a list of one report a process.

    Raises:
        SnapshotError: If a file can not be loaded.
        ValueError: If there are fewer than two, or one was taken without names.

    Examples:
        >>> import heapgraph
        >>> log, snapshots = [], []
        >>> for _ in range(3):
        ...     log += [object() for _ in range(10)]
        ...     snapshots.append(heapgraph.take_snapshot())
        >>> report = find_growth_in(snapshots, loops=10)
        >>> [path.elements_per_iteration for path in report.growing if "log" in path.path]
        [1.0]
        >>> [one.verdict for one in report.processes]
        ['leaking']
    """
    check_number("loops", loops, 1)
    given = [snapshots] if isinstance(snapshots, (str, bytes, PathLike)) else list(snapshots)
    heaps = _with_origins(given)
    if len(heaps) < 2:
        message = f"two snapshots at least tell what grows, and there are {len(heaps)}"
        raise ValueError(message)
    patterns = [ignore] if isinstance(ignore, str) else list(ignore)
    processes = [process for _, (process, _) in heaps]
    series, alone = _core.by_process(processes)
    left_out = _core.left_out(len(alone))
    missing = [left_out] if left_out else []
    reports = []
    for positions in series:
        history = _core.GrowthHistory(patterns)
        if len(series) == 1:
            for text in missing:
                history.add_missing(text)
        process = processes[positions[0]]
        if process is not None and {processes[position] for position in positions} == {process}:
            # One process has one clock.
            positions.sort(key=lambda position: heaps[position][1][1])
        for number, position in enumerate(positions):
            heap = heaps[position][0]
            if not isinstance(heap, _core.HeapSnapshot):
                heap = _core.load_snapshot(heap)
            history.add(heap, number * loops)
        reports.append(history.report())
    return reports[0] if len(reports) == 1 else _core.process_reports(reports, missing)


def _with_origins(
    given: Sequence[_core.HeapSnapshot | FilePath],
) -> list[tuple[_core.HeapSnapshot | Path, _Origin]]:
    """The snapshots with their processes and times; files alone are put in the order of these."""
    files = [one for one in given if not isinstance(one, _core.HeapSnapshot)]
    if len(files) == len(given):
        return list(_core.snapshot_series(files))
    heaps: list[tuple[_core.HeapSnapshot | Path, _Origin]] = []
    for one in given:
        if isinstance(one, _core.HeapSnapshot):
            heaps.append((one, _core.origin_of(one)))
        else:
            heaps += _core.snapshot_series([one])
    return heaps


def _runner(scenario: Callable[[], object]) -> tuple[Callable[[], object], Callable[[], object]]:
    """What runs the scenario once, and what is to be called in the end."""
    __tracebackhide__ = True
    import inspect

    if not callable(scenario):
        message = (
            f"the scenario must be a function without arguments, not {type_name(type(scenario))}"
        )
        raise TypeError(message)
    if inspect.isgeneratorfunction(scenario) or inspect.isasyncgenfunction(scenario):
        raise TypeError(_UNRUN.format("is a generator function"))
    is_asynchronous = inspect.iscoroutinefunction(scenario) or inspect.iscoroutinefunction(
        type(scenario).__call__
    )
    if is_asynchronous:
        return _coroutine_runner(scenario)
    return scenario, lambda: None


def _refuse_unrun(answer: object) -> None:
    """Refuse what a scenario gives that nobody runs."""
    __tracebackhide__ = True
    if type(answer) is CoroutineType:
        answer.close()
        message = "the scenario made a coroutine: pass the coroutine function itself"
        raise TypeError(message)
    if type(answer) in (GeneratorType, AsyncGeneratorType):
        raise TypeError(_UNRUN.format("made a generator"))


def _coroutine_runner(
    scenario: Callable[[], Any],
) -> tuple[Callable[[], object], Callable[[], object]]:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        message = (
            "an event loop is running in this thread: use GrowthLoop and await the scenario in its "
            "body, or call find_growth in a thread"
        )
        raise TypeError(message)
    events = asyncio.new_event_loop()

    async def shut_down() -> None:
        # As `asyncio.Runner`, which 3.10 has not.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await events.shutdown_asyncgens()
        await events.shutdown_default_executor()

    def close() -> None:
        events.run_until_complete(shut_down())
        events.close()

    return lambda: events.run_until_complete(scenario()), close
