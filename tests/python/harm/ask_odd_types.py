"""Asks about objects of types that are not ready, or that claim to be the interpreter's own.

usage: ask_odd_types.py FOLDER_OF_HEAPGRAPH [FOLDER_OF_ODD_TYPES]

The second folder has the compiled `odd_types.c`. Each batch of objects is made in a forked child.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

sys.path.insert(0, sys.argv[1])
sys.path.append(sys.argv[-1])

import heapgraph
from forked import failures_among, report
from questions import HOLDER, ask_everything

CLAIMS = os.path.join(os.path.dirname(__file__), "claimed_types.txt")
"""What a type may say that it is: the module is `builtins` where no dot is."""
NAMES = [b"", b".", b"a.", b"\xff\xfe.\xff", b"x" * 100_000, b"line\nbreak.\x1b[2J"]
"""What a type may be called."""


def in_python(claim: bytes) -> object:
    """An instance of a class of Python that claims so."""
    module, _, name = claim.decode().rpartition(".")
    return type(name, (), {"__module__": module or "builtins", "__slots__": ()})()


def code_calls() -> int:
    """How often code of odd types ran."""
    module: Any = sys.modules.get("odd_types")
    return module.call_count() if module else 0


def look_at(made: list[Any]) -> None:
    """What is asked without a collection."""
    HOLDER.append(made)
    snapshot = heapgraph.take_snapshot(collect=False)
    for item in made:
        for node in snapshot.find(address=id(item)):
            assert node.shallow_size < 1_000_000, "its own __sizeof__ was asked"
            str(node), list(map(str, node.referents + node.referrers))
    str(heapgraph.why(made, collect=False))
    heapgraph.count("odd_types.T")


def ask_about(batch: list[tuple[Any, bytes]]) -> None:
    """In a child: make objects by what makes them and a name, and ask."""
    look_at([maker(name) for maker, name in batch])
    assert code_calls() == 0, "code of a type ran"
    ask_everything()
    assert code_calls() == 0, "code of a type ran"


def ask_about_the_gone(batch: list[Any]) -> None:
    """In a child: make an object that shows one that is gone. The collector cannot meet it."""
    gc.disable()
    look_at([maker() for maker in batch])


def named(item: tuple[Any, bytes]) -> str:
    maker, name = item
    return f"{maker.__name__}({name[:99]!r})"


def main() -> None:
    with open(CLAIMS, "rb") as lines:
        claims = lines.read().split()
    batches: list[list[tuple[Any, bytes]]] = [[(in_python, claim) for claim in claims]]
    if sys.argv[2:]:
        odd_types: Any = __import__("odd_types")

        unready = (odd_types.unready_type, odd_types.unready_instance, odd_types.untyped_instance)
        batches += [[(maker, name) for name in (b"odd_types.T", *NAMES)] for maker in unready]
        for maker in (odd_types.static_impostor, odd_types.heap_impostor):
            batches += [[(maker, claim) for claim in claims]]
        batches += [[(odd_types.static_impostor, name) for name in NAMES]]
    failures: dict[str, str] = {}
    for batch in batches:
        failures |= failures_among(ask_about, batch, named)
    if sys.argv[2:]:
        failures |= failures_among(ask_about_the_gone, [odd_types.shower_of_the_gone], str)
    report(failures)


if __name__ == "__main__":
    main()
