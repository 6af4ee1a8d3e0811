"""Makes an instance of each type by `T.__new__(T)` alone, never initialised, and asks about it.

usage: each_type.py FOLDER_OF_HEAPGRAPH [TYPE ...]

The types are all that there are after the import of every extension module. They are taken in
batches, each in a forked child; of a batch that fails, each type is tried alone.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import Any

sys.path.insert(0, sys.argv[1])

import heapgraph
from extensions import extension_modules, import_extension
from forked import failures_among, forked, report
from questions import HOLDER, Marker, ask_everything

BATCH = 100


def all_types() -> list[Any]:
    """What inherits from object, and has said so: types that nobody made ready have not."""
    found: dict[int, Any] = {id(object): object}
    waiting: list[Any] = [object]
    while waiting:
        for kind in type.__subclasses__(waiting.pop()):
            if id(kind) not in found:
                found[id(kind)] = kind
                waiting.append(kind)
    del found[id(Marker)]
    # To make one of heapgraph's is to walk the heap.
    return [kind for kind in found.values() if not full_name(kind).startswith("heapgraph.")]


def full_name(kind: Any) -> str:
    """As in the answers, without its metaclass being asked."""
    return type.__repr__(kind).removeprefix("<class '").removesuffix("'>")


def make(kinds: list[Any]) -> list[Any]:
    """Instances of those that can be made so."""
    made = []
    for kind in kinds:
        for maker in (type.__getattribute__(kind, "__new__"), object.__new__):
            with contextlib.suppress(Exception):
                made.append(maker(kind))
    return made


def only_make(kinds: list[Any]) -> None:
    """In a child: what CPython itself makes of them, the collector included; some end it."""
    HOLDER.append(make(kinds))
    gc.collect()


def ask_about(kinds: list[Any]) -> None:
    """In a child: make them, and ask; what walks the heap is asked once for all of them."""
    made = make(kinds)
    HOLDER.append(made)
    snapshot = heapgraph.take_snapshot()
    for item in made:
        (node,) = snapshot.find(address=id(item))
        str(node), list(map(str, node.referents + node.referrers))
    (holder,) = snapshot.find(address=id(made))
    assert len(holder.referents) == len(made)
    str(snapshot.why(holder))
    heapgraph.find_ref_chain(made, lambda found: False, max_depth=3)
    ask_everything()


def main() -> None:
    for name in extension_modules():
        import_extension(name)
    kinds = all_types()
    if sys.argv[2:]:
        kinds = [kind for kind in kinds if full_name(kind) in sys.argv[2:]]
    failures = failures_among(ask_about, [], full_name)
    for start in range(0, 0 if failures else len(kinds), BATCH):
        batch = kinds[start : start + BATCH]
        if forked(only_make, batch):
            batch = [kind for kind in batch if not forked(only_make, [kind])]
        failures |= failures_among(ask_about, batch, full_name)
    report(failures)
    print(len(kinds), "types")


if __name__ == "__main__":
    main()
