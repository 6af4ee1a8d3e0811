"""A worker that shares its parent's heap asks; says how much of it is no longer shared.

    sharing.py HEAP

Prints, for each question, the bytes that were shared before, and those that only the worker has
written since. Each question has a worker of its own.
"""

from __future__ import annotations

import array
import collections
import gc
import mmap
import os
import sys
import types
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable


class Instance:
    def __init__(self, number: int) -> None:
        self.name = str(number)
        self.items = [number]
        self.pair = (number, str(number))

    def described(self) -> str:
        return self.name


class WithSlots:
    __slots__ = ("items", "name")

    def __init__(self, number: int) -> None:
        self.name = str(number)
        self.items = [number]


class Record(NamedTuple):
    name: str
    items: list[int]


def function_of(number: int) -> Callable[[], int]:
    return lambda: number


def weakly_held(count: int) -> object:
    held = [Instance(number) for number in range(count)]
    return held, [weakref.ref(instance) for instance in held]


def classes(count: int) -> list[object]:
    namespace: dict[str, object] = {}
    for number in range(count):
        source = f"class C{number}:\n def f(self, a, b=1):\n  'Doc {number}'\n  return self.f(b)\n"
        exec(source, namespace)
    return list(namespace.values())


HEAPS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "data": lambda: {number: (str(number), [number]) for number in range(160_000)},
    "instances": lambda: [Instance(number) for number in range(60_000)],
    "slots": lambda: [WithSlots(number) for number in range(80_000)],
    "containers": lambda: [
        {f"key {number}": {number, str(number)}, "more": collections.deque([str(number)])}
        for number in range(24_000)
    ],
    "keys": lambda: {(f"key {number}", number): None for number in range(60_000)},
    "weak": lambda: weakly_held(40_000),
    "modules": lambda: [types.ModuleType(f"module {number}") for number in range(12_000)],
    "functions": lambda: [function_of(number) for number in range(80_000)],
    "classes": lambda: classes(3_000),
    "methods": lambda: [(Instance(number).described, [number].append) for number in range(32_000)],
    "records": lambda: [Record(str(number), [number]) for number in range(80_000)],
}


class Target:
    kept: object = None


Target.kept = Target()

QUESTIONS: dict[str, Callable[[], object]] = {
    "count": lambda: heapgraph.count("dict"),
    "typestats": heapgraph.typestats,
    "chain": lambda: heapgraph.find_backref_chain(Target.kept, heapgraph.is_proper_module),
    "root": lambda: heapgraph.find_backref_chain(Target.kept, heapgraph.is_root),
    "why": lambda: str(heapgraph.why(Target.kept)),
    "why a type": lambda: str(heapgraph.why(Target)),
    "snapshot": lambda: heapgraph.take_snapshot(names=False),
    "names": heapgraph.take_snapshot,
    "growth": lambda: heapgraph.find_growth(lambda: None),
}


PAGE = mmap.PAGESIZE
PRESENT, EXCLUSIVE = 1 << 63, 1 << 56
"""Bits of an entry of `pagemap`: the page is in memory, and no other process has it."""


class Pages:
    """The pages that this process can write to, as they are at one moment."""

    def __init__(self) -> None:
        self.maps = [
            [int(address, 16) for address in line.split()[0].split("-")]
            for line in Path("/proc/self/maps").read_text().splitlines()
            if line.split()[1] == "rw-p"
        ]
        self.entries = self.look()

    def look(self) -> list[int]:
        """What the system says of each page, now."""
        entries = array.array("Q")
        with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:  # noqa: PTH123
            for start, end in self.maps:
                pagemap.seek(start // PAGE * 8)
                entries.frombytes(pagemap.read((end - start) // PAGE * 8))
        return list(entries)

    def shared(self) -> int:
        """Bytes that another process has too."""
        return PAGE * sum(map(is_shared, self.entries))

    def written(self) -> int:
        """Bytes of those that this process has for itself by now."""
        pairs = zip(self.entries, self.look(), strict=True)
        return PAGE * sum(
            is_shared(before) and now & PRESENT and not is_shared(now) for before, now in pairs
        )


def is_shared(entry: int) -> bool:
    return bool(entry & PRESENT and not entry & EXCLUSIVE)


def measured(question: Callable[[], object]) -> None:
    """In a worker: print what was shared before, and what of that only the worker has since."""
    pages = Pages()
    question()
    print(pages.shared(), int(pages.written()), flush=True)


def main() -> None:
    # What the longest question imports takes the free places of the heap.
    heapgraph.find_growth(list, iterations=10)
    heap = HEAPS[sys.argv[1]]()
    gc.collect()
    gc.freeze()
    for question in QUESTIONS.values():
        worker = os.fork()
        if worker == 0:
            measured(question)
            os._exit(0)
        _, status = os.waitpid(worker, 0)
        if status:
            sys.exit(1)
    del heap


main()
