"""Names of which the interpreter's cache of attributes has the only reference that is counted.

From CPython 3.14 on the heap shows its dict of interned strings, which has them without counting.
Any lookup of an attribute may put another name into the cache and free one.
"""

from __future__ import annotations

import pytest

from children import survives

SNAPSHOT = """
import pytest
import heapgraph

def function():
    exec("x = 5\\nheapgraph.take_snapshot(collect=False)\\nseen = x")

function()
for _ in range(3):
    heapgraph.take_snapshot()
print("done")
"""


@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_names_live_until_the_references_are_named(seed: str) -> None:
    # With this allocator a name that is gone is no string any more.
    environment = {"PYTHONMALLOC": "debug", "PYTHONHASHSEED": seed}
    assert survives(SNAPSHOT, environment=environment) == "done\n"
