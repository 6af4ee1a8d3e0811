"""What heapgraph's questions cost, as multiples of one `gc.collect()` of the same heap.

    python benches/ratios.py [TRACKED_OBJECTS]

Seconds depend on the machine; ratios taken in one run depend on it much less. The heap is that of
`fixtures/heaps/mixed_records.py`, one million tracked objects unless told otherwise.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import objgraph

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records

ROUNDS = 5


def main() -> None:
    """Build the heap and print the table."""
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gc.disable()
    heap = mixed_records.build(tracked)
    collect = median_seconds(gc.collect)
    print(f"CPython {sys.version.split()[0]}, {len(gc.get_objects()):,} tracked objects")
    print(f"one gc.collect(): {collect:.3f} s; below, multiples of it\n")
    print(f"{'':36}{'time':>8}{'peak MiB':>10}")

    def row(name: str, question: Callable[[], object]) -> None:
        before = resident_peak(reset=True)
        seconds = median_seconds(question)
        grown = (resident_peak() - before) / 1024
        print(f"{name:36}{seconds / collect:7.2f}x{grown:10.1f}")

    row("objgraph.typestats()", objgraph.typestats)
    row("heapgraph.typestats()", heapgraph.typestats)
    row("objgraph.growth()", objgraph.growth)
    row("heapgraph.growth()", heapgraph.growth)
    row("objgraph.find_backref_chain(thin)", lambda: chain_to(objgraph, mixed_records.thin(heap)))
    for target in (mixed_records.thin, mixed_records.mid, mixed_records.hub):
        row(
            f"heapgraph.find_backref_chain({target.__name__})",
            lambda target=target: chain_to(heapgraph, target(heap)),  # type: ignore[misc]
        )
    print("\nobjgraph is not asked for mid and hub: it needs minutes to hours.")


def chain_to(finder: object, target: object) -> list[object]:
    """The chain from a module to the target, found by one of the two packages."""
    return finder.find_backref_chain(target, finder.is_proper_module)  # type: ignore[attr-defined, no-any-return]


def median_seconds(question: Callable[[], object]) -> float:
    """The median of some rounds, in seconds of this process."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        question()
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds)


def resident_peak(*, reset: bool = False) -> int:
    """The peak of resident memory in KiB, since the last reset; 0 where there is no /proc."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
