"""The snapshots of a search for growth, with what the process says of its memory at each."""

from __future__ import annotations

import gc
import time

from heapgraph._asker import asker

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph import _core
    from heapgraph._machine import Machine

_BEFORE = 1 << 45
"""Where counting begins. A few more or less are of the same size: this may be in the heap."""


class Moments:
    """Takes snapshots for a history, each when everything has settled.

    What they take themselves is no growth of the program, and is not counted.
    """

    __slots__ = (
        "_blocks",
        "_history",
        "_is_first",
        "_machine",
        "_resident",
        "_settle",
        "_used_blocks",
        "_used_resident",
    )

    def __init__(
        self,
        history: _core.GrowthHistory,
        machine: type[Machine],
        settle: float | Callable[[], object],
    ) -> None:
        """Take none yet; memory is read off `machine`, and `settle` comes before each."""
        self._history, self._machine, self._settle = history, machine, settle
        self._is_first = True
        # Each a number of its own, as those that take their places are.
        self._used_blocks, self._used_resident = _BEFORE + 1, _BEFORE + 2
        self._blocks, self._resident = _BEFORE + 3, _BEFORE + 4

    def take(self, iteration: int, *, watch: bool) -> None:
        """Take one after an iteration; what rises in all is watched from now on if it is to be."""
        garbage = self.let_settle()
        blocks, resident = self._machine.used_memory()
        if not self._is_first:
            self._blocks += blocks - self._used_blocks
            self._resident += resident - self._used_resident
        self._is_first = False
        self._history.take(
            iteration, max(0, self._blocks), max(0, self._resident), garbage, watch, asker()
        )
        self._used_blocks, self._used_resident = self._machine.used_memory()

    def let_settle(self) -> int:
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
