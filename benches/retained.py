"""What it costs to know what every object retains and why one is alive, in `gc.collect()`s.

    python benches/retained.py [TRACKED_OBJECTS]

Seconds depend on the machine and its other work; so the questions take turns with a collection, and
what is printed is the ratio of the medians and of the best. The heap is that of
`fixtures/heaps/mixed_records.py`, one million tracked objects unless told otherwise.

Where guppy3 and pympler are installed, the one is asked once what one object retains and once for
the shortest paths to it, the other once how large the records are with all that they refer to.
guppy3 takes no snapshot first: its shortest paths compare with a snapshot and `why` together.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapgraph import HeapSnapshot, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records

ROUNDS = 9


def main() -> None:
    """Build the heap and print what is measured."""
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gc.disable()
    heap = mixed_records.build(tracked)
    collections, snapshots, questions, explanations = [], [], [], []
    address = id(mixed_records.hub(heap))
    for _ in range(ROUNDS):
        begin = time.process_time()
        snapshot = take_snapshot(collect=False, names=True)
        snapshots.append(time.process_time() - begin)
        collections.append(seconds_of(gc.collect))
        questions.append(seconds_of(partial(retained_sizes, snapshot)))
        explanations.append(seconds_of(partial(snapshot.why, address)))
    print(f"CPython {sys.version.split()[0]}, {len(gc.get_objects()):,} tracked objects")
    print(f"{snapshot.node_count:,} objects and {snapshot.edge_count:,} references captured")
    print("times are multiples of one gc.collect(), by medians and at best\n")
    report("heapgraph: snapshot with names", snapshots, collections)
    report("heapgraph: retained sizes of all", questions, collections)
    report("heapgraph: then, why is one alive", explanations, collections)
    report_memory()
    report_others(heap, collections)


def retained_sizes(snapshot: HeapSnapshot) -> None:
    """Make the dominator tree and the retained size and count of every object."""
    snapshot.retained_size(sys)


def report(name: str, questions: list[float], collections: list[float]) -> None:
    """Print how a question compares with a collection."""
    by_medians = statistics.median(questions) / statistics.median(collections)
    at_best = min(questions) / min(collections)
    print(f"{name:36}{by_medians:8.2f}x{at_best:8.2f}x", flush=True)


def report_memory() -> None:
    """Print the memory that the question needs on top of the snapshot, where there is a /proc."""
    snapshot = take_snapshot(collect=False, names=False)
    give_back_free_memory()
    before = resident_kib(peak=False)
    resident_kib(peak=True, reset=True)
    retained_sizes(snapshot)
    peak = (resident_kib(peak=True) - before) * 1024 / snapshot.node_count
    give_back_free_memory()
    left = (resident_kib(peak=False) - before) * 1024 / snapshot.node_count
    print(f"memory: {peak:.1f} bytes for each object at most, {left:.1f} kept with the snapshot")


def report_others(heap: ModuleType, collections: list[float]) -> None:
    """Ask the other packages about one object, or say that they are not installed."""
    questions: dict[str, tuple[str, Callable[[Any], object]]] = {
        "guppy3: domisize of one": (
            "guppy",
            lambda guppy: guppy.hpy().iso(mixed_records.hub(heap)).domisize,
        ),
        "guppy3: shortest paths to one": (
            "guppy",
            lambda guppy: str(guppy.hpy().iso(mixed_records.hub(heap)).shpaths),
        ),
        "pympler: asizeof of all records": ("pympler.asizeof", lambda p: p.asizeof(heap.buckets)),
    }
    for name, (package, question) in questions.items():
        try:
            module = importlib.import_module(package)
        except ImportError:
            print(f"{name:36} not installed")
            continue
        report(name, [seconds_of(partial(question, module))], collections)


def seconds_of(question: Callable[[], object]) -> float:
    """Processor time of one call."""
    begin = time.process_time()
    question()
    return time.process_time() - begin


def give_back_free_memory() -> None:
    """Let the C library return to the system what is not in use, where it can."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_kib(*, peak: bool, reset: bool = False) -> int:
    """Resident memory in KiB, or its peak since the last reset; 0 where there is no /proc."""
    name = "VmHWM" if peak else "VmRSS"
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))


if __name__ == "__main__":
    main()
