"""Print how many bytes more for each reference it takes to save and to load a list of five million."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import heapgraph

COUNT = 5_000_000
wide = [None] * COUNT
snapshot = heapgraph.take_snapshot()
address = id(wide)


def peak() -> int:
    """The most that was resident so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


with tempfile.TemporaryDirectory() as folder:
    path = str(Path(folder) / "wide.parquet")
    before = peak()
    snapshot.save(path)
    saving = peak() - before
    del snapshot
    before = peak()
    loaded = heapgraph.load_snapshot(path)
    loading = peak() - before
    (node,) = loaded.find(address=address)
    names = node.referents
    if (len(names), names[0].name, names[-1].name) != (COUNT, f"[{COUNT - 1}]", "[0]"):
        sys.exit("what was loaded is not what was saved")
print(saving / COUNT, loading / COUNT)
