"""Fast and slow iterations in turn: what comes by the clock comes in either."""

from __future__ import annotations

from heapgraph import _core

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapgraph._machine import Machine

_NUMBERS = _core.growth_thresholds()
_SLOWER = _NUMBERS["SLOWER"]
_TURN_SECONDS = _NUMBERS["TURN_SECONDS"]
_LONGEST_PAUSE = _NUMBERS["LONGEST_PAUSE"]
_PACED_PART = _NUMBERS["PACED_PART"]


class Pace:
    """Whether what rises slowly comes with the iterations: until that is known.

    Turns are as long by a clock that never stands still: what comes by the clock comes also while
    the program waits for a processor, and fast iterations wait more than slow ones.

    Attributes:
        can_tell: Whether an iteration is short enough for slow ones to be waited for.
    """

    __slots__ = (
        "_begun_at",
        "_count",
        "_ends_at",
        "_history",
        "_is_slow",
        "_machine",
        "_pause",
        "_turn",
        "can_tell",
    )

    def __init__(
        self,
        history: _core.GrowthHistory,
        machine: type[Machine],
        begun_at: float,
        done: int,
        ends_at: float,
    ) -> None:
        """Begin with a fast turn where `can_tell`.

        Args:
            history: Has the containers that are watched.
            machine: Time is read off it.
            begun_at: When the watch has begun.
            done: How many iterations it had.
            ends_at: When time is over.
        """
        now = machine.seconds()
        self._history, self._machine = history, machine
        self._is_slow, self._begun_at = False, machine.seconds_on_the_wall()
        self._count = 0
        each = (now - begun_at) / max(done, 1)
        self._pause = (_SLOWER - 1) * each
        # As many fast iterations as one slow one takes, at least.
        self._turn = max(_TURN_SECONDS, _SLOWER * each)
        self._ends_at = min(ends_at, now + _PACED_PART * (now - begun_at))
        self.can_tell = self._pause <= _LONGEST_PAUSE
        if self.can_tell:
            history.begin_turns()

    def goes_on(self) -> bool:
        """Wait for the next iteration, if there is to be one."""
        now = self._machine.seconds_on_the_wall()
        self._count += 1
        took = now - self._begun_at
        if took >= self._turn:
            if self._history.end_turn(self._is_slow):
                return False
            if self._machine.seconds() >= self._ends_at:
                self._history.add_missing(
                    "so little came that it may come by the clock: allow more iterations and "
                    "seconds"
                )
                return False
            if not self._is_slow:
                # By what an iteration takes while the machine is as busy as now.
                self._pause = min((_SLOWER - 1) * took / self._count, _LONGEST_PAUSE)
            self._is_slow, self._begun_at, self._count = not self._is_slow, now, 0
        if self._is_slow:
            self._machine.sleep(self._pause)
        return True
