"""Whether memory rises of which the heap does not tell."""

from __future__ import annotations

import gc

from heapgraph import _core
from heapgraph._memory import allocated_since

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapgraph._machine import Machine

_NUMBERS = _core.growth_thresholds()
_ITERATIONS = int(_NUMBERS["PROBE_ITERATIONS"])
_FEWEST = int(_NUMBERS["FEWEST_PROBED"])
_SECONDS = _NUMBERS["PROBE_SECONDS"]
_BEFORE = 1 << 29


class MemoryProbe:
    """Compares the memory of the process before and after some iterations."""

    __slots__ = ("_blocks", "_ends_at", "_given_out", "_last", "_machine", "_most", "_resident")

    def __init__(self, machine: type[Machine]) -> None:
        """Read time and memory off `machine`, from `begin` on."""
        self._machine = machine
        # All that is there later, each a number of its own and of the same size: this may be in the
        # heap that is compared.
        self._most, self._last, self._ends_at = 0, 0.5, 1.5
        self._blocks, self._resident, self._given_out = _BEFORE, _BEFORE + 1, _BEFORE + 2

    def begin(self, most: int, last: float) -> None:
        """Begin.

        Args:
            most: So many iterations there may be.
            last: When they have to end, by the clock of the machine.
        """
        self._most, self._last = min(most, _ITERATIONS), last
        self._ends_at = self._machine.seconds() + _SECONDS
        self._blocks, self._resident = self._machine.used_memory()
        self._given_out = self._machine.allocated_bytes()

    def goes_on(self, done: int) -> bool:
        """Whether more are to be run; a slow scenario runs the fewest that tell anything."""
        ends_at = self._last if done < _FEWEST else self._ends_at
        return done < self._most and self._machine.seconds() < ends_at

    def is_enough(self, done: int) -> bool:
        """Whether so many iterations tell anything."""
        return done >= _FEWEST

    def is_more(self, done: int) -> bool:
        """Whether there is so much more memory that it is worth a closer look."""
        gc.collect()
        more_blocks, more_bytes = self._machine.used_memory()
        # From now on these are what there is more.
        self._resident = more_bytes - self._resident
        self._given_out = allocated_since(self._given_out, self._machine.allocated_bytes())
        return _core.GrowthHistory.is_more_memory(
            done, more_blocks - self._blocks, self._resident, self._given_out
        )

    def beyond_objects(self, done: int, history: _core.GrowthHistory) -> str | None:
        """Say that memory rises which no object explains; `None` where that may be noise.

        Nobody can tell what will become of it while something fills up.

        Args:
            done: How many iterations were probed, and were found to take more memory.
            history: Has a snapshot from before the probe and one from after it as its last two.
        """
        blocks, *sizes = history.beyond_objects(self._resident, self._given_out)
        if _core.GrowthHistory.is_more_memory(done, 0, *sizes):
            more = f"{max(sizes) / done:,.0f} bytes"
        elif _core.GrowthHistory.is_more_memory(done, blocks, 0, 0):
            more = f"{blocks / done:,.1f} blocks"
        else:
            return None
        return (
            f"memory rises besides by at least {more} in an iteration, which no object "
            "explains: it may belong to what still fills up, so run until that is full"
        )
