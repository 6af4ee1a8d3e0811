"""What it costs to find what grows, in snapshots without names of the same heap.

    python benches/growth.py [TRACKED_OBJECTS]

Seconds depend on the machine and its other work; so the questions take turns, and what is printed
is the ratio of the medians and of the best. The heap is that of `fixtures/heaps/mixed_records.py`,
one million tracked objects unless told otherwise. Last comes what a scenario under which nothing
grows takes in this process, with that heap and without it, and what the check of a test takes.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph
from heapgraph import _core
from heapgraph._asker import asker
from heapgraph.testing import assert_no_growth

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records

ROUNDS = 7


def main() -> None:
    """Build the heap and print what is measured."""
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    quiet = partial(heapgraph.find_growth, dict)
    quiet()
    small = min(seconds_of(quiet) for _ in range(ROUNDS))
    check = min(seconds_of(partial(assert_no_growth, dict)) for _ in range(ROUNDS))
    heap = mixed_records.build(tracked)
    captures, named, placed = [], [], []
    for _ in range(ROUNDS):
        history = _core.GrowthHistory([])
        take = partial(heapgraph.take_snapshot, collect=False)
        captures.append(seconds_of(partial(take, names=False)))
        named.append(seconds_of(take))
        placed.append(seconds_of(partial(history.take, 1, 0, 0, 0, False, asker())))
    count = heapgraph.take_snapshot(collect=False).node_count
    print(f"CPython {sys.version.split()[0]}, {count:,} objects captured")
    print("times are multiples of one snapshot without names, by medians and at best\n")
    report("a snapshot with names", named, captures)
    report("the same with its paths of names", placed, captures)
    large = min(seconds_of(quiet) for _ in range(3))
    print(
        f"\nfind_growth that finds nothing: {small / min(captures):.2f}x without that heap,", end=""
    )
    print(f" {large / min(captures):.2f}x with it ({small:.2f} s and {large:.2f} s)")
    print(f"the check of a test that finds nothing, without that heap: {check:.2f} s")
    del heap


def report(name: str, questions: list[float], captures: list[float]) -> None:
    """Print how a question compares with a capture."""
    by_medians = statistics.median(questions) / statistics.median(captures)
    at_best = min(questions) / min(captures)
    print(f"{name:36}{by_medians:8.2f}x{at_best:8.2f}x", flush=True)


def seconds_of(question: Callable[[], object]) -> float:
    """Processor time of one call."""
    gc.collect()
    begin = time.process_time()
    question()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
