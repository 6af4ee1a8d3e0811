"""Print the bytes for each reference that it takes to save and to load a list of two million."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 2_000_000
wide = [None] * COUNT
snapshot = heapgraph.take_snapshot()
address = id(wide)


def rise(question: Callable[[], object]) -> float:
    """How many bytes for each reference resident memory rises while a question is answered."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS:")
    question()
    return (resident("VmHWM:") - before) / COUNT


def resident(name: str) -> int:
    """A line of the status of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


with tempfile.TemporaryDirectory() as folder:
    path = str(Path(folder) / "wide.parquet")
    saving = rise(lambda: snapshot.save(path))
    loading = rise(lambda: heapgraph.load_snapshot(path))
    (node,) = heapgraph.load_snapshot(path).find(address=address)
    names = node.referents
    if (len(names), names[0].name, names[-1].name) != (COUNT, f"[{COUNT - 1}]", "[0]"):
        sys.exit("what was loaded is not what was saved")
print(saving, loading)
