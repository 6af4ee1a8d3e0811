"""Objects held in all the usual ways, from a module."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Link:
    def __init__(self, held: object = None) -> None:
        self.held = held


class Slots:
    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held


def closure_over(held: object) -> Callable[[], object]:
    def inner() -> object:
        return held

    return inner


class Target:
    pass


REGISTRY: dict[str, Any] = {}


def fill() -> None:
    """Put targets into the registry, behind one to five holders."""
    makers: tuple[Callable[[Any], Any], ...] = (
        Link,
        Slots,
        closure_over,
        lambda held: [held],
        lambda held: {"held": held},
    )
    for depth, maker in itertools.product(range(1, 6), makers):
        target: Any = Target()
        for maker_at_depth in itertools.islice(itertools.cycle((maker, *makers)), depth):
            target = maker_at_depth(target)
        REGISTRY[f"{depth} {maker.__name__} {len(REGISTRY)}"] = target
