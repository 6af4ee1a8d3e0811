"""Objects that raise, or lie, whatever they are asked: every question about them is answered."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import heapgraph
from dot_reader import drawn

SHOW = (heapgraph.show_refs, heapgraph.show_backrefs)
FIND = (heapgraph.find_ref_chain, heapgraph.find_backref_chain)


class Hostile:
    """Raises, or worse, whatever it is asked."""

    armed = False

    def __getattribute__(self, name: str) -> Any:
        if Hostile.armed:
            raise ZeroDivisionError(name)
        return object.__getattribute__(self, name)

    def fail(self, *args: object) -> Any:
        raise ZeroDivisionError

    __repr__ = __str__ = __len__ = __bool__ = __hash__ = __eq__ = __iter__ = fail
    __class__ = property(fail)


class LyingMeta(type):
    @property
    def __name__(cls) -> Any:  # type: ignore[override]
        raise ZeroDivisionError

    @property
    def __module__(cls) -> Any:  # type: ignore[override]
        return 3

    def __repr__(cls) -> str:
        raise ZeroDivisionError

    __bool__ = __len__ = __hash__ = __eq__ = Hostile.fail


def lying_class() -> Any:
    """Made when asked for: whoever collects tests would ask it for its name."""
    return LyingMeta("Lying", (), {})


class FalseText(str):
    __slots__ = ()
    __len__ = __getitem__ = __str__ = __eq__ = encode = split = Hostile.fail  # type: ignore[assignment]
    __hash__ = str.__hash__


def dead_proxy() -> Any:
    return weakref.proxy(Hostile())


def all_answers(obj: Any) -> None:
    holder = [[obj]]
    for show in SHOW:
        drawn(show, [obj], max_depth=2, refcounts=True)
        drawn(show, holder, max_depth=3)
    for find in FIND:
        find(obj, lambda _: False, max_depth=2)
    heapgraph.find_backref_chain(obj, heapgraph.is_proper_module)
    heapgraph.describe_chain([holder, holder[0], obj])
    drawn(heapgraph.show_chain, [holder[0], obj])
    heapgraph.typestats([obj])
    heapgraph.count("dict", [obj])
    heapgraph.is_proper_module(obj)
    heapgraph.most_common_types(objects=[obj], shortnames=False)


def main() -> None:
    lying_type = lying_class()
    hostile, lying = Hostile(), lying_type()
    proxy = dead_proxy()
    Hostile.armed = True
    try:
        for obj in (hostile, lying, lying_type, LyingMeta, proxy, FalseText("x"), [hostile, lying]):
            all_answers(obj)
        assert "(unrepresentable)" in drawn(heapgraph.show_refs, [hostile]).texts[0]
    finally:
        Hostile.armed = False
    assert heapgraph.count("Lying") == 1
    assert heapgraph.count(lying_type, [lying]) == 1


if __name__ == "__main__":
    gc.disable()
    main()
