"""Asks what grows in a module of `fixtures/leaks`, in an interpreter of its own.

    python growth_of_one.py FOLDER MODULE ITERATIONS

The innocent twin runs before the leak, so that what it fills is full by then. It is watched for as
long as by default, the leak for so many iterations. In the end the leak of a new
module runs between some looks for which nothing has a name. Prints JSON.
"""

from __future__ import annotations

import gc
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import heapgraph
from heapgraph import _core

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = 2000
NO_HURRY = 300
"""Seconds: how busy the machine is must not decide."""


def main() -> None:
    """Run both."""
    folder, name, iterations = sys.argv[1:]
    sys.path.insert(0, folder)
    module = import_module(name)
    answers: dict[str, object] = {}
    for scenario, most in (("innocent", DEFAULT), ("leak", int(iterations))):
        if hasattr(module, scenario):
            report = heapgraph.find_growth(
                getattr(module, scenario), iterations=most, seconds=NO_HURRY
            )
            answers[scenario] = {
                "leaks": bool(report),
                "text": str(report),
                "growing": [
                    [path.path, path.type_name, path.kind, *path.also]
                    for path in [*report.growing, *report.remarks]
                ],
            }
    if hasattr(module, "leak"):
        del sys.modules[name]
        answers["leak_looked_at"] = looks(import_module(name).leak)
    print(json.dumps(answers))


def looks(leak: Callable[[], object]) -> list[bool]:
    """Whether the heap seems to grow between four looks, five runs apart."""
    history = _core.GrowthHistory([])
    for _ in range(2):
        leak()
    history.has_grown()
    # As long from the beginning: it is in the heap that is looked at.
    grown = [False] * 3
    for look in range(3):
        for _ in range(5):
            leak()
        gc.collect()
        grown[look] = history.has_grown()
    return grown


if __name__ == "__main__":
    main()
