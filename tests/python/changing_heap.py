"""Callbacks that change the heap while it is searched or drawn: `... FUNCTION [CALLBACK]`."""

from __future__ import annotations

import gc
import itertools
import sys
from typing import Any

import heapgraph
from dot_reader import drawn
from held_objects import Link, Slots


def search(find: Any, is_forward: bool) -> None:
    """Containers that are being searched are cleared, and candidates lose their last holders."""
    for turn in range(0, 25, 2):
        root: list[Any] = [
            [Link({"n": n, "more": [Slots(n)]}) for n in range(20)] for _ in range(5)
        ]
        start: Any = root if is_forward else root[2][3].held["more"]
        calls = itertools.count()

        def destroy(obj: Any, turn: int = turn, root: Any = root, calls: Any = calls) -> bool:
            if next(calls) == turn:
                for inner in root:
                    inner.clear()
                root.clear()
                gc.collect()
                # The freed memory is used again at once.
                _ = [bytearray(64) for _ in range(100)]
            return type(obj) is Slots and next(calls) > turn + 100

        chain = find(start, destroy, max_depth=6)
        assert chain
        repr(chain)
        heapgraph.describe_chain(chain)


def draw(show: Any, callback: str) -> None:
    for turn in range(10):
        root: list[Any] = [[Link([n]) for n in range(10)] for _ in range(3)]
        calls = itertools.count()

        def destroy(
            obj: object, turn: int = turn, root: Any = root, calls: Any = calls
        ) -> dict[str, str | None]:
            if next(calls) == turn:
                for inner in root:
                    inner.clear()
                root.clear()
                gc.collect()
            return {"URL": "x"}

        drawn(show, root[0][0], max_depth=4, **{callback: destroy})


if __name__ == "__main__":
    gc.disable()
    name, *callbacks = sys.argv[1:]
    if callbacks:
        draw(getattr(heapgraph, name), *callbacks)
    else:
        search(getattr(heapgraph, name), name == "find_ref_chain")
