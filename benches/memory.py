"""What heapgraph's questions take of memory while they are answered, for heaps of several shapes.

    python benches/memory.py [OBJECTS]

Every question is asked in a process of its own. What is printed is how far its resident memory
rises meanwhile, for each object and for each reference, to compare with the figures in the sources:
`src/capture/memory.rs`, `src/analysis/memory.rs`, `src/snapshot/reader/footer.rs` and
`src/snapshot/writer/memory.rs`. The last column is what stays resident once the answer is dropped.
Linux only. Half a million containers unless told otherwise.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph
from heapgraph._core import CapturedHeap, give_back_free_memory

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "heaps"))

import mixed_records


class Record:
    """An object with attributes."""

    def __init__(self, number: int) -> None:
        """Give it some."""
        self.number = number
        self.text = str(number)
        self.items = [number]


SHAPES: dict[str, Callable[[int], object]] = {
    "one list": lambda count: [None] * (20 * count),
    "dicts of numbers": lambda count: [{number: [number]} for number in range(count)],
    "dicts of texts": lambda count: [{f"key {number}": [number]} for number in range(count)],
    "tuples": lambda count: [(number, (number, str(number))) for number in range(count)],
    "instances": lambda count: [Record(number) for number in range(count)],
    "records": mixed_records.build,
}

QUESTIONS: dict[str, Callable[[heapgraph.HeapSnapshot, str, object], object]] = {
    "retained_size": lambda snapshot, _, keep: snapshot.retained_size(id(keep)),
    "owners": lambda snapshot, _, __: snapshot.owners(),
    "retained_by_type": lambda snapshot, _, __: snapshot.retained_by_type(),
    "suspects": lambda snapshot, _, __: str(snapshot.suspects()),
    "why": lambda snapshot, _, __: str(snapshot.why("list")),
    "cycles": lambda snapshot, _, __: str(snapshot.cycles()),
    "garbage": lambda snapshot, _, __: str(snapshot.garbage()),
    "unexplained": lambda snapshot, _, __: str(snapshot.unexplained()),
    "find_chain": lambda snapshot, _, keep: str(snapshot.find_chain(id(keep))),
    "diff": lambda snapshot, _, __: str(snapshot.diff(snapshot)),
    "placement": lambda snapshot, _, __: heapgraph.find_growth_in([snapshot, snapshot]),
    "save": lambda snapshot, path, _: snapshot.save(path),
}

LIVE: dict[str, Callable[[object], object]] = {
    "walk": lambda _: CapturedHeap(),
    "find_backref_chain": lambda keep: heapgraph.find_backref_chain(
        keep, heapgraph.is_proper_module
    ),
    "get_leaking_objects": lambda _: len(heapgraph.get_leaking_objects()),
    "snapshot, names=False": lambda _: heapgraph.take_snapshot(names=False),
    "snapshot": lambda _: heapgraph.take_snapshot(),
    "why (live)": lambda _: str(heapgraph.why("list")),
}


def main() -> None:
    """Measure one question if told which, else all of them."""
    if len(sys.argv) == 4:
        measure(int(sys.argv[1]), sys.argv[2], sys.argv[3])
        return
    count = sys.argv[1] if len(sys.argv) > 1 else "500000"
    for shape in SHAPES:
        print(f"\n{shape}{'objects':>{40 - len(shape)}}{'references':>12}{'MiB':>8}", end="")
        print(f"{'an object':>12}{'a reference':>13}{'left MiB':>10}")
        for question in (*LIVE, *QUESTIONS, "load"):
            command = [sys.executable, __file__, count, shape, question]
            subprocess.run(command, check=True)


def measure(count: int, shape: str, question: str) -> None:
    """Build a heap, ask, and print how far memory rose."""
    gc.disable()
    keep: object = SHAPES[shape](count)
    counts = CapturedHeap()
    nodes, edges = counts.node_count, counts.edge_count
    del counts
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "heap.parquet")
        if question in LIVE:
            asked = LIVE[question]
            peak, left = rise(lambda: asked(keep))
        else:
            snapshot = heapgraph.take_snapshot(collect=False)
            if question == "load":
                snapshot.save(path)
                del snapshot
                peak, left = rise(lambda: heapgraph.load_snapshot(path))
            else:
                of_snapshot = QUESTIONS[question]
                peak, left = rise(lambda: of_snapshot(snapshot, path, keep))
    print(
        f"  {question:24}{nodes:14,}{edges:12,}{peak / 2**20:8.0f}"
        f"{peak / nodes:12.1f}{peak / edges:13.1f}{left / 2**20:10.1f}",
        flush=True,
    )


def rise(question: Callable[[], object]) -> tuple[int, int]:
    """How far resident memory rises while a question is answered, and how much higher it stays."""
    gc.collect()
    give_back_free_memory()
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    question()
    return resident("VmHWM") - before, resident("VmRSS") - before


def resident(name: str) -> int:
    """A line of the status of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    if not Path("/proc/self/clear_refs").exists():
        sys.exit("needs Linux")
    main()
