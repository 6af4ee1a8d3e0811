"""A worker goes on sharing the heap of its parent, whatever is asked."""

from __future__ import annotations

import sys

import pytest
from children import all_survive

HEAPS = ["data", "instances", "slots", "containers", "functions", "classes"]
QUESTIONS = [
    "count",
    "typestats",
    "chain",
    "root",
    "why",
    "why a type",
    "snapshot",
    "names",
    "growth",
]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("heap", HEAPS)
def test_a_question_writes_to_few_pages_of_a_shared_heap(heap: str) -> None:
    said = all_survive(("sharing.py", heap, question) for question in QUESTIONS)
    for question, line in zip(QUESTIONS, said, strict=True):
        shared, written = map(int, line.split())
        assert written < shared / 20, f"{question}: {written:,} of {shared:,} bytes"
