"""What a snapshot costs to take with names, to save and to load.

    python benches/snapshots.py [TRACKED_OBJECTS]

Seconds depend on the machine and its other work; so the steps take turns, and what is printed
beside the seconds are multiples of a snapshot without names. The heap is that of
`fixtures/heaps/mixed_records.py`, 1.7 million tracked objects unless told otherwise.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from heapgraph import load_snapshot, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records

ROUNDS = 7


def main() -> None:
    """Build the heap and print the table."""
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_700_000
    gc.disable()
    heap = mixed_records.build(tracked)
    snapshot = take_snapshot()
    print(f"CPython {sys.version.split()[0]}, {snapshot.metadata['platform']}")
    print(f"{snapshot.node_count:,} objects and {snapshot.edge_count:,} references")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "heap.parquet"
        steps: dict[str, Callable[[], object]] = {
            "gc.collect()": gc.collect,
            "take_snapshot(names=False)": lambda: take_snapshot(collect=False, names=False),
            "take_snapshot()": lambda: take_snapshot(collect=False),
            "save": lambda: snapshot.save(file),
            "load_snapshot": lambda: load_snapshot(file),
        }
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(ROUNDS):
            for name, step in steps.items():
                seconds[name].append(seconds_of(step))
        print(f"file of {file.stat().st_size / 1e6:.0f} MB\n")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        ratio = median / medians["take_snapshot(names=False)"]
        print(f"{name:28}{median:7.2f} s{ratio:8.2f}x{min(seconds[name]):11.2f} s at best")
    del heap


def seconds_of(step: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    step()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
