"""A worker that shares its parent's heap asks; says how much of it is no longer shared.

    sharing.py HEAP QUESTION

Prints the bytes that were shared before, and those that only the worker has written since.
"""

from __future__ import annotations

import collections
import gc
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
    "data": lambda: {number: (str(number), [number]) for number in range(400_000)},
    "instances": lambda: [Instance(number) for number in range(150_000)],
    "slots": lambda: [WithSlots(number) for number in range(200_000)],
    "containers": lambda: [
        {f"key {number}": {number, str(number)}, "more": collections.deque([str(number)])}
        for number in range(60_000)
    ],
    "keys": lambda: {(f"key {number}", number): None for number in range(150_000)},
    "weak": lambda: weakly_held(100_000),
    "modules": lambda: [types.ModuleType(f"module {number}") for number in range(30_000)],
    "functions": lambda: [function_of(number) for number in range(200_000)],
    "classes": lambda: classes(8_000),
    "methods": lambda: [(Instance(number).described, [number].append) for number in range(80_000)],
    "records": lambda: [Record(str(number), [number]) for number in range(200_000)],
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


def rollup(field: str) -> int:
    """Bytes of all mappings of this process."""
    lines = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == f"{field}:") << 10


def main() -> None:
    heap = HEAPS[sys.argv[1]]()
    question = QUESTIONS[sys.argv[2]]
    gc.collect()
    gc.freeze()
    worker = os.fork()
    if worker == 0:
        shared, before = rollup("Shared_Dirty"), rollup("Private_Dirty")
        question()
        print(shared, rollup("Private_Dirty") - before, flush=True)
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    del heap
    sys.exit(os.waitstatus_to_exitcode(status) != 0)


main()
