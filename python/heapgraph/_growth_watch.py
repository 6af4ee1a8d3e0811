"""What rises, watched while the program runs on."""

from __future__ import annotations

import time

from heapgraph._growth_places import find_limits
from heapgraph._memory import resident_bytes

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph import _core

_LOOKS_AT_EACH = 200
"""So many iterations are all looked at; of those that follow one in each hundredth."""

_FIRST_CHECK = 50
"""What can not be looked at is counted in a snapshot after so many iterations, then three times as
many."""

_LEAST_SECONDS = 1.0
"""What rises now and then may do so by the clock, of which fast iterations show little: for so long
it is watched, however many iterations that takes."""

_MOST_MEMORY = 512 << 20
"""Bytes by which the process may grow meanwhile: a leak must not end the machine."""


class GrowthWatch:
    """Whether what rises goes on rising: until it has come to an end, or the budget is spent."""

    __slots__ = (
        "_end",
        "_ends_at",
        "_history",
        "_is_looked_at",
        "_is_of_memory",
        "_least_end",
        "_looked_at",
        "_next_check",
        "_next_look",
        "_next_size",
        "_resident",
        "_seconds",
        "_start",
        "_take",
    )

    def __init__(
        self,
        history: _core.GrowthHistory,
        take: Callable[[], object],
        start: int,
        iterations: int,
        seconds: float,
        *,
        is_of_memory: bool,
    ) -> None:
        """Begin after iteration `start`; `take` takes a snapshot for `history`.

        `is_of_memory` if memory rises, and nothing in the heap does.
        """
        for number, limit, source in find_limits(history.watched_objects()):
            history.set_limit(number, limit, source)
        self._history, self._take = history, take
        self._start, self._end = start, start + iterations
        begin = time.monotonic()
        self._seconds, self._ends_at = seconds, begin + seconds
        self._least_end = begin + min(seconds, _LEAST_SECONDS)
        self._looked_at = start
        self._next_look, self._next_check = start + 1, start + _FIRST_CHECK
        self._is_of_memory = is_of_memory
        # A question to all paths, not to be asked in each iteration.
        self._is_looked_at = not is_of_memory and history.unwatched_count == 0
        self._resident = resident_bytes()
        # What takes much is to be seen more than once before it is stopped.
        self._next_size = _MOST_MEMORY // 4

    def goes_on(self, iteration: int) -> bool:
        """Look after an iteration; whether another one is to be run."""
        if self._is_to_go_on(iteration):
            return True
        # The snapshot that follows is to find what was looked at last, or no look counts.
        if iteration != self._looked_at:
            self._history.look(iteration)
        return False

    def _is_to_go_on(self, iteration: int) -> bool:
        done = iteration - self._start
        if done and iteration >= self._next_look:
            self._next_look = iteration + max(1, (done - _LOOKS_AT_EACH) // 100 + 1)
            if self._is_settled(iteration):
                return False
        if resident_bytes() - self._resident > _MOST_MEMORY:
            self._end_early(
                f"after {done} iterations of {self._end - self._start} the process had "
                f"{_MOST_MEMORY >> 20} MiB more, and the scenario was stopped"
            )
            return False
        if iteration >= self._end:
            return time.monotonic() < self._least_end and self._history.rises_slowly()
        if time.monotonic() >= self._ends_at:
            self._end_early(
                f"the {self._seconds:g} seconds were over after {done} iterations of "
                f"{self._end - self._start}: allow more seconds"
            )
            return False
        return True

    def _is_settled(self, iteration: int) -> bool:
        history = self._history
        is_settled = history.look(iteration)
        self._looked_at = iteration
        if self._is_looked_at:
            return is_settled
        more = resident_bytes() - self._resident
        is_due = iteration >= self._next_check or self._next_size <= more <= _MOST_MEMORY
        if not is_due or iteration >= self._end:
            # A snapshot follows the end.
            return False
        self._next_check = self._start + 3 * (iteration - self._start)
        self._next_size = 2 * max(more, self._next_size // 2)
        self._take()
        is_settled = is_settled and history.unwatched_settled()
        return is_settled and (not self._is_of_memory or history.memory_settled())

    def _end_early(self, why: str) -> None:
        self._history.add_missing(why)
