"""A worker goes on sharing the heap of its parent, whatever is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from children import survives

PAGEMAP = Path("/proc/self/pagemap")
HEAPS = [
    "data",
    "keys",
    "instances",
    "slots",
    "weak",
    "containers",
    "functions",
    "modules",
    "classes",
    "methods",
    "records",
]
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


@pytest.fixture(scope="module")
def written_without_heap() -> list[int]:
    """Bytes that each question writes in a process that holds nothing."""
    # The first to ask may have to compile modules.
    asked_of("nothing")
    return [written for _, written in asked_of("nothing")]


def asked_of(heap: str) -> list[list[int]]:
    said = survives("sharing.py", heap).splitlines()
    return [[int(word) for word in line.split()] for line in said]


@pytest.mark.skipif(not PAGEMAP.exists(), reason="the system does not tell what is shared")
@pytest.mark.parametrize("heap", HEAPS)
def test_a_question_writes_to_few_pages_of_a_shared_heap(
    heap: str, written_without_heap: list[int]
) -> None:
    answers = zip(QUESTIONS, asked_of(heap), written_without_heap, strict=True)
    for question, (shared, written), without_heap in answers:
        of_heap = written - without_heap
        assert of_heap < shared / 20, f"{question}: {of_heap:,} of {shared:,} bytes"
