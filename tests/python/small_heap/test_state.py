"""Every function leaves the heap as it was, and its own state is in nobody's answer."""

from __future__ import annotations

import gc
import inspect
import io
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

import objgraph

import heapgraph
from alone import run_alone

if TYPE_CHECKING:
    from collections.abc import Callable


class Probe:
    pass


HOLDER = [Probe()]


def is_probe(obj: object) -> bool:
    return type(obj) is Probe


def probe() -> Probe:
    return HOLDER[0]


# All functions of objgraph, each in the ways that take different paths.
ASKS: dict[str, list[Callable[[], Any]]] = {
    "at": [lambda: heapgraph.at(id(probe()))],
    "at_addrs": [lambda: heapgraph.at_addrs([id(probe())])],
    "by_type": [
        lambda: heapgraph.by_type("Probe"),
        lambda: heapgraph.by_type(Probe, iter(HOLDER)),
    ],
    "count": [lambda: heapgraph.count("Probe"), lambda: heapgraph.count(Probe, HOLDER)],
    "find_backref_chain": [
        lambda: heapgraph.find_backref_chain(probe(), heapgraph.is_proper_module),
        lambda: heapgraph.find_backref_chain(probe(), lambda _: False, max_depth=2),
    ],
    "find_ref_chain": [
        lambda: heapgraph.find_ref_chain(HOLDER, is_probe),
        lambda: heapgraph.find_ref_chain(HOLDER, lambda _: False, max_depth=2),
    ],
    "get_leaking_objects": [
        heapgraph.get_leaking_objects,
        lambda: heapgraph.get_leaking_objects(HOLDER),
        lambda: heapgraph.get_leaking_objects(iter(HOLDER)),
    ],
    "get_new_ids": [
        lambda: heapgraph.get_new_ids(limit=0),
        lambda: heapgraph.get_new_ids(file=io.StringIO()),
        lambda: heapgraph.get_new_ids(skip_update=True),
    ],
    "growth": [heapgraph.growth, lambda: heapgraph.growth(None, filter=is_probe)],
    "is_proper_module": [lambda: heapgraph.is_proper_module(sys)],
    "most_common_types": [heapgraph.most_common_types],
    "show_backrefs": [lambda: heapgraph.show_backrefs(probe(), output=io.StringIO())],
    "show_chain": [lambda: heapgraph.show_chain([HOLDER, probe()], output=io.StringIO())],
    "show_growth": [lambda: heapgraph.show_growth(file=io.StringIO())],
    "show_most_common_types": [lambda: heapgraph.show_most_common_types(file=io.StringIO())],
    "show_refs": [lambda: heapgraph.show_refs(HOLDER, output=io.StringIO())],
    "typestats": [heapgraph.typestats, lambda: heapgraph.typestats(filter=is_probe)],
}


def test_these_are_all_functions_of_objgraph() -> None:
    functions = {name for name, value in vars(objgraph).items() if inspect.isfunction(value)}
    assert ASKS.keys() == {name for name in functions if not name.startswith("_")}


def referrers() -> tuple[list[int], int]:
    """Those that the collector sees, and the number of all."""
    return sorted(map(id, gc.get_referrers(probe()))), sys.getrefcount(probe())


def test_first_calls_import_nothing() -> None:
    run_alone("first_calls")


def test_nothing_is_left_in_the_heap() -> None:
    for ask in chain.from_iterable(ASKS.values()):
        # What a first call imports, and the first answer of each kind.
        ask()
        gc.collect()
        before = referrers()
        number = len(gc.get_objects())
        ask()
        assert len(gc.get_objects()) == number
        assert referrers() == before


def test_what_is_remembered_is_in_no_answer() -> None:
    watch = heapgraph.Baseline()
    for ask in chain.from_iterable(ASKS.values()):
        ask()
        # By position: with names, 3.10 makes a bound method for the call.
        watch.growth()
        watch.get_new_ids(False, 0)
        for _ in range(3):
            ask()
        # As text: a list would be new.
        rows = repr(watch.growth())
        new = watch.get_new_ids(False, 0)
        assert rows == "[]"
        assert {kind for kind, ids in new.items() if ids} == set()
