"""Functions that leave garbage of one shape each."""

from __future__ import annotations

import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Node:
    """A parent and its children refer to each other."""

    def __init__(self, parent: Node | None = None) -> None:
        self.parent = parent
        self.children: list[Node] = []
        if parent is not None:
            parent.children.append(self)


class Slotted:
    __slots__ = ("__weakref__", "other")

    other: object


class Finalized:
    finalized = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Finalized.finalized += 1


def self_referring_list() -> None:
    loop: list[Any] = [1, "text", b"bytes"]
    loop.append(loop)


def ring_of_instances() -> None:
    nodes = [Node() for _ in range(5)]
    for node, following in zip(nodes, nodes[1:] + nodes[:1], strict=True):
        node.next = following  # type: ignore[attr-defined]


def tree() -> None:
    root = Node()
    for _ in range(10):
        Node(Node(root))


def slots() -> None:
    one, other = Slotted(), Slotted()
    one.other, other.other = other, {"one": one}


def recursive_closure() -> None:
    def factorial(number: int) -> int:
        return number * factorial(number - 1) if number else 1

    factorial(3)


def bound_method() -> None:
    node = Node()
    node.callback = node.__init__  # type: ignore[attr-defined, misc]


def suspended_generator() -> None:
    def count(items: list[Any]) -> Iterator[int]:
        yield len(items)

    items: list[Any] = []
    items.append(count(items))


def kept_exception() -> None:
    def fail() -> None:
        raise ValueError("no")

    try:
        fail()
    except ValueError as error:
        kept = error
        assert kept


def local_class() -> None:
    class Local:
        def method(self) -> object:
            return __class__  # type: ignore[name-defined]

    assert Local().method() is Local


def with_dict_shown() -> None:
    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    vars(node)["other"] = [node]


def finalizers() -> None:
    for _ in range(3):
        Finalized()


def weak_references() -> None:
    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    node.weak = weakref.ref(node, lambda _: None)  # type: ignore[attr-defined]


def old_module() -> None:
    module = types.ModuleType("old_module")
    exec("def function(): return function", vars(module))


PLANTED = [
    self_referring_list,
    ring_of_instances,
    tree,
    slots,
    recursive_closure,
    bound_method,
    suspended_generator,
    kept_exception,
    local_class,
    with_dict_shown,
    finalizers,
    weak_references,
    old_module,
]


FREED_BY_COUNTS = {
    # From 3.13 no traverse shows the dict that an instance has.
    "with_dict_shown": {"builtins.dict"} if sys.version_info >= (3, 13) else set(),
    # Nor does that of code its constants and names.
    "old_module": {"builtins.tuple"},
}
"""Types of objects that the collector does not find, and that go with what it frees."""
