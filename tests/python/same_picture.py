"""A program that draws and describes its own heap; its output is the same in every run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Other(Named):
    pass


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a: object, b: object) -> None:
        self.a = a
        self.b = b

    def __repr__(self) -> str:
        return "<slots>"


def closure_over(held: object) -> Callable[[], object]:
    def inner() -> object:
        return held

    return inner


REGISTRY: list[Any] = []


def build() -> Named:
    """Holds an object in many ways, some of them in the order of hashes or addresses."""
    leak = Named("leak")
    words = {f"w{n}": Named(f"n{n}") for n in range(30)}
    bag = {Named(f"b{n}") for n in range(20)}
    for member in bag:
        member.__dict__["leak"] = leak
    others = {Other("o") for _ in range(9)}
    for number, member in enumerate(sorted(others, key=id)):
        member.__dict__[f"held{number}" if number % 2 else "held"] = leak
    REGISTRY.extend(
        [
            words,
            bag,
            others,
            frozenset(f"k{n}" for n in range(20)),
            [Slots(leak, value) for value in words.values()],
            [closure_over(leak) for _ in range(5)],
            {("t", n): [leak, n] for n in range(5)},
            {leak},
            (leak,),
            {"x": leak, "y": leak},
        ]
    )
    return leak


def show(function: Callable[..., object], *args: object, **options: object) -> None:
    output = io.StringIO()
    function(*args, output=output, **options)
    print(output.getvalue())


def main() -> None:
    leak = build()
    show(heapgraph.show_backrefs, leak, max_depth=3, too_many=6)
    show(heapgraph.show_backrefs, leak, max_depth=2, too_many=60)
    show(heapgraph.show_refs, REGISTRY, max_depth=3, too_many=7)
    show(heapgraph.show_refs, [REGISTRY[1], REGISTRY[3]], max_depth=1, too_many=5)
    show(heapgraph.show_refs, ["alpha", "beta", Named, Other], max_depth=1)
    to_module = heapgraph.find_backref_chain(leak, heapgraph.is_proper_module)
    print(heapgraph.describe_chain(to_module))
    show(heapgraph.show_chain, to_module)
    del to_module
    for kind in (set, dict, tuple, list, Slots):
        for find, start in (
            (heapgraph.find_backref_chain, leak),
            (heapgraph.find_ref_chain, REGISTRY),
            (heapgraph.find_ref_chain, REGISTRY[1]),
        ):

            def is_found(obj: object, kind: type = kind) -> bool:
                return type(obj) is kind

            print(heapgraph.describe_chain(find(start, is_found)))
    for start in (REGISTRY, REGISTRY[1], REGISTRY[4]):
        chain = heapgraph.find_ref_chain(start, lambda obj: obj is leak)
        print(heapgraph.describe_chain(chain))
        show(heapgraph.show_chain, chain, backrefs=False)
        del chain


if __name__ == "__main__":
    main()
