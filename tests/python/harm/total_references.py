"""Asks the same again and again, under a debug build: there are no more references after it."""

from __future__ import annotations

import contextlib
import gc
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import heapgraph
from questions import HOLDER, Marker, Sink

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 40
ROUNDS = 6
SNAPSHOT = heapgraph.take_snapshot()
FOLDER = tempfile.TemporaryDirectory()
FILE = Path(FOLDER.name) / "heap.parquet"
SNAPSHOT.save(FILE)


def failing(found: object) -> bool:
    """A predicate that raises."""
    raise ZeroDivisionError


def fails(ask: Callable[[], object]) -> None:
    """What is asked wrongly, or of what raises."""
    errors = (TypeError, KeyError, ZeroDivisionError, heapgraph.HeapGraphError)
    with contextlib.suppress(*errors):
        ask()
        raise AssertionError("it did not fail")


QUESTIONS: dict[str, Callable[[], Any]] = {
    "take_snapshot": heapgraph.take_snapshot,
    "take_snapshot without names": lambda: heapgraph.take_snapshot(names=False),
    "why of an object": lambda: str(heapgraph.why(HOLDER[0])),
    "why of a class": lambda: str(heapgraph.why(Marker)),
    "why of nothing": lambda: fails(lambda: heapgraph.why(64)),
    "find_backref_chain": lambda: heapgraph.find_backref_chain(
        HOLDER[0], heapgraph.is_proper_module
    ),
    "find_ref_chain": lambda: heapgraph.find_ref_chain(HOLDER, lambda found: found is HOLDER[0]),
    "a predicate that raises": lambda: fails(
        lambda: heapgraph.find_backref_chain(HOLDER[0], failing)
    ),
    "count": lambda: heapgraph.count(Marker),
    "count of no type": lambda: fails(lambda: heapgraph.count(3)),  # type: ignore[arg-type]
    "by_type": lambda: heapgraph.by_type("Marker"),
    "typestats": heapgraph.typestats,
    "show_growth": lambda: heapgraph.show_growth(file=Sink()),  # type: ignore[arg-type]
    "get_new_ids": lambda: heapgraph.get_new_ids(file=Sink()),  # type: ignore[arg-type]
    "get_leaking_objects": heapgraph.get_leaking_objects,
    "show_backrefs": lambda: heapgraph.show_backrefs(HOLDER[0], output=io.StringIO()),
    "show_refs": lambda: heapgraph.show_refs(HOLDER, output=io.StringIO()),
    "find_cycles": lambda: str(heapgraph.find_cycles(lambda: None)),
    "load_snapshot": lambda: heapgraph.load_snapshot(FILE),
    "load_snapshot of nothing": lambda: fails(lambda: heapgraph.load_snapshot(FOLDER.name + "/x")),
    "save": lambda: SNAPSHOT.save(FILE),
    "find": lambda: [str(node) for node in SNAPSHOT.find(Marker)],
    "why of a snapshot": lambda: str(SNAPSHOT.why(Marker)),
    "diff": lambda: str(SNAPSHOT.diff(SNAPSHOT)),
    "unexplained": lambda: str(SNAPSHOT.unexplained()),
    "garbage": lambda: str(SNAPSHOT.garbage()),
    "suspects": lambda: str(SNAPSHOT.suspects()),
    "owners": lambda: SNAPSHOT.owners(),
}


def rise(ask: Callable[[], object], calls: int) -> int:
    """How many more references there are after that many calls."""
    gc.collect()
    before: int = sys.gettotalrefcount()
    for _ in range(calls):
        ask()
    gc.collect()
    return sys.gettotalrefcount() - before


def main() -> None:
    for name, ask in QUESTIONS.items():
        # The interpreter itself keeps some for code that has run often: a few rounds, and it has.
        rises: list[int] = []
        while not rises or (rises[-1] >= CALLS and len(rises) < ROUNDS):
            rises.append(rise(ask, CALLS))
        assert rises[-1] < CALLS, f"{name}: {rises} references more after {CALLS} calls each"
    FOLDER.cleanup()


if __name__ == "__main__":
    main()
