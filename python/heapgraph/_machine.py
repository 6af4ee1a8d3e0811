"""What a search for growth reads off the machine: time and memory."""

from __future__ import annotations

import time

from heapgraph import _core
from heapgraph._memory import resident_bytes, used_memory


class Machine:
    """Time and memory of this process; tests put another class in its place.

    No object is made of it: that would be in the heap that is looked at.
    """

    @classmethod
    def seconds(cls) -> float:
        """Seconds of a clock that stands still while the thread waits for a processor.

        So a busy machine makes a search longer, and changes no verdict. Where the system does not
        tell how long the thread waits, the clock never stands still.
        """
        return time.monotonic() - _seconds_waited()

    @classmethod
    def seconds_on_the_wall(cls) -> float:
        """Seconds of a clock that never stands still."""
        return time.monotonic()

    @classmethod
    def sleep(cls, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)

    @classmethod
    def used_memory(cls) -> tuple[int, int]:
        """Blocks that the interpreter has given out and resident bytes, without what is free."""
        return used_memory()

    @classmethod
    def resident_bytes(cls) -> int:
        """Resident memory of the process."""
        return resident_bytes()

    @classmethod
    def allocated_bytes(cls) -> int:
        """Bytes that the C allocator has given out, modulo 4 GiB."""
        return _core.allocated_bytes()


def _seconds_waited() -> float:
    """For how long this thread was ready to run and did not."""
    try:
        # Not a `Path`: `pathlib` takes long to import. As bytes: a decoder is more to allocate.
        with open("/proc/thread-self/schedstat", "rb", buffering=0) as statistics:  # noqa: PTH123
            return int(statistics.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
