"""Where memory is short there is an answer or an error; what was taken is given back."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from children import all_survive, survives

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs /proc")

ROOMS = [1, 20, 26, 34, 46, 110]
"""MiB of address space that a question finds: from none to enough for all."""


@pytest.mark.parametrize("room", ROOMS)
def test_every_question_is_answered_or_says_what_is_missing(room: int) -> None:
    printed = survives("short_of_memory.py", str(room), timeout=300)
    rows = [line.split("\t") for line in printed.splitlines() if line.startswith("outcome\t")]
    outcomes = {name: outcome for _, name, outcome in rows}
    assert len(outcomes) >= 60
    if room == ROOMS[0]:
        assert outcomes["take_snapshot"] == "CaptureError"
        assert outcomes["load"] == "SnapshotError"
        assert outcomes["owners"] == "MemoryError"
        assert outcomes["heapgraph types"] == "CommandError"
    if room == ROOMS[-1]:
        assert set(outcomes.values()) == {"answered"}


WIDE = {
    "a subclass of list": [34, 98],
    "a subclass of tuple": [50],
    "an ordered dict": [34],
    "dicts, audited": [32],
    "a wide dict": [26],
    "a wide set": [26],
}
"""MiB of address space for heaps that are one object with many references, or have to be held."""


def test_one_object_with_many_references_is_no_exception() -> None:
    programs = [
        ("short_of_memory.py", str(room), shape) for shape, rooms in WIDE.items() for room in rooms
    ]
    for printed in all_survive(programs, timeout=300):
        assert printed.count("outcome\t") >= 60


def test_a_list_of_many_references_is_counted_by_its_references() -> None:
    program = (
        "import resource, heapgraph\n"
        "wide = [None] * 10_000_000\n"
        "size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (size + (60 << 20), -1))\n"
        "try:\n"
        "    heapgraph.take_snapshot()\n"
        "except heapgraph.CaptureError as error:\n"
        "    print(error)\n"
    )
    said = survives(program).split()
    needed = int(said[said.index("about") + 1])
    assert 100 < needed < 300


def test_saving_and_loading_a_list_of_many_references_takes_few_bytes_for_each() -> None:
    saving, loading = map(float, survives("saving_a_wide_list.py").split())
    assert saving < 30
    assert loading < 30


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other allocators give back by themselves"
)
def test_what_was_taken_is_given_back() -> None:
    for line in survives("given_back.py").splitlines():
        name, more = line.split("\t")
        assert float(more) < 5, name


def test_an_import_does_not_ask_for_all_objects() -> None:
    program = (
        "import gc\n"
        "asked = []\n"
        "get_objects = gc.get_objects\n"
        "gc.get_objects = lambda *args, **kw: asked.append(args) or get_objects(*args, **kw)\n"
        "import heapgraph\n"
        "print(len(asked), heapgraph.count('list') > 0)\n"
    )
    asked, found = survives(program).split()
    assert found == "True"
    assert asked == "0"
