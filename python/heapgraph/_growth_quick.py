"""A loop that looks first whether anything has grown at all."""

from __future__ import annotations

from heapgraph._growth_loop import GrowthLoop
from heapgraph._recorders import Recorders

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from heapgraph import _core
    from heapgraph._growth_loop import Phase

_PROBES = 2
"""In so many probes memory has to rise: what is kept free and used again makes it rise in the first
one only."""


class QuickLoop(GrowthLoop):
    """A loop for tests, which are quiet nearly always: it ends early if nothing has grown.

    Before the first snapshot the heap is walked without names, as often as there are snapshots, or
    until nothing has grown between two walks. If something always has, the loop goes on as a
    `GrowthLoop` does. A walk takes a fifth of the time of a snapshot.

    Attributes:
        is_quiet: Whether nothing has grown; there is no report then.
    """

    is_quiet = False

    _walks = 0
    _probes = 0
    _recorders: Recorders | None = None

    def __iter__(self) -> Iterator[int]:
        """As that of `GrowthLoop`."""
        self._recorders = Recorders()
        return super().__iter__()

    def __next__(self) -> int:
        """As that of `GrowthLoop`; what was recorded in the first iteration only is kept."""
        if self._recorders is not None:
            if self._count == 1:
                self._recorders.note()
            self._recorders.forget()
        return super().__next__()

    @property
    def report(self) -> _core.GrowthReport:
        """As that of `GrowthLoop`; none if the loop is quiet."""
        if self.is_quiet:
            message = "nothing has grown, and no snapshot was taken that could be reported"
            raise RuntimeError(message)
        return super().report

    def _begin(self) -> Phase:
        # What tools of tests keep may grow.
        self._history.excuse_tools()
        self._moments.let_settle()
        self._walks += 1
        if not self._history.has_grown():
            return self._start_probe()
        # Two snapshots and what is before each of them are to follow.
        is_late = self._walks > 1 and self._time.is_short(times=3)
        if self._walks == self._snapshots or is_late:
            return super()._begin()
        self._time.begin_loops()
        self._until += self._loops
        return self._begin

    def _end_probe(self, *, is_more: bool) -> Phase:
        if self._taken:
            return super()._end_probe(is_more=is_more)
        self._probes += 1
        if is_more and self._probes == _PROBES:
            return super()._begin()
        self.is_quiet = not is_more
        return self._start_probe() if is_more else None
