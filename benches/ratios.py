"""What heapgraph's questions cost, as multiples of one `gc.collect()` of the same heap.

    python benches/ratios.py [TRACKED_OBJECTS]

Seconds depend on the machine and its other work; so every question takes turns with a collection,
and what is printed is the ratio of the two medians. The heap is that of
`fixtures/heaps/mixed_records.py`, one million tracked objects unless told otherwise.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import objgraph

import heapgraph
from heapgraph._core import CapturedHeap

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records

ROUNDS = 7


def main() -> None:
    """Build the heap and print the table."""
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gc.disable()
    heap = mixed_records.build(tracked)
    captured = CapturedHeap()
    nodes, edges = captured.node_count, captured.edge_count
    del captured
    print(f"CPython {sys.version.split()[0]}, {len(gc.get_objects()):,} tracked objects")
    print(f"{nodes:,} objects and {edges:,} references captured")
    print("times are multiples of one gc.collect(), medians of turns\n")
    print(f"{'':36}{'time':>8}{'peak memory':>14}{'left':>12}   (bytes for each object captured)")
    row("capture", CapturedHeap, nodes)
    row("objgraph.typestats()", objgraph.typestats, nodes)
    row("heapgraph.typestats()", heapgraph.typestats, nodes)
    row("objgraph.growth()", objgraph.growth, nodes)
    row("heapgraph.growth()", heapgraph.growth, nodes)
    row("objgraph.find_backref_chain(thin)", chain_to(objgraph, mixed_records.thin(heap)), nodes)
    for target in (mixed_records.thin, mixed_records.mid, mixed_records.hub):
        name = f"heapgraph.find_backref_chain({target.__name__})"
        row(name, chain_to(heapgraph, target(heap)), nodes)
    print("\nobjgraph is not asked for mid and hub: it needs minutes to hours.")
    print(f"import heapgraph: {import_milliseconds():.0f} ms more than a bare interpreter")


def row(name: str, question: Callable[[], object], nodes: int) -> None:
    """Measure a question in turns with a collection, and print the ratio."""
    collections, questions = [], []
    before = resident_kib(peak=False)
    resident_kib(peak=True, reset=True)
    for _ in range(ROUNDS):
        collections.append(seconds_of(gc.collect))
        questions.append(seconds_of(question))
    ratio = statistics.median(questions) / statistics.median(collections)
    peak = (resident_kib(peak=True) - before) * 1024 / nodes
    left = (resident_kib(peak=False) - before) * 1024 / nodes
    print(f"{name:36}{ratio:7.2f}x{peak:14.1f}{left:12.1f}", flush=True)


def seconds_of(question: Callable[[], object]) -> float:
    """Processor time of one call."""
    begin = time.process_time()
    question()
    return time.process_time() - begin


def chain_to(finder: Any, target: object) -> Callable[[], object]:  # noqa: ANN401 - two packages
    """The search for the chain that keeps the target alive, by one of the two packages."""
    return lambda: finder.find_backref_chain(target, finder.is_proper_module)


def import_milliseconds() -> float:
    """How much longer an interpreter runs that imports heapgraph, median of turns."""

    def run(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    runs = [run("import heapgraph") - run("pass") for _ in range(ROUNDS)]
    return statistics.median(runs) * 1000


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
