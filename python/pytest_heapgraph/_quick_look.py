"""Whether a test has left anything at all, told by a few counts around one more run of it."""

from __future__ import annotations

import gc
from array import array
from typing import TYPE_CHECKING

from heapgraph._core import allocated_blocks, count_tracked
from heapgraph._memory import empty_free_lists, forget_lookups

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_RUNS = 3
"""So many runs may each leave something, as the first uses of caches do, before all of the heap is
looked at."""

_COUNTS = 3
"""Blocks of memory, tracked objects, and the references in lists, tuples, dicts and sets."""


def leaves_nothing(run: Callable[[], object]) -> bool:
    """Run a test that has run once again, until a run leaves every count as it was.

    Nearly always that is the first one. Equal counts are asked for, and not smaller ones: what is
    gone could hide what has come.

    Returns:
        False if each of a few runs has changed a count.

    Cost: a full collection, a collection of the young objects after each run, and passes over the
    tracked objects before and after.
    """
    before, after = array("q", [0] * _COUNTS), array("q", [0] * _COUNTS)
    gc.collect()
    _count(before)
    # No iterator: it would be one object more than before the first run.
    runs = 0
    while runs < _MOST_RUNS:
        run()
        # What has just come, and is not most of a heap.
        gc.collect(1)
        _count(after)
        if before != after:
            # A cycle that the collector has met while it was alive, or that was there before.
            gc.collect()
            _count(after)
        if before == after:
            return True
        before, after = after, before
        runs += 1
    return False


def _count(counts: array[int]) -> None:
    """Count what is there; nothing that is made here is there for the next count to see."""
    forget_lookups()
    empty_free_lists()
    # Not to be counted beside another interpreter.
    counts[0] = allocated_blocks() or 0
    counts[1], counts[2] = count_tracked()
