"""Asks what grows in scenarios drawn by chance: sizes, rates, periods, containers and names.

    growth_of_drawn.py SEED COUNT

Half of them leak; the others do the same and come to an end. Prints JSON: for each what it is, the
path that leaks, and what was said.
"""

from __future__ import annotations

import json
import random
import sys
import types
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

ITERATIONS = 1200
NAMES = ("cache", "_registry", "items", "method_calls", "maxsize_of", "handlers", "x", "größen")


class Item:
    """Something to keep."""

    def __init__(self, number: int) -> None:
        self.number = number


class Owner:
    """Something that keeps it."""


def into_list(held: Any, number: int, item: Item) -> None:
    """Append, or replace what is there."""
    if number < len(held):
        held[number] = item
    else:
        held.append(item)


def into_mapping(held: Any, number: int, item: Item) -> None:
    """Set what belongs to a key."""
    held[f"key {number}"] = item


def into_set(held: Any, number: int, _: Item) -> None:
    """Add what is there already, or not."""
    held.add(f"key {number}")


KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any, int, Item], None]]] = {
    "list": (list, into_list),
    "dict": (dict, into_mapping),
    "ordered": (OrderedDict, into_mapping),
    "set": (set, into_set),
    "deque": (deque, into_list),
}


def draw(chance: random.Random, number: int) -> tuple[dict[str, object], Callable[[], None]]:
    """Draw a scenario, and what is to be said of it."""
    kind = chance.choice(sorted(KINDS))
    make, put = KINDS[kind]
    module = types.ModuleType(f"drawn{number}")
    sys.modules[module.__name__] = module
    name = chance.choice(NAMES)
    path = f"{module.__name__}.{name}"
    held = make()
    if chance.random() < 0.5:
        setattr(module, name, held)
    else:
        owner = Owner()
        setattr(owner, name, held)
        module.owner = owner  # type: ignore[attr-defined]
        path = f"{module.__name__}.owner.{name}"
    leaks = chance.random() < 0.5
    period, batch = chance.randint(1, 20), chance.randint(1, 4)
    # Full in the first third of the watch.
    size = chance.randint(2, max(3, ITERATIONS * batch // period // 3))
    state = {"calls": 0, "put": 0}

    def work() -> None:
        state["calls"] += 1
        if state["calls"] % period == 0:
            for _ in range(batch):
                at = state["put"] if leaks else state["put"] % size
                state["put"] += 1
                put(held, at, Item(at))

    told = f"{kind}, {batch} in {period}, " + ("for ever" if leaks else f"up to {size}")
    return {"what": told, "path": path, "leaks": leaks}, work


def main() -> None:
    """Draw, and ask."""
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    answers = []
    for number in range(count):
        drawn, work = draw(chance, number)
        report = heapgraph.find_growth(work, iterations=ITERATIONS)
        growing = [row.path for row in report.growing]
        answers.append({**drawn, "said": bool(report), "growing": growing, "text": str(report)})
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
