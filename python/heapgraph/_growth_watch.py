"""What rises, watched while the program runs on."""

from __future__ import annotations

from heapgraph import _core
from heapgraph._growth_limits import find_limits
from heapgraph._growth_pace import Pace

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph._machine import Machine

_NUMBERS = _core.growth_thresholds()
_LOOKS_AT_EACH = int(_NUMBERS["LOOKS_AT_EACH"])
_FIRST_CHECK = int(_NUMBERS["FIRST_CHECK"])
_MOST_MEMORY = int(_NUMBERS["MOST_MEMORY"])
_SLOW_SECONDS = _NUMBERS["SLOW_SECONDS"]
_STRAIGHT_SECONDS = _NUMBERS["STRAIGHT_SECONDS"]


class GrowthWatch:
    """Whether what rises goes on rising: until that is known, or the budget is spent."""

    __slots__ = (
        "_begun_at",
        "_end",
        "_ends_at",
        "_history",
        "_is_looked_at",
        "_is_of_memory",
        "_least_end",
        "_looked_at",
        "_machine",
        "_next_check",
        "_next_look",
        "_next_size",
        "_pace",
        "_resident",
        "_start",
        "_straight_end",
        "_take",
    )

    def __init__(
        self,
        history: _core.GrowthHistory,
        take: Callable[[], object],
        machine: type[Machine],
        start: int,
        iterations: int,
        ends_at: float,
        *,
        is_of_memory: bool,
    ) -> None:
        """Begin after iteration `start`; `take` takes a snapshot for `history`.

        `ends_at` is when time is over, by the clock of `machine`; `is_of_memory` if memory rises
        and nothing in the heap does.
        """
        for number, limit, source in find_limits(history.watched_objects()):
            history.set_limit(number, limit, source)
        self._history, self._take, self._machine = history, take, machine
        self._start, self._end, self._ends_at = start, start + iterations, ends_at
        begin = machine.seconds()
        self._begun_at, self._least_end = begin, begin + _SLOW_SECONDS
        self._pace: Pace | None = None
        self._straight_end = begin + _STRAIGHT_SECONDS
        self._looked_at = start
        self._next_look = start + 1
        # Memory that rises is seen at three moments at least: two show what was needed once, too.
        self._next_check = start + min(_FIRST_CHECK, max(1, iterations // 2))
        self._is_of_memory = is_of_memory
        # A question to all paths, not to be asked in each iteration.
        self._is_looked_at = not is_of_memory and history.unwatched_count == 0
        self._resident = machine.resident_bytes()
        # What takes much is to be seen more than once before it is stopped.
        self._next_size = _MOST_MEMORY // 4

    def goes_on(self, iteration: int) -> bool:
        """Look after an iteration; whether another one is to be run."""
        if self._is_to_go_on(iteration, self._machine.seconds()):
            return True
        # The snapshot that follows is to find what was looked at last, or no look counts.
        if iteration != self._looked_at:
            self._history.look(iteration, False)
        return False

    def has_budget(self, iteration: int) -> bool:
        """Whether another iteration may be run."""
        return iteration < self._end and self._machine.seconds() < self._ends_at

    def _is_to_go_on(self, iteration: int, now: float) -> bool:
        done = iteration - self._start
        if done and iteration >= self._next_look:
            self._next_look = iteration + max(1, (done - _LOOKS_AT_EACH) // 100 + 1)
            if self._is_known(iteration, is_long=now >= self._straight_end):
                return False
        if self._machine.resident_bytes() - self._resident > _MOST_MEMORY:
            self._history.add_missing(
                f"after {done} iterations of {self._end - self._start} the process had "
                f"{_MOST_MEMORY >> 20} MiB more, and the scenario was stopped"
            )
            return False
        if iteration >= self._end:
            return self._is_to_be_paced(done, now)
        if now >= self._ends_at:
            self._history.cut_short()
            self._history.add_missing(
                f"the seconds were over after {done} iterations of {self._end - self._start}: "
                "allow more seconds"
            )
            return False
        return True

    def _is_to_be_paced(self, done: int, now: float) -> bool:
        """Whether more is needed than the iterations: what comes slowly may come by the clock."""
        if self._pace is not None:
            return self._pace.goes_on()
        if now >= self._ends_at or not self._history.rises_slowly():
            return False
        if now < self._least_end:
            return True
        self._pace = Pace(self._history, self._machine, self._begun_at, done, self._ends_at)
        return self._pace.can_tell

    def _is_known(self, iteration: int, *, is_long: bool) -> bool:
        history = self._history
        is_known = history.look(iteration, is_long)
        self._looked_at = iteration
        if self._is_looked_at and not history.has_replaced:
            return is_known
        more = self._machine.resident_bytes() - self._resident
        is_due = iteration >= self._next_check or self._next_size <= more <= _MOST_MEMORY
        if not is_due or iteration >= self._end:
            # A snapshot follows the end.
            return False
        self._next_check = self._start + 3 * (iteration - self._start)
        self._next_size = 2 * max(more, self._next_size // 2)
        self._take()
        is_known = is_known and history.unwatched_settled(is_long)
        return is_known and (not self._is_of_memory or history.memory_settled())
