"""Print how much more is resident after several questions, a line each, in MB."""

from __future__ import annotations

import io
import resource
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

keep = [{number: [number]} for number in range(100_000)]


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def in_a_thread() -> None:
    """Let a snapshot go where it was not taken."""
    held = [heapgraph.take_snapshot()]
    held[0].owners()
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()


def new_ids() -> None:
    """Let go what is remembered between two calls."""
    heapgraph.get_new_ids(limit=0, file=io.StringIO())
    heapgraph.start_over()


questions: dict[str, Callable[[], object]] = {
    "take_snapshot": heapgraph.take_snapshot,
    "find_backref_chain": lambda: heapgraph.find_backref_chain(keep[5], heapgraph.is_proper_module),
    "get_leaking_objects": lambda: len(heapgraph.get_leaking_objects()),
    "why": lambda: str(heapgraph.why("dict")),
    "suspects": lambda: str(heapgraph.take_snapshot().suspects()),
    "in a thread": in_a_thread,
    "get_new_ids": new_ids,
    "find_growth": lambda: heapgraph.find_growth(list),
}
# What is made at the first question and stays: modules, caches, the arena of another thread.
small = heapgraph.take_snapshot(names=False)
in_a_thread()
del small
before = resident()
for name, question in questions.items():
    question()
    print(f"{name}\t{(resident() - before) / 1e6:.1f}", flush=True)
sys.exit(0)
