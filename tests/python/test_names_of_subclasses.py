"""The names of what instances of classes derived from list, tuple and dict hold: their contents by
position or key, and what they hold besides.

The oracle is what Python itself says: the items, `__dict__`, the slots.
"""

from __future__ import annotations

import collections
import itertools
import time
from typing import Any, NamedTuple

import pytest

import heapgraph
from heapgraph._core import named_referents


class Held:
    pass


class Plain(list[Any]):
    pass


class Slotted(list[Any]):
    __slots__ = ("first", "second")


class SlottedAndMore(Slotted):
    pass


class Deeper(SlottedAndMore):
    __slots__ = ("third",)

    third: Any


class PlainTuple(tuple[Any, ...]):
    pass


class EmptyTuple(tuple[Any, ...]):
    __slots__ = ()


class Pair(NamedTuple):
    first: Any
    second: Any


class Table(dict[Any, Any]):
    __slots__ = ("first",)


class TableAndMore(Table):
    pass


CLASSES: list[type[Any]] = [
    Plain,
    Slotted,
    SlottedAndMore,
    Deeper,
    PlainTuple,
    EmptyTuple,
    Table,
    TableAndMore,
    collections.OrderedDict,
]


def slots_of(kind: type) -> list[str]:
    """The names of the slots of a class and its bases."""
    declared = (vars(base).get("__slots__", ()) for base in kind.__mro__)
    return [name for names in declared for name in names]


def expected(holder: Any, attributes: dict[str, Any]) -> list[tuple[str, int]]:
    """The names that the holder's references must have: contents, slots and attributes."""
    if isinstance(holder, dict):
        contents = [(f"[{key!r}]", value) for key, value in holder.items()]
        contents += [(f"key {key!r}", key) for key in holder]
    else:
        contents = [(f"[{position}]", item) for position, item in enumerate(holder)]
    named = [(f".{name}", value) for name, value in attributes.items()]
    return sorted((name, id(value)) for name, value in contents + named)


def told(named: Any, of: Any) -> list[tuple[str, int]]:
    """What heapgraph tells, without the class and with the attributes that are in a dict."""
    flat: set[tuple[str, int]] = set()
    for name, referent, entries in named:
        if name == ".__dict__":
            flat.update((f".{key}", value) for key, value in entries)
        # An OrderedDict has its keys twice.
        elif name not in {".__class__", "<internal>"} and referent != id(type(of)):
            flat.add((name, referent))
    return sorted(flat)


def live_names(holder: object) -> list[tuple[str, int]]:
    named = []
    for name, referent in named_referents(holder):
        entries = (
            [(key, id(value)) for key, value in referent.items()] if name == ".__dict__" else []
        )
        named.append((name, id(referent), entries))
    return told(named, holder)


def saved_names(snapshot: heapgraph.HeapSnapshot, holder: object) -> list[tuple[str, int]]:
    (node,) = snapshot.find(address=id(holder))
    named = []
    for reference in node.referents:
        entries = [
            (inner.name[2:-2], inner.node.address)
            for inner in reference.node.referents
            if inner.name.startswith("['") and reference.name == ".__dict__"
        ]
        named.append((reference.name, reference.node.address, entries))
    return told(named, holder)


def made(kind: type[Any], count: int, ask_for_dict: bool) -> tuple[Any, dict[str, Any]]:
    """An instance with so many items, all slots set, and two attributes where it can have some.

    Asking for its dict makes one, in which the attributes are then.
    """
    shared = Held()
    items = [Held() if position % 3 else shared for position in range(count)]
    holder = kind(enumerate(items)) if issubclass(kind, dict) else kind(items)
    attributes: dict[str, Any] = {}
    for name in slots_of(kind):
        attributes[name] = shared
    if kind.__dictoffset__:
        if ask_for_dict:
            assert not vars(holder)
        attributes |= {"note": Held(), "again": shared}
    for name, value in attributes.items():
        setattr(holder, name, value)
    return holder, attributes


CASES = list(itertools.product(CLASSES, [0, 1, 40], [False, True]))


def test_contents_slots_and_attributes_are_named() -> None:
    cases = [made(*case) for case in CASES]
    snapshot = heapgraph.take_snapshot()
    for case, (holder, attributes) in zip(CASES, cases, strict=True):
        assert saved_names(snapshot, holder) == expected(holder, attributes), case


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_live_heap_gives_the_same_names(kind: type[Any]) -> None:
    for ask_for_dict in (False, True):
        holder, attributes = made(kind, 40, ask_for_dict)
        assert live_names(holder) == expected(holder, attributes)


def test_items_of_named_tuples_and_of_those_of_the_interpreter() -> None:
    first, second = Held(), Held()
    pair = Pair(first, second)
    moment = time.struct_time(([first], 2, 3, 4, 5, 6, 7, 8, 9, "zone", [second]))
    snapshot = heapgraph.take_snapshot()
    for names in (saved_names(snapshot, pair), live_names(pair)):
        assert names == [("[0]", id(first)), ("[1]", id(second))]
    for names in (saved_names(snapshot, moment), live_names(moment)):
        assert ("[0]", id(moment[0])) in names
        assert (".tm_gmtoff", id(moment.tm_gmtoff)) in names


def test_a_class_of_its_own_in_its_items_and_itself() -> None:
    holder = Plain()
    holder += [Plain, holder, None, None]
    holder.nothing = None  # type: ignore[attr-defined]
    named = [(name, id(held)) for name, held in named_referents(holder)]
    for position, item in enumerate(holder):
        assert (f"[{position}]", id(item)) in named
    assert named.count((".__class__", id(Plain))) == 1
