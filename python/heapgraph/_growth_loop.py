"""What grows while a scenario runs again and again."""

from __future__ import annotations

import gc
import sys
import time

from heapgraph import _core
from heapgraph._snapshots import take_snapshot

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
    from types import TracebackType

    from typing_extensions import Self

_LOOKS_AT_EACH = 200
"""So many iterations of the watch are all looked at; of those that follow one in each hundredth."""

_FIRST_CHECK = 50
"""What can not be looked at is counted in a snapshot after so many iterations, then three times as
many."""

_MUCH_GARBAGE = 1
"""Objects of garbage in an iteration from which on it is worth a look."""

_TRACED_ITERATIONS = 3

_PROBE_ITERATIONS = 100
_FEWEST_PROBED = 10
_PROBE_SECONDS = 0.1
"""For how long a scenario under which nothing rises runs on to see whether memory rises besides."""

_MOST_MEMORY = 512 << 20
"""Bytes by which the process may grow while it is watched: a leak must not end the machine."""

_LEAST_RESIDENT = 128 * 1024
"""Bytes of resident memory that are more than noise."""


class GrowthLoop:
    """A loop whose body is run again and again to see what grows, as `find_growth` does.

    The loop runs the body `warmup` times, then `loops` times before each of `snapshots` snapshots
    of the heap, and ends early if nothing rises. What does rise is watched while the body runs on,
    until it has come to an end or the `iterations` or `seconds` are over: that tells a cache that
    fills up from a leak. Between the snapshots the program runs as fast as ever.

    Attributes:
        report: What grows, once the loop has ended.

    Examples:
        >>> seen = []
        >>> with GrowthLoop(iterations=100) as loop:
        ...     for iteration in loop:
        ...         seen.append(iteration)
        >>> loop.report.verdict
        'leaking'
    """

    def __init__(
        self,
        *,
        loops: int = 5,
        snapshots: int = 4,
        warmup: int = 2,
        settle: float | Callable[[], object] = 0.0,
        iterations: int = 2000,
        seconds: float = 20.0,
        trace: bool = False,
        ignore: Iterable[str] = (),
    ) -> None:
        """Set up; the arguments are those of `find_growth`."""
        for name, number, least in (
            ("loops", loops, 1),
            ("snapshots", snapshots, 2),
            ("warmup", warmup, 0),
            ("iterations", iterations, 0),
            ("seconds", seconds, 0),
        ):
            if isinstance(number, bool) or not isinstance(number, (int, float)) or number < least:
                message = f"{name} must be a number of at least {least}, not {number!r}"
                raise ValueError(message)
        self._loops = loops
        self._snapshots = snapshots
        self._warmup = warmup
        self._settle = settle
        self._iterations = iterations
        self._seconds = seconds
        self._trace = trace
        self._ignore = [ignore] if isinstance(ignore, str) else list(ignore)
        self._history = _core.GrowthHistory(self._ignore)
        self._count = 0
        self._taken = 0
        self._is_over = False
        self._after: tuple[int, int] | None = None
        self._blocks, self._resident = 1 << 30, 0
        self._inserted: dict[str, list[str]] = {}
        self._report: _core.GrowthReport | None = None

    def __enter__(self) -> Self:
        """Begin; nothing happens before the loop does."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; what was seen until then can be reported."""

    def __iter__(self) -> Iterator[int]:
        """Give the number of each iteration that is to be run, from 1 on."""
        if self._count:
            message = "a GrowthLoop runs once: make another for another scenario"
            raise RuntimeError(message)
        return self._run()

    @property
    def report(self) -> _core.GrowthReport:
        """What grows. Made when it is first asked for.

        Raises:
            RuntimeError: If the loop was left before there were two snapshots.
        """
        if self._report is None:
            if self._taken < 2:
                message = (
                    f"the loop was left after {self._count} iterations, before there were two "
                    "snapshots to compare: let it run to its end"
                )
                raise RuntimeError(message)
            self._report = self._make_report()
        return self._report

    def _run(self) -> Iterator[int]:
        for _ in range(self._warmup):
            yield self._next()
        for number in range(1, self._snapshots + 1):
            for _ in range(self._loops):
                yield self._next()
            is_last = number == self._snapshots
            garbage = self._take(watch=is_last)
            if number > 1 and not self._rises():
                break
        if self._rises():
            yield from self._watch()
        else:
            if garbage >= _MUCH_GARBAGE * self._loops:
                yield from self._leave_garbage()
            # Memory that rises with what is ignored says nothing.
            if not self._history.only_ignored_rises() and (yield from self._probe_memory()):
                self._take(watch=True)
                yield from self._watch()
        self._is_over = True

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _rises(self) -> bool:
        return self._history.rising_count() > 0

    def _take(self, *, watch: bool) -> int:
        """Take a snapshot when everything has settled; how many objects were garbage."""
        if callable(self._settle):
            self._settle()
        elif self._settle > 0:
            time.sleep(self._settle)
        garbage = gc.collect()
        gc.collect()
        # What the snapshots themselves take is no growth of the program.
        blocks, resident = sys.getallocatedblocks(), _resident_bytes()
        if self._after is not None:
            self._blocks += blocks - self._after[0]
            self._resident += resident - self._after[1]
        memory = (max(0, self._blocks), max(0, self._resident), garbage)
        self._history.take(self._count, memory, watch)
        self._after = sys.getallocatedblocks(), _resident_bytes()
        self._taken += 1
        return garbage

    def _probe_memory(self) -> Generator[int, None, bool]:
        """Run a little more; whether memory rises of which the heap does not tell."""
        if self._iterations == 0:
            return False
        ends_at = time.monotonic() + min(self._seconds, _PROBE_SECONDS)
        start, blocks, resident = self._count, sys.getallocatedblocks(), _resident_bytes()
        while self._count < start + _PROBE_ITERATIONS and time.monotonic() < ends_at:
            yield self._next()
        gc.collect()
        done = self._count - start
        more_blocks = sys.getallocatedblocks() - blocks
        more_bytes = _resident_bytes() - resident
        is_more = more_blocks >= done * 9 // 10 or more_bytes >= max(done * 512, _LEAST_RESIDENT)
        return done >= _FEWEST_PROBED and is_more

    def _leave_garbage(self) -> Iterator[int]:
        """See what the collector would free after as many iterations as between two snapshots."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            for _ in range(self._loops):
                yield self._next()
            left = take_snapshot(collect=False).garbage()
        finally:
            if was_enabled:
                gc.enable()
        self._history.set_garbage(left.node_count, left.shallow_size)

    def _watch(self) -> Iterator[int]:
        """Run on until what rises has come to an end, or the budget is spent."""
        from heapgraph._growth_places import find_limits

        history = self._history
        for number, limit, source in find_limits(history.watched_objects()):
            history.set_limit(number, limit, source)
        start, ends_at = self._count, time.monotonic() + self._seconds
        next_look, next_check = start + 1, start + _FIRST_CHECK
        last = start + self._iterations
        is_settled = False
        # Both are questions to all paths, not to be asked in each iteration.
        is_memory = not self._rises()
        is_looked_at = not is_memory and history.unwatched_count == 0
        resident, is_too_large = _resident_bytes(), False
        while self._count < last and time.monotonic() < ends_at and not is_settled:
            yield self._next()
            done = self._count - start
            is_too_large = _resident_bytes() - resident > _MOST_MEMORY
            if is_too_large:
                break
            if self._count < next_look:
                continue
            next_look = self._count + max(1, (done - _LOOKS_AT_EACH) // 100 + 1)
            is_settled = history.look(self._count)
            if is_looked_at:
                continue
            if self._count < next_check:
                is_settled = False
                continue
            next_check = start + 3 * done
            self._take(watch=True)
            is_settled = is_settled and history.unwatched_settled()
            is_settled = is_settled and (not is_memory or history.memory_settled())
        if not is_settled:
            self._say_what_ended(self._count - start, is_too_large=is_too_large)
        self._take(watch=self._trace)
        if self._trace:
            yield from self._find_insertions()

    def _say_what_ended(self, done: int, *, is_too_large: bool) -> None:
        if done == 0:
            self._history.add_missing(
                "what rises was not watched: allow some iterations and seconds"
            )
        elif is_too_large:
            self._history.add_missing(
                f"after {done} of {self._iterations} iterations the process had "
                f"{_MOST_MEMORY >> 20} MiB more, and the scenario was stopped"
            )
        elif done < self._iterations:
            self._history.add_missing(
                f"the {self._seconds:g} seconds were over after {done} of {self._iterations} "
                "iterations: allow more seconds"
            )

    def _find_insertions(self) -> Iterator[int]:
        from heapgraph._growth_places import inserting_lines

        with inserting_lines(self._history) as lines:
            for _ in range(_TRACED_ITERATIONS):
                yield self._next()
        self._inserted = lines.by_path()
        self._take(watch=False)

    def _make_report(self) -> _core.GrowthReport:
        if not self._is_over:
            self._history.add_missing(
                f"the loop was left after {self._count} iterations: let it run to its end"
            )
        from heapgraph._growth_places import find_sources

        report = self._history.report()
        return report.with_sources(find_sources(report, self._inserted))


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
        iterations: How often it may run on to see what becomes of what rises.
        seconds: For how long it may run on.
        trace: Whether to find the lines that insert into what grows; the scenario runs three times
            more for it, slowly.
        ignore: Patterns of paths that may grow: `app.cache.*`.

    Returns:
        The report: true if something leaks. Its `str` says what grows, its `growing` is the data.

    Raises:
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
    loop = GrowthLoop(
        loops=loops,
        snapshots=snapshots,
        warmup=warmup,
        settle=settle,
        iterations=iterations,
        seconds=seconds,
        trace=trace,
        ignore=ignore,
    )
    run, close = _runner(scenario)
    try:
        for number in loop:
            try:
                run()
            except Exception as error:
                message = f"the scenario raised {type(error).__name__} in iteration {number}"
                raise ScenarioError(message) from error
    finally:
        close()
    return loop.report


def _runner(scenario: Callable[[], object]) -> tuple[Callable[[], object], Callable[[], object]]:
    """What runs the scenario once, and what is to be called in the end."""
    import inspect

    if not callable(scenario):
        message = (
            f"the scenario must be a function without arguments, not {type(scenario).__name__}"
        )
        raise TypeError(message)
    if inspect.isgeneratorfunction(scenario) or inspect.isasyncgenfunction(scenario):
        message = (
            "the scenario is a generator function, which does nothing when it is called: "
            "pass a function that runs the generator to its end"
        )
        raise TypeError(message)
    if inspect.iscoroutinefunction(scenario):
        return _coroutine_runner(scenario)

    def run() -> None:
        answer = scenario()
        if inspect.iscoroutine(answer):
            answer.close()
            message = "the scenario made a coroutine: pass the coroutine function itself"
            raise TypeError(message)

    return run, lambda: None


def _coroutine_runner(
    scenario: Callable[[], Coroutine[object, object, object]],
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

    def close() -> None:
        events.run_until_complete(events.shutdown_asyncgens())
        events.close()

    return lambda: events.run_until_complete(scenario()), close


def _resident_bytes() -> int:
    """Resident memory of the process; the most it ever was where the system has no `/proc`."""
    import resource

    try:
        # Not a `Path`: `pathlib` takes long to import.
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        # In bytes on macOS, in KiB elsewhere.
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
