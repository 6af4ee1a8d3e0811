"""Rows and tables of what a filter keeps, compared with those of objgraph on the same heap."""

from __future__ import annotations

import gc
import io

import objgraph

import heapgraph


class Leak:
    pass


class Other:
    pass


def compare(limit: int | None, shortnames: bool) -> None:
    kept: list[object] = [Leak(), Leak(), Other(), {1: Other}]

    def is_kept(obj: object) -> bool:
        return type(obj) in (Leak, Other) or obj is kept[3]

    ours: dict[str, int] = {}
    theirs: dict[str, int] = {}
    for _ in range(3):
        rows = heapgraph.growth(limit, ours, shortnames, is_kept)
        assert rows == objgraph.growth(limit, theirs, shortnames, is_kept)
        # What a limit has hidden is for us still to come.
        heapgraph.growth(None, ours, shortnames, is_kept)
        texts = io.StringIO(), io.StringIO()
        kept += [Leak(), Other(), Other()]
        heapgraph.show_growth(limit, ours, shortnames, texts[0], is_kept)
        objgraph.show_growth(limit, theirs, shortnames, texts[1], is_kept)
        assert texts[0].getvalue() == texts[1].getvalue()
        heapgraph.growth(None, ours, shortnames, is_kept)
        kept += [Leak(), Leak(), Other()]


if __name__ == "__main__":
    gc.disable()
    for limit in (None, 0, 1, -1, 10):
        for shortnames in (True, False):
            compare(limit, shortnames)
