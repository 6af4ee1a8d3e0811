"""Looks at the heap of a CPython that nobody has seen yet: no private layout of it is known.

It is one of those that are known, and says otherwise when the package is imported.
"""

from __future__ import annotations

import gc
import sys
from typing import Any
from unittest.mock import patch

from late_core import import_under

_core = import_under(patch.object(sys, "version_info", (3, 99, 0, "final", 0)))

import greenlet  # noqa: E402

import heapgraph  # noqa: E402


class Held:
    """What is looked for."""


class Holder:
    """Holds it in an attribute."""

    def __init__(self, content: object) -> None:
        self.content = content


assert _core.LAYOUTS
assert not any(_core.LAYOUTS.values()), _core.LAYOUTS
assert not _core.WALKS_COLLECTOR_LISTS

holders: list[Any] = [Holder(Held()), {"key": Held()}, [Held()]]
gc.collect()
snapshot = heapgraph.take_snapshot()
missing = "not known of CPython 3.99: "
unseen = [line for line in snapshot.metadata["unseen"] if line.startswith(missing)]
print("\n".join(unseen))
found = snapshot.find(type_name="__main__.Held")
assert len(found) == 3
assert heapgraph.count("Held") == 3
texts = [str(snapshot.find_chain(node)) for node in found]
assert all("holders" in text for text in texts), texts
chain = heapgraph.find_backref_chain(holders[2][0], heapgraph.is_proper_module)
assert [type(item).__name__ for item in chain] == ["module", "dict", "list", "list", "Held"]
heapgraph.why(holders[0])

waiting = [greenlet.greenlet(lambda: greenlet.getcurrent().parent.switch()) for _ in range(3)]
for each in waiting:
    each.switch()
unseen = heapgraph.take_snapshot().metadata["unseen"]
assert "the local variables of 3 suspended greenlets" in unseen, unseen
