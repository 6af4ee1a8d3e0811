"""What the process says of its memory."""

from __future__ import annotations

import gc
import sys

from heapgraph import _core

if hasattr(sys, "_clear_internal_caches"):
    forget_lookups = sys._clear_internal_caches  # noqa: SLF001 - documented, for the search of leaks
else:
    forget_lookups = sys._clear_type_cache  # noqa: SLF001 - as above


def used_memory() -> tuple[int, int]:
    """Blocks that the interpreter has given out, and resident bytes.

    What the C allocator keeps free is given back before, where that is possible: a leak would use
    it up first, and not be seen. So are the objects that the interpreter keeps to use again, and
    the names that were looked up on types, of which it keeps up to 4,096: they come slowly, as a
    leak does.
    Where the system has no `/proc` the second is what that allocator has given out.
    """
    forget_lookups()
    empty_free_lists()
    _core.give_back_free_memory()
    resident = _resident()
    # Not to be counted beside another interpreter.
    blocks = _core.allocated_blocks() or 0
    return blocks, _core.allocated_bytes() if resident is None else resident


def empty_free_lists() -> None:
    """Give back the tuples, lists, floats and others that the interpreter keeps to use again.

    A full collection does, and nothing else. It passes over objects that are frozen, and takes no
    time where all of them are.
    """
    if gc.get_freeze_count():
        # The program has frozen some, and `unfreeze` would mean all.
        gc.collect()
        return
    try:
        gc.freeze()
        gc.collect()
    finally:
        gc.unfreeze()


def allocated_since(before: int, now: int) -> int:
    """Bytes that the C allocator has given out between two readings, which are modulo 4 GiB."""
    return (now - before + (1 << 31)) % (1 << 32) - (1 << 31)


def resident_bytes() -> int:
    """Resident memory of the process, or the most it ever was."""
    import resource

    resident = _resident()
    if resident is not None:
        return resident
    # In bytes on macOS, in KiB elsewhere.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _resident() -> int | None:
    import resource

    try:
        # Not a `Path`: `pathlib` takes long to import. As bytes: a decoder is more to allocate.
        with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return None
