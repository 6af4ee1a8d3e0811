"""Prints as JSON what grows by calls of `lossy.c`; run as a process of its own, with a small heap.

The argument is the folder of the compiled module.
"""

from __future__ import annotations

import asyncio
import json
import sys

import heapgraph

sys.path.insert(0, sys.argv[1])

import lossy  # type: ignore[import-not-found]

REFERENCE, NEW_OBJECT = range(2)


class Options:
    """What references are taken to."""


OPTIONS = Options()


def decode() -> None:
    """Call compiled code."""
    lossy.function()


async def read() -> heapgraph.GrowthReport:
    """Call it in the body of a loop that waits."""
    with heapgraph.GrowthLoop(snapshots=2, iterations=30, seconds=60) as loop:
        for _ in loop:
            await asyncio.sleep(0)
            lossy.function()
    return loop.report


lossy.prepare(REFERENCE, OPTIONS)
taken = heapgraph.find_growth(decode, snapshots=2, iterations=30, seconds=60)
lossy.prepare(NEW_OBJECT, OPTIONS)
lost = asyncio.run(read())
json.dump([[str(report), report.to_dict()] for report in (taken, lost)], sys.stdout)
