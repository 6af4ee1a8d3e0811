"""Finds the calls into compiled code that make something grow which the heap does not explain."""

from __future__ import annotations

import gc
import sys
from _tracemalloc import is_tracing
from time import thread_time

from heapgraph import _core
from heapgraph._call_findings import Findings
from heapgraph._call_measures import (
    Blocks,
    Bytes,
    BytesInUse,
    NewObjects,
    References,
    TracedBlocks,
    UnexplainedNewObjects,
    UnexplainedReferences,
)
from heapgraph._call_watch import CallWatch, full_name
from heapgraph._growth_lines import staying_since

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Generator
    from tracemalloc import StatisticDiff
    from typing import TypeAlias

    from heapgraph._call_findings import Staying
    from heapgraph._call_watch import Measure, Place
    from heapgraph._machine import Machine

    Sentences: TypeAlias = Generator[None, None, list[str]]

_ITERATIONS = 20
"""So often the scenario runs for each question, if it may."""

_FEWEST = 5
"""So many iterations tell something, and run even where one takes long."""

_WARM_UP = 2
"""Iterations after which the interpreter has made what it needs to tell of events."""

_MOST_ROWS = 3
"""Rows of a report that are looked into."""

_SHARE_OF_SECONDS = 8
"""One part in so many of the seconds of the watch is spent; two, where one iteration takes long."""

_FEW_RUNS = 50
"""Of so many calls or lines in an iteration all are measured exactly; of more those that rise."""

_TOO_LONG = "watching the calls into compiled code took too long: allow more seconds"

_END = object()


class CallSearch:
    """Looks for the calls while a scenario runs on, as long as `goes_on` is true.

    Attributes:
        report: The report that was given; in the end it names the calls.
    """

    def __init__(
        self,
        report: _core.GrowthReport,
        machine: type[Machine],
        seconds: float,
        last: float,
        iterations: int = _ITERATIONS,
    ) -> None:
        """Look into the rows of `report`.

        Args:
            report: What grows.
            machine: What time is read off.
            seconds: Those of the watch, of which a share is spent.
            last: When they are over, by the clock of the machine; what begins later has less.
            iterations: So often the scenario runs for each question, and a few times before.
        """
        self.report = report
        self._machine = machine
        self._most = min(iterations, _ITERATIONS)
        self._fewest = min(_FEWEST, self._most)
        self._asked_at, self._share = machine.seconds(), seconds / _SHARE_OF_SECONDS
        begin = min(self._asked_at, last)
        self._ends_at, self._stops_at = begin + self._share, begin + 2 * self._share
        self._is_too_late = False
        self._plain = 0
        self._missing: list[str] = []
        self._search = self._look_into_rows()

    def goes_on(self) -> bool:
        """Whether the scenario is to run once more; asked before each iteration."""
        return next(self._search, _END) is not _END

    def close(self) -> None:
        """Take away all that watches."""
        self._search.close()

    def _look_into_rows(self) -> Generator[None, None, None]:
        rows = [*self.report.growing, *self.report.remarks]
        compiled = [number for number, row in enumerate(rows) if _ends_in_compiled_code(row)]
        if not compiled:
            return
        calls: list[list[str]] = [[] for _ in rows]
        is_enabled = gc.isenabled()
        gc.disable()
        try:
            for number in compiled[:_MOST_ROWS]:
                calls[number] = yield from self._look_into(rows[number])
        finally:
            if is_enabled:
                gc.enable()
        missing = list(dict.fromkeys(self._missing))
        self.report = self.report.with_calls(calls, missing)

    def _look_into(self, row: _core.GrowingPath) -> Sentences:
        if row.kind == "blocks":
            return (yield from self.blocks())
        if row.kind == "native":
            return (yield from self.bytes())
        target = _held_by(row)
        if target is None:
            return []
        if row.kind == "references":
            return (yield from self.references(target))
        return (yield from self.new_objects(type(target)))

    # Each of these gives sentences, and yields where the scenario is to run.

    def references(self, target: object) -> Sentences:
        """The calls that take references to an object."""
        kind = type(target)
        what = f"the class {full_name(target)}" if issubclass(kind, type) else full_name(kind)  # type: ignore[arg-type]
        return (yield from self._taken(References(target), UnexplainedReferences(target), what))

    def new_objects(self, kind: type) -> Sentences:
        """The calls that take references to objects of a type, other ones in each iteration."""
        measure, unexplained = NewObjects(kind), UnexplainedNewObjects(kind)
        return (yield from self._taken(measure, unexplained, full_name(kind)))

    def blocks(self) -> Sentences:
        """The calls that allocate blocks which stay."""
        starts_tracing = not is_tracing()
        if starts_tracing and not _is_only_thread():
            # Nobody must stop `tracemalloc` while another thread allocates.
            rate = yield from self._rate(Blocks())
            found = yield from self._watched(Blocks(), rate=rate)
            return found.allocating("block")
        import tracemalloc

        if starts_tracing:
            tracemalloc.start()
        try:
            # What is let go of later is to be known as well, or what takes its place seems to stay.
            yield from self._rate(Blocks())
            before = tracemalloc.take_snapshot()
            rate = yield from self._rate(Blocks())
            is_enough = self._plain >= self._fewest
            staying = self._by_line(staying_since(before)) if is_enough else {}
            found = yield from self._watched(TracedBlocks(), rate=rate)
        finally:
            if starts_tracing:
                tracemalloc.stop()
        return found.allocating_on(staying) or found.allocating("block")

    def bytes(self) -> Sentences:
        """The calls that allocate bytes of the C allocator which stay."""
        rate = yield from self._rate(BytesInUse())
        for lines in (False, True):
            rough = yield from self._watched(Bytes(), lines=lines, rate=rate)
            if not rough.rises:
                return []
            only = rough.places if rough.runs > _FEW_RUNS * rough.iterations else None
            exact = yield from self._watched(BytesInUse(), lines=lines, only=only, rate=rate)
            sentences = exact.allocating("byte")
            if sentences:
                return sentences
        return []

    def _rate(self, measure: Measure) -> Generator[None, None, float]:
        """How much comes in an iteration while nothing watches, and stays."""
        # The lists of free objects, which the interpreter keeps, are emptied by that.
        gc.collect()
        measure.rest()
        self._plain = 0
        while self._runs_on(self._plain):
            yield
            self._plain += 1
        gc.collect()
        return sum(measure.change().values()) / max(1, self._plain)

    def _taken(self, measure: Measure, unexplained: Measure, what: str) -> Sentences:
        for lines in (False, True):
            rough = yield from self._watched(measure, lines=lines)
            sentences = rough.losing(what)
            if sentences or not rough.rises:
                return sentences
            # A container that is given the object, or a result that holds it, takes one rightly.
            exact = yield from self._watched(
                unexplained, lines=lines, only=rough.places, rate=rough.rate
            )
            sentences = exact.taking(what, is_only_thread=_is_only_thread())
            if sentences:
                return sentences
        return []

    def _watched(
        self,
        measure: Measure,
        *,
        lines: bool = False,
        only: Collection[Place] | None = None,
        rate: float | None = None,
    ) -> Generator[None, None, Findings]:
        """Watch all calls, or `only` some; `rate` is how much stays in an iteration, if known."""
        ends_at = thread_time() + 2 * self._share
        watch = CallWatch(measure, lines=lines, only=only, ends_at=ends_at)
        if only is not None and not only:
            return Findings(watch, 0)
        if not self._runs_on(0):
            self._missing.append(_TOO_LONG)
            return Findings(watch, 0)
        obstacle = watch.begin()
        if obstacle is not None:
            self._missing.append(f"the calls into compiled code were not watched: {obstacle}")
            return Findings(watch, 0)
        try:
            done = -_WARM_UP
            while not watch.is_stopped and self._runs_on(done):
                if done == 0:
                    watch.forget()
                gc.collect(0)
                watch.begin_iteration()
                yield
                watch.end_iteration()
                done += 1
        finally:
            watch.end()
        if watch.is_stopped or done < self._fewest:
            self._missing.append(_TOO_LONG)
            return Findings(watch, 0)
        return Findings(watch, watch.iterations, rate)

    def _by_line(self, changes: list[StatisticDiff]) -> Staying:
        """Blocks and bytes that stay in an iteration, by file and line."""
        rates = {}
        for change in changes:
            place = change.traceback[0].filename, change.traceback[0].lineno
            rates[place] = change.count_diff / self._plain, change.size_diff / self._plain
        return rates

    def _runs_on(self, done: int) -> bool:
        """Whether one more iteration is to be run, of a question for which some are done."""
        now = self._machine.seconds()
        lasted, self._asked_at = now - self._asked_at, now
        # It takes as long as the last one. Once given up, nothing begins anew.
        self._is_too_late = self._is_too_late or now + lasted > self._stops_at
        is_wanted = done < self._fewest or (done < self._most and now <= self._ends_at)
        return is_wanted and not self._is_too_late


def _ends_in_compiled_code(row: _core.GrowingPath) -> bool:
    return row.kind in ("references", "outside", "blocks") or row.type_name == "leak"


def _is_only_thread() -> bool:
    # Asking for frames beside another interpreter crashes; blocks are not counted there either.
    if _core.allocated_blocks() is None:
        return False
    # Those that `threading` does not know are among them.
    return len(sys._current_frames()) == 1  # noqa: SLF001 - documented


def _held_by(row: _core.GrowingPath) -> object:
    """The object that a row is about, or one of many."""
    if row.holder is None:
        return None
    found = _core.objects_at({row.holder.address})
    return found[0] if found else None
