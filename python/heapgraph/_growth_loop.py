"""A loop whose body is run again and again, to see what grows."""

from __future__ import annotations

import gc

from heapgraph import _core
from heapgraph._arguments import check_number
from heapgraph._growth_moments import Moments
from heapgraph._growth_probe import MemoryProbe
from heapgraph._growth_progress import Progress
from heapgraph._growth_time import SearchTime
from heapgraph._machine import Machine
from heapgraph._object_text import type_name
from heapgraph._snapshots import take_snapshot

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import TypeAlias

    from typing_extensions import Self

    from heapgraph._growth_calls import CallSearch
    from heapgraph._growth_lines import BlockLines, InsertingLines
    from heapgraph._growth_watch import GrowthWatch

    Phase: TypeAlias = "Callable[[], Phase] | None"

_TRACED_ITERATIONS = 3

_FEWEST_SNAPSHOTS = 2

_RUNS_ONCE = "a GrowthLoop runs once: make another for another scenario"


class GrowthLoop:
    """A loop whose body is run again and again to see what grows, as `find_growth` does.

    The loop runs the body `warmup` times, then `loops` times before each of `snapshots` snapshots
    of the heap, and ends early if nothing rises. What does rise is watched while the body runs on,
    until it has come to an end or the `iterations` or `seconds` are over: that tells a cache that
    fills up from a leak. Between the snapshots the program runs as fast as ever.

    Attributes:
        report: What grows, once the loop has ended.
        machine: What time and memory are read off.

    Examples:
        >>> seen = []
        >>> with GrowthLoop(iterations=100) as loop:
        ...     for iteration in loop:
        ...         seen.append(iteration)
        >>> loop.report.verdict
        'leaking'
    """

    machine: type[Machine] = Machine

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
        __tracebackhide__ = True
        check_number("loops", loops, 1)
        check_number("snapshots", snapshots, 2)
        check_number("warmup", warmup, 0)
        check_number("iterations", iterations, 0)
        check_number("seconds", seconds, 0, float)
        if not callable(settle):
            check_number("settle", settle, 0, float)
        self._loops = loops
        self._snapshots = snapshots
        self._warmup = warmup
        self._iterations = iterations
        self._seconds = seconds
        self._trace = trace
        self._ignore = [ignore] if isinstance(ignore, str) else list(ignore)
        self._history = _core.GrowthHistory(self._ignore)
        self._moments = Moments(self._history, self.machine, settle)
        self._count = 0
        self._until = warmup
        self._progress = Progress()
        self._time = SearchTime(self.machine)
        self._loops_end = 0
        self._phase: Callable[[], Phase] | None = None
        self._watch: GrowthWatch | None = None
        self._lines: InsertingLines | None = None
        self._block_lines: BlockLines | None = None
        self._calls: CallSearch | None = None
        self._probe = MemoryProbe(self.machine)
        self._probed_from = self._watched_from = 0
        self._enables_collector = False
        self._is_open = self._has_watched = False
        self._taken = self._taken_at = 0
        self._report: _core.GrowthReport | None = None

    def __enter__(self) -> Self:
        """Begin; nothing happens before the loop does."""
        if self._taken or self._is_open:
            raise RuntimeError(_RUNS_ONCE)
        self._is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; what was seen until then can be reported."""
        self._is_open = False
        was_left = self._phase is not None
        self._phase = None
        self._progress.end()
        is_interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        is_known = kind is None or is_interrupted or issubclass(kind, Exception)
        if self._watch is not None and is_known:
            # What was seen until now counts.
            self._watch = None
            self._history.look(self._count, False)
            self._take(watch=False)
        if self._lines is not None:
            self._lines.end()
        if self._calls is not None:
            self._calls.close()
            self._report = self._calls.report
        self._enable_collector()
        if was_left:
            if kind is not None:
                self._history.cut_short()
            why = "was left" if kind is None else f"ended with {type_name(kind)}"
            why = "was interrupted" if is_interrupted else why
            self._history.add_missing(
                f"the loop {why} after {self._count} iterations: let it run to its end"
            )
        is_due = is_interrupted or not was_left
        if self._report is None and is_due and self._taken >= _FEWEST_SNAPSHOTS:
            # While all that the last snapshot has seen is still there.
            self._report = self._explained()

    def __iter__(self) -> Iterator[int]:
        """Give the number of each iteration that is to be run, from 1 on."""
        if self._phase is not None or self._count or self._taken:
            raise RuntimeError(_RUNS_ONCE)
        if not self._is_open:
            message = "a GrowthLoop is entered by a `with` statement before it is iterated over"
            raise RuntimeError(message)
        self._phase = self._begin
        self._time.begin(self._seconds)
        return self

    def __next__(self) -> int:
        """Do what is due between two iterations, and give the number of the next."""
        # Not a generator: that would be an object of the heap in which things come and go.
        while self._count >= self._until:
            if self._phase is None:
                raise StopIteration
            self._phase = self._phase()
        self._progress.say("looking what grows", self._count, self._last)
        self._count += 1
        return self._count

    @property
    def _last(self) -> int:
        """How many iterations there are at most."""
        return self._warmup + self._loops * self._snapshots + self._iterations

    @property
    def is_explained(self) -> bool:
        """Whether there is a report."""
        return self._report is not None

    @property
    def report(self) -> _core.GrowthReport:
        """What grows.

        Raises:
            RuntimeError: If the loop was left before there were two snapshots.
        """
        if self._report is None:
            if self._taken < _FEWEST_SNAPSHOTS:
                message = (
                    f"the loop was left after {self._count} iterations, before there were two "
                    "snapshots to compare: let it run to its end"
                )
                raise RuntimeError(message)
            self._report = self._explained()
        return self._report

    # Each phase runs when `_until` iterations are done, and says which is the next.

    def _begin(self) -> Phase:
        # What is imported between two snapshots is growth.
        from heapgraph import _growth_lines, _growth_places, _growth_watch  # noqa: F401

        self._time.begin_loops()
        return self._run_loops()

    def _run_loops(self) -> Phase:
        self._loops_end = self._count + self._loops
        return self._loop_on()

    def _loop_on(self) -> Phase:
        """Run to the next snapshot, which comes early where all the loops would take too long."""
        left = self._loops_end - self._count
        done = self._loops - left
        if left and not self._time.ends_loops(done, is_first=self._taken == 0):
            self._until += 1
            return self._loop_on
        if left:
            self._history.add_missing(
                f"there was time for {done} iterations before a snapshot, not for {self._loops}: "
                "allow more seconds"
            )
            self._loops = done
        return self._compare()

    def _compare(self) -> Phase:
        is_short = self._is_time_short()
        is_last = is_short or self._taken + 1 == self._snapshots
        self._take(watch=is_last)
        changes = self._taken == 1 or self._rises() or self._history.is_draining()
        if changes and not is_last:
            return self._run_loops()
        if self._rises():
            return self._start_watch()
        if self._history.is_much_garbage() and not is_short:
            return self._leave_garbage()
        return self._start_probe()

    def _leave_garbage(self) -> Phase:
        """See what a collection would free after as many iterations as between two snapshots."""
        self._enables_collector = gc.isenabled()
        gc.disable()
        self._until += self._loops
        return self._count_garbage

    def _count_garbage(self) -> Phase:
        left = take_snapshot(collect=False).garbage()
        self._enable_collector()
        self._history.set_garbage(left.node_count, left.shallow_size)
        # Or its memory, free later, would hide what the probe is to find.
        gc.collect()
        return self._start_probe()

    def _start_probe(self) -> Phase:
        """Run a little more, to see whether memory rises of which the heap does not tell."""
        self._probed_from = self._count
        # Memory that rises with what is ignored says nothing.
        if self._iterations == 0 or self._history.only_ignored_rises():
            return self._end_probe(is_more=False)
        self._probe.begin(self._iterations, self._time.ends_at)
        return self._probe_memory()

    def _probe_memory(self) -> Phase:
        done = self._count - self._probed_from
        if self._probe.goes_on(done):
            self._until += 1
            return self._probe_memory
        is_enough = self._probe.is_enough(done)
        if not is_enough:
            self._history.add_missing(
                f"so few iterations as {done} do not show whether memory rises besides: allow more "
                "iterations and seconds"
            )
        return self._end_probe(is_more=is_enough and self._probe.is_more(done))

    def _end_probe(self, *, is_more: bool) -> Phase:
        probed = self._count - self._probed_from
        if probed > self._loops and not self._is_time_short():
            # What comes once in many iterations needs more of them between two snapshots.
            self._take(watch=False)
            if self._history.begin_anew_if_rising():
                self._loops, self._taken = probed, _FEWEST_SNAPSHOTS
                return self._run_loops()
        if self._has_watched and not (is_more and self._history.had_ended):
            if is_more and self._taken_at == self._count:
                remark = self._probe.beyond_objects(probed, self._history)
                if remark is not None:
                    self._history.add_missing(remark)
            return self._end_watch()
        return self._start_watch(is_of_memory=True) if is_more else self._start_calls()

    def _start_watch(self, *, is_of_memory: bool = False) -> Phase:
        if self._iterations == 0 or self._seconds == 0:
            self._history.add_missing(
                "what rises was not watched: allow some iterations and seconds"
            )
            return None
        from heapgraph._growth_watch import GrowthWatch

        if is_of_memory:
            from heapgraph._growth_lines import BlockLines

            self._block_lines = BlockLines()
            self._block_lines.begin()
            if not self._has_watched:
                self._history.forget_watch()
            self._history.begin_watch_of_memory()
            self._take(watch=True)
        self._watched_from = self._count
        self._watch = GrowthWatch(
            self._history,
            lambda: self._take(watch=True),
            self.machine,
            self._count,
            self._iterations,
            # Another snapshot follows.
            self._time.ends_at - self._time.snapshot_seconds,
            is_of_memory=is_of_memory,
        )
        return self._watch_on()

    def _watch_on(self) -> Phase:
        if self._watch is not None and self._watch.goes_on(self._count):
            self._until += 1
            return self._watch_on
        if self._watch is not None and self._taken_at < self._count:
            self._take(watch=True)
            if self._history.was_refuted and self._watch.has_budget(self._count):
                self._until += 1
                return self._watch_on
        if (
            self._watch is not None
            and self._watch.has_budget(self._count)
            and self._history.begin_anew_if_moved()
        ):
            self._loops, self._taken = self._count - self._watched_from, _FEWEST_SNAPSHOTS
            self._watch = None
            return self._run_loops()
        self._watch = None
        if not self._has_watched and self._history.is_without_leak():
            # A leak beside it may come rarely, or be of memory, and be none that a cache took.
            self._has_watched = True
            return self._start_probe()
        return self._end_watch()

    def _end_watch(self) -> Phase:
        if self._trace:
            self._take(watch=True)
        if self._block_lines is not None:
            # Not before: what a comparison leaves behind itself would be growth.
            self._block_lines.end()
        return self._start_trace() if self._trace else self._start_calls()

    def _start_trace(self) -> Phase:
        from heapgraph._growth_lines import InsertingLines

        self._lines = InsertingLines(self._history)
        self._lines.begin()
        self._until += _TRACED_ITERATIONS
        return self._end_trace

    def _end_trace(self) -> Phase:
        if self._lines is not None:
            self._lines.end()
        self._take(watch=False)
        return self._start_calls()

    def _start_calls(self) -> Phase:
        """Find the calls that make something grow which ends in compiled code."""
        from heapgraph._growth_calls import CallSearch

        # While all that the last snapshot has seen is still there.
        self._report = self._explained()
        if self._iterations == 0:
            return None
        self._calls = CallSearch(
            self._report, self.machine, self._seconds, self._time.ends_at, self._iterations
        )
        return self._search_calls()

    def _search_calls(self) -> Phase:
        if self._calls is not None and self._calls.goes_on():
            self._until += 1
            return self._search_calls
        return None

    def _rises(self) -> bool:
        return self._history.rising_count() > 0

    def _is_time_short(self) -> bool:
        return self._taken + 1 >= _FEWEST_SNAPSHOTS and self._time.is_short()

    def _take(self, *, watch: bool) -> None:
        """Take a snapshot when everything has settled."""
        begin = self.machine.seconds()
        self._moments.take(self._count, watch=watch)
        self._taken += 1
        self._taken_at = self._count
        self._time.snapshot_seconds = self.machine.seconds() - begin
        self._time.begin_loops()

    def _explained(self) -> _core.GrowthReport:
        """The report, with the places in the source that are known."""
        from heapgraph._growth_lines import allocating_lines
        from heapgraph._growth_places import location_of

        inserted = {} if self._lines is None else self._lines.by_path()
        of_blocks = [] if self._block_lines is None else self._block_lines.lines
        report = self._history.report()
        sources = {
            row.path: (
                location_of(row.path),
                inserted.get(row.path, []),
                of_blocks if row.kind == "blocks" else allocating_lines(row),
            )
            for row in [*report.growing, *report.undecided, *report.bounded]
        }
        return report.with_sources(sources)

    def _enable_collector(self) -> None:
        if self._enables_collector:
            self._enables_collector = False
            gc.enable()
