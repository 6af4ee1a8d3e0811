"""A sample of all objects of a process is named in a snapshot as each of them is alone."""

import decimal
import gc
import json
import logging
import types

from heapgraph import Node, take_snapshot
from heapgraph._core import named_referents

# For more kinds of objects.
IMPORTED = (decimal, json, logging)


def labels(node: Node) -> list[str]:
    return [reference.name for reference in node.referents]


def main() -> None:
    snapshot = take_snapshot()
    sample = gc.get_objects()[::29]
    compared = 0
    for obj in sample:
        found = snapshot.find(obj=obj)
        if not found or isinstance(obj, types.FrameType) or obj is sample:
            continue
        named = named_referents(obj)
        (node,) = found
        if [id(referent) for _, referent in named] != [r.node.address for r in node.referents]:
            continue  # it has changed since
        # Where attributes are searched for, the search for one object may go further.
        ours = [name for name in labels(node) if name != "<attribute>"]
        theirs = [name for name, _ in named]
        assert [name for name in ours if name not in theirs] == [], node
        compared += 1
    assert compared > 100, compared


if __name__ == "__main__":
    gc.disable()
    main()
