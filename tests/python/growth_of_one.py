"""Asks what grows in modules of `fixtures/leaks`, each in a process that nothing else was asked in.

    python growth_of_one.py FOLDER SEED

Reads lines of a module and how many iterations its leak is watched; for each a fork of this process
answers, so that heapgraph is loaded once. SEED draws the name and the sizes of a module, which
iterations run a scenario, and how often. The innocent twin runs before the leak, so that what it
fills is full by then. It is watched for as long as by default. In the end the leak of a new module
runs between some looks for which nothing has a name. Prints a line of JSON for each.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import random
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph
from heapgraph import _core

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

DEFAULT = 2000
TIMES = (1, 1, 2, 3)
PERIODS = (1, 1, 2, 3)
REFERENCE = (3, 11)
"""Where rates are drawn; elsewhere by a given seed only: no interpreter has a part in them."""
NO_HURRY = 60
"""Seconds: how slow the machine is must not decide."""


def main() -> None:
    """Answer each line."""
    sys.path.insert(0, sys.argv[1])
    for line in sys.stdin:
        name, iterations = line.split()
        child = os.fork()
        if child == 0:
            answer_and_end(name, int(iterations))
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({"failed": f"ended with status {status}"}), flush=True)


def answer_and_end(name: str, iterations: int) -> None:
    """In a fork: print what grows in a module, or why that is not known."""
    try:
        answers = answers_of(name, iterations)
    except BaseException:
        answers = {"failed": traceback.format_exc()}
    print(json.dumps(answers), flush=True)
    # What the leak has left behind is in the way of any other end.
    os._exit(0)


def answers_of(name: str, iterations: int) -> dict[str, object]:
    """Run both scenarios of a module."""
    drawn_name = name_drawn_for(name)
    module = loaded(name, drawn_name)
    draw = random.Random(f"{sys.argv[2]} {name}")
    if isinstance(getattr(module, "SIZES", None), range):
        module.SIZE = draw.choice(module.SIZES)  # type: ignore[attr-defined]
    times, period = 1, 1
    if sys.version_info[:2] == REFERENCE or "HEAPGRAPH_SEED" in os.environ:
        times, period = draw.choice(TIMES), draw.choice(PERIODS)
    drawn = (
        f"HEAPGRAPH_SEED={sys.argv[2]} SIZE={getattr(module, 'SIZE', None)}, "
        f"run {times} times in one of {period} iterations"
    )
    answers: dict[str, object] = {}
    for scenario, most in (("innocent", DEFAULT), ("leak", iterations)):
        if hasattr(module, scenario):
            report = heapgraph.find_growth(
                repeated(getattr(module, scenario), times, period),
                iterations=most,
                seconds=NO_HURRY,
            )
            answers[scenario] = {
                "leaks": bool(report),
                "text": f"{drawn}\n{report}",
                "growing": [
                    [
                        text.replace(drawn_name, name)
                        for text in (path.path, path.type_name, path.kind, *path.also)
                    ]
                    for path in [*report.growing, *report.remarks]
                ],
            }
    if hasattr(module, "leak"):
        answers["leak_looked_at"] = looks(loaded(name, drawn_name).leak)
    return answers


def name_drawn_for(name: str) -> str:
    """What a module is called in the heap: no verdict goes by a word in a path."""
    draw = random.Random(f"name of {sys.argv[2]} {name}")
    return "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=12))


def loaded(name: str, drawn_name: str) -> ModuleType:
    """A new module of the folder, under the name that was drawn for it."""
    spec = spec_from_file_location(drawn_name, Path(sys.argv[1], f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[drawn_name] = module
    spec.loader.exec_module(module)
    return module


def repeated(scenario: Callable[[], object], times: int, period: int) -> Callable[[], None]:
    """Run a scenario several times in an iteration, and not in each."""
    numbers = itertools.count()

    def run() -> None:
        if next(numbers) % period == 0:
            for _ in range(times):
                scenario()

    return run


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
