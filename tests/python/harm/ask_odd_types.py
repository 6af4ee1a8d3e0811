"""Asks about objects of types that are not ready, or that claim to be the interpreter's own.

usage: ask_odd_types.py FOLDER_OF_HEAPGRAPH [FOLDER_OF_ODD_TYPES]

The second folder has the compiled `odd_types.c`. Each batch of objects is made in a forked child.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
from typing import Any

sys.path.insert(0, sys.argv[1])
sys.path.append(sys.argv[-1])

import heapgraph
from forked import failures_among, report
from questions import HOLDER, ask_everything

CLAIMS = os.path.join(os.path.dirname(__file__), "claimed_types.txt")
"""What a type may say that it is: the module is `builtins` where no dot is."""
NAMES = [b"", b".", b"a.", b"\xff\xfe.\xff", b"x" * 100_000, b"line\nbreak.\x1b[2J"]
"""What a type may be called."""


def in_python(claim: bytes) -> object:
    """An instance of a class of Python that claims so."""
    module, _, name = claim.decode().rpartition(".")
    return type(name, (), {"__module__": module or "builtins"})()


def code_calls() -> int:
    """How often code of odd types ran."""
    module: Any = sys.modules.get("odd_types")
    return module.call_count() if module else 0


def look_at(made: list[Any]) -> None:
    """What is asked without a collection."""
    HOLDER.append(made)
    snapshot = heapgraph.take_snapshot(collect=False)
    for item in made:
        for node in snapshot.find(address=id(item)):
            assert node.shallow_size < 1_000_000, "its own __sizeof__ was asked"
            str(node), list(map(str, node.referents + node.referrers))
        heapgraph.describe_chain([made, item])
    heapgraph.show_refs([made], output=io.StringIO(), too_many=99, collect=False)
    with contextlib.suppress(KeyError):
        # Of a class that is all its instances, and there may be none.
        str(heapgraph.why(made[0], collect=False))
    heapgraph.count("odd_types.T")


def hold_from_outside(item: object) -> None:
    """One more reference, which nothing in the heap has."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(item))


def look_at_unbelieved(addresses: list[int]) -> None:
    """No claim makes objects that are held from outside a part of the interpreter, or named."""
    snapshot = heapgraph.take_snapshot(collect=False, values=True)
    for address in addresses:
        for node in snapshot.find(address=address):
            assert (node.root or "external").startswith("external"), node.root
            assert (node.name, node.value) == (None, None), (node.name, node.value)
            labels = {reference.name for reference in node.referents}
            assert labels <= {".__class__", ".__dict__"}, labels


def ask_about_the_unbelieved(batch: list[tuple[Any, bytes]]) -> None:
    """In a child: ask about instances that only something outside of the heap holds."""
    made = [maker(name) for maker, name in batch]
    for item in made:
        hold_from_outside(item)
    addresses = [id(item) for item in made]
    look_at_unbelieved(addresses)
    del made, item
    look_at_unbelieved(addresses)


def seed() -> None:
    """Bears the name of what is called at a fork."""


def search_function() -> None:
    """Bears the name of what searches for codecs."""


def strict_errors() -> None:
    """Bears the name of what handles errors of codecs."""


def containers() -> list[Any]:
    """Containers of what bears the names that are found in those of the interpreter."""
    claim = in_python(b"codecs.CodecInfo")
    return [[seed], [search_function], {"strict": strict_errors}, {"utf-8": claim}]


def ask_about_containers(_: list[Any]) -> None:
    """In a child: ask about them, while only something outside of the heap holds them."""
    made = containers()
    addresses = [id(container) for container in made]
    for container in made:
        hold_from_outside(container)
    del made, container
    snapshot = heapgraph.take_snapshot(collect=False)
    for address in addresses:
        (node,) = snapshot.find(address=address)
        assert node.root == "external: held from outside, 1 reference", node.root


def ask_about(batch: list[tuple[Any, bytes]]) -> None:
    """In a child: make objects by what makes them and a name, and ask."""
    look_at([maker(name) for maker, name in batch])
    assert code_calls() == 0, "code of a type ran"
    ask_everything()
    assert code_calls() == 0, "code of a type ran"


def ask_about_the_gone(batch: list[Any]) -> None:
    """In a child: make an object that shows one that is gone. The collector cannot meet it."""
    gc.disable()
    look_at([maker() for maker in batch])


def named(item: tuple[Any, bytes]) -> str:
    maker, name = item
    return f"{maker.__name__}({name[:99]!r})"


def main() -> None:
    with open(CLAIMS, "rb") as lines:
        claims = lines.read().split()
    batches: list[list[tuple[Any, bytes]]] = [[(in_python, claim) for claim in claims]]
    compiled = len(sys.argv) > 2
    odd_types: Any = __import__("odd_types") if compiled else None
    if compiled:
        unready = (
            odd_types.unready_type,
            odd_types.unready_instance,
            odd_types.untyped_instance,
            odd_types.falsely_ready_type,
        )
        batches += [
            [(maker, name) for name in (b"odd_types.T", b"NULL", *NAMES)] for maker in unready
        ]
        for maker in (odd_types.static_impostor, odd_types.heap_impostor):
            batches += [[(maker, claim) for claim in claims]]
        batches += [[(odd_types.static_impostor, name) for name in NAMES]]
    failures = failures_among(ask_about_containers, [containers], str)
    for batch in batches:
        failures |= failures_among(ask_about, batch, named)
    makers = [in_python]
    if compiled:
        makers += [odd_types.static_impostor, odd_types.heap_impostor]
    for maker in makers:
        batch = [(maker, claim) for claim in claims]
        failures |= failures_among(ask_about_the_unbelieved, batch, named)
    if compiled:
        failures |= failures_among(ask_about_the_gone, [odd_types.shower_of_the_gone], str)
    report(failures)


if __name__ == "__main__":
    main()
