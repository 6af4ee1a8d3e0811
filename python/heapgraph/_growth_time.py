"""The seconds of a search for growth, and what still fits into them."""

from __future__ import annotations

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapgraph._machine import Machine


class SearchTime:
    """How long the iterations and snapshots of a search take, and when its seconds are over.

    Attributes:
        ends_at: When they are over, by the clock of the machine.
        snapshot_seconds: How long the last snapshot has taken.
    """

    __slots__ = ("_begun_at", "_machine", "ends_at", "snapshot_seconds")

    def __init__(self, machine: type[Machine]) -> None:
        """Read time off `machine`."""
        self._machine = machine
        self.ends_at = self.snapshot_seconds = self._begun_at = 0.0

    def begin(self, seconds: float) -> None:
        """So many seconds begin."""
        self.ends_at = self._machine.seconds() + seconds
        # Numbers of their own from now on: one that comes between two looks at the heap is growth.
        self.snapshot_seconds = 0.0 * seconds
        self.begin_loops()

    def begin_loops(self) -> None:
        """The iterations before a snapshot begin."""
        self._begun_at = self._machine.seconds()

    def ends_loops(self, done: int, *, is_first: bool) -> bool:
        """Whether the snapshot is due after so many iterations, as another one takes too long.

        The first snapshot leaves half of the time for the second.
        """
        if done == 0:
            return False
        now = self._machine.seconds()
        last = self.ends_at - 2 * self.snapshot_seconds
        if is_first:
            last = (self._begun_at + last) / 2
        return now + (now - self._begun_at) / done > last

    def is_short(self, times: int = 1) -> bool:
        """Whether there is no time to do what was done since `begin_loops` so many times more.

        After it come three snapshots: one now, another, and one at the end of the watch.
        """
        now = self._machine.seconds()
        return now + times * (now - self._begun_at) + 3 * self.snapshot_seconds > self.ends_at
