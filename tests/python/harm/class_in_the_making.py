"""Looks at the heap while classes are being made: they are in it, and lack what others have."""

from __future__ import annotations

import gc
from typing import Any

import heapgraph

looks = 0


def look() -> None:
    """Take a snapshot with names."""
    global looks
    looks += 1
    heapgraph.take_snapshot(collect=False)


class LookingKey(str):
    """A name of an attribute that looks at the heap when it is compared."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        look()
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Meta(type):
    """Looks at the heap when the order of the classes is worked out."""

    def mro(cls) -> list[type]:
        look()
        return super().mro()


class Descriptor:
    """Looks at the heap when it is told its name."""

    def __set_name__(self, owner: type, name: str) -> None:
        look()


def before_collection(phase: str, information: dict[str, Any]) -> None:
    """Look at the heap in the middle of whatever started a collection."""
    if phase == "start":
        look()


Meta("InMro", (), {})
Meta("Named", (), {LookingKey("__qualname__"): "Named", LookingKey("__module__"): "mine"})
Meta("Described", (), {"field": Descriptor(), "__slots__": ("slot",)})
gc.callbacks.append(before_collection)
gc.set_threshold(1)
for number in range(2):
    Meta(f"Collected{number}", (), {"field": Descriptor(), "cell": [number]})
gc.callbacks.clear()
assert looks > 6, looks
