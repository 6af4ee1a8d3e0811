"""Asks everything, again and again, while another interpreter runs in a thread.

Arguments: its kind, `isolated` (it has a GIL of its own from 3.12 on) or `legacy`, and seconds.
"""

from __future__ import annotations

import importlib
import io
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = """
import time

class OfTheOther:
    def __init__(self, depth):
        self.held = [{}]
        self.below = OfTheOther(depth - 1) if depth else None

def suspended():
    yield OfTheOther(1)

def in_the_other():
    end, kept = time.monotonic() + SECONDS, []
    while time.monotonic() < end:
        kept.append([OfTheOther(30), suspended(), type("Made", (), {}), lambda: kept])
        next(kept[-1][1])
        if len(kept) > 100:
            kept.clear()

in_the_other()
"""


class Kept:
    pass


KEPT = [Kept()]
NEWER = sys.version_info >= (3, 13)


def another(kind: str) -> tuple[Any, Any]:
    """The module that runs code in another interpreter, and that interpreter."""
    module = importlib.import_module("_interpreters" if NEWER else "_xxsubinterpreters")
    return module, module.create(kind) if NEWER else module.create(isolated=kind == "isolated")


def grow() -> None:
    KEPT.append(Kept())


def main() -> None:
    kind, seconds = sys.argv[1], float(sys.argv[2])
    interpreters, other = another(kind)
    run = interpreters.exec if NEWER else interpreters.run_string
    code = CODE.replace("SECONDS", str(seconds))
    thread = threading.Thread(target=run, args=(other, code))
    thread.start()
    questions: list[Callable[[], object]] = [
        lambda: heapgraph.why(KEPT[0]),
        lambda: heapgraph.find_backref_chain(KEPT[0], heapgraph.is_proper_module),
        lambda: heapgraph.show_backrefs(KEPT, output=io.StringIO()),
        heapgraph.growth,
        lambda: heapgraph.count("Kept"),
        heapgraph.take_snapshot,
        heapgraph.get_leaking_objects,
        lambda: heapgraph.find_growth(grow),
    ]
    end = time.monotonic() + seconds
    shown: set[str] = set()
    count = 0
    while time.monotonic() < end:
        for question in questions:
            question()
            count += 1
        snapshot = heapgraph.take_snapshot(collect=False)
        shown.update(snapshot.histogram())
        for kind_of_name in ("frame", "code", "function", "module"):
            named = snapshot.find(f"builtins.{kind_of_name}")
            shown.update(f"{kind_of_name} {node.name}" for node in named)
    thread.join()
    interpreters.destroy(other)
    assert count >= len(questions)
    assert any(name.startswith("frame main in ") for name in shown), shown
    theirs = [name for name in shown if "in_the_other" in name or "OfTheOther" in name]
    assert not theirs, theirs
    print(count, "questions")


if __name__ == "__main__":
    main()
