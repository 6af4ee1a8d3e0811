"""A loop whose body is run again and again, to see what grows."""

from __future__ import annotations

import gc
import time

from heapgraph import _core
from heapgraph._arguments import check_number
from heapgraph._memory import allocated_since, used_memory
from heapgraph._object_text import type_name
from heapgraph._snapshots import take_snapshot

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import TypeAlias

    from typing_extensions import Self

    from heapgraph._growth_lines import BlockLines, InsertingLines
    from heapgraph._growth_watch import GrowthWatch

    Phase: TypeAlias = "Callable[[], Phase] | None"

_TRACED_ITERATIONS = 3

_PROBE_ITERATIONS = 100
_FEWEST_PROBED = 10
_PROBE_SECONDS = 0.1
"""For how long a scenario under which nothing rises runs on to see whether memory rises besides; a
slow one for as long as the fewest iterations take."""

_FEWEST_SNAPSHOTS = 2

_RUNS_ONCE = "a GrowthLoop runs once: make another for another scenario"

_BEFORE = 1 << 45
"""Where blocks and bytes are counted from: only changes mean something. An integer of which a few
more or less are of the same size: this loop may be in the heap that it compares."""


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
        self._settle = settle
        self._iterations = iterations
        self._seconds = seconds
        self._trace = trace
        self._ignore = [ignore] if isinstance(ignore, str) else list(ignore)
        self._history = _core.GrowthHistory(self._ignore)
        self._count = 0
        self._until = warmup
        self._phase: Callable[[], Phase] | None = None
        self._watch: GrowthWatch | None = None
        self._lines: InsertingLines | None = None
        self._block_lines: BlockLines | None = None
        self._probe: tuple[int, float, tuple[int, int], int] = (0, 0.0, (0, 0), 0)
        # No tuple that comes later.
        self._used_blocks, self._used_resident = _BEFORE, _BEFORE
        self._blocks, self._resident = _BEFORE, _BEFORE
        self._enables_collector = False
        self._is_open = False
        self._taken = 0
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
        if self._watch is not None and (kind is None or issubclass(kind, Exception)):
            # What was seen until now counts.
            self._watch = None
            self._history.look(self._count)
            self._take(watch=False)
        if self._lines is not None:
            self._lines.end()
        self._enable_collector()
        if was_left:
            why = "was left" if kind is None else f"ended with {type_name(kind)}"
            self._history.add_missing(
                f"the loop {why} after {self._count} iterations: let it run to its end"
            )
        elif self._taken >= _FEWEST_SNAPSHOTS:
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
        return self

    def __next__(self) -> int:
        """Do what is due between two iterations, and give the number of the next."""
        # Not a generator: that would be an object of the heap in which things come and go.
        while self._count >= self._until:
            if self._phase is None:
                raise StopIteration
            self._phase = self._phase()
        self._count += 1
        return self._count

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

        self._until += self._loops
        return self._compare

    def _compare(self) -> Phase:
        is_last = self._taken + 1 == self._snapshots
        self._take(watch=is_last)
        changes = self._taken == 1 or self._rises() or self._history.is_draining()
        if changes and not is_last:
            self._until += self._loops
            return self._compare
        if self._rises():
            return self._start_watch()
        if self._history.is_much_garbage():
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
        # Memory that rises with what is ignored says nothing.
        if self._iterations == 0 or self._history.only_ignored_rises():
            return self._end_probe(is_more=False)
        self._probe = (
            self._count,
            time.monotonic() + _PROBE_SECONDS,
            used_memory(),
            _core.allocated_bytes(),
        )
        return self._probe_memory

    def _probe_memory(self) -> Phase:
        start, ends_at, (blocks, resident), given_out = self._probe
        done, now = self._count - start, time.monotonic()
        is_short = done < _FEWEST_PROBED and now < ends_at - _PROBE_SECONDS + self._seconds
        goes_on = is_short or (done < _PROBE_ITERATIONS and now < ends_at)
        if goes_on and done < self._iterations:
            self._until += 1
            return self._probe_memory
        if done < _FEWEST_PROBED:
            self._history.add_missing(
                f"so few iterations as {done} do not show whether memory rises besides: allow more "
                "iterations and seconds"
            )
            return self._end_probe(is_more=False)
        gc.collect()
        more_blocks, more_bytes = used_memory()
        is_more = self._history.is_more_memory(
            done, more_blocks - blocks, more_bytes - resident, allocated_since(given_out)
        )
        return self._end_probe(is_more=is_more)

    def _end_probe(self, *, is_more: bool) -> Phase:
        return self._start_watch(is_of_memory=True) if is_more else None

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
            self._take(watch=True)
        self._watch = GrowthWatch(
            self._history,
            lambda: self._take(watch=True),
            self._count,
            self._iterations,
            self._seconds,
            is_of_memory=is_of_memory,
        )
        return self._watch_on()

    def _watch_on(self) -> Phase:
        if self._watch is not None and self._watch.goes_on(self._count):
            self._until += 1
            return self._watch_on
        self._watch = None
        self._take(watch=self._trace)
        if self._block_lines is not None:
            # Not before: what a comparison leaves behind itself would be growth.
            self._block_lines.end()
        return self._start_trace() if self._trace else None

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
        return None

    def _rises(self) -> bool:
        return self._history.rising_count() > 0

    def _take(self, *, watch: bool) -> None:
        """Take a snapshot when everything has settled."""
        garbage = self._let_settle()
        # What the snapshots themselves take is no growth of the program.
        blocks, resident = used_memory()
        if self._taken:
            self._blocks += blocks - self._used_blocks
            self._resident += resident - self._used_resident
        # No tuple of these: nothing but this frame, which is not seen, would hold it.
        self._history.take(
            self._count, max(0, self._blocks), max(0, self._resident), garbage, watch
        )
        self._used_blocks, self._used_resident = used_memory()
        self._taken += 1

    def _let_settle(self) -> int:
        """Let the program come to rest; give the number of objects that were garbage."""
        if callable(self._settle):
            self._settle()
        elif self._settle > 0:
            time.sleep(self._settle)
        garbage = gc.collect()
        if garbage:
            # What was finalized only then.
            gc.collect()
        return garbage

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
            for row in [*report.growing, *report.bounded]
        }
        return report.with_sources(sources)

    def _enable_collector(self) -> None:
        if self._enables_collector:
            self._enables_collector = False
            gc.enable()
