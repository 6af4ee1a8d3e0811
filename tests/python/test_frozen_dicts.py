"""`frozendict`, from CPython 3.15 on: a dict that no subclass of `dict` is."""

from __future__ import annotations

import builtins
import gc
import sys
from typing import Any

import pytest

import heapgraph

pytestmark = pytest.mark.skipif(sys.version_info < (3, 15), reason="there is none")


class Threshold:
    """What a frozendict holds."""


class Rules:
    """Holds frozendicts."""

    def __init__(self) -> None:
        frozen: Any = getattr(builtins, "frozendict")  # noqa: B009 - not known to older stubs
        derived: Any = type("Derived", (frozen,), {})
        self.exact = frozen({"threshold": Threshold(), (1, 2): [Threshold()]})
        self.derived = derived({"limit": Threshold()})
        self.derived.owner = Threshold()
        self.numbers = frozen(one=1, two=2)


RULES: Any = Rules() if sys.version_info >= (3, 15) else None


def test_names_below_a_frozendict() -> None:
    """In snapshots and of single objects alike."""
    snapshot = heapgraph.take_snapshot()
    expected = {
        f"{__name__}.RULES.exact['threshold']",
        f"{__name__}.RULES.exact[(1, 2)][0]",
        f"{__name__}.RULES.derived['limit']",
        f"{__name__}.RULES.derived.owner",
    }
    nodes = snapshot.find(type_name=f"{__name__}.Threshold")
    chains = [snapshot.find_chain(node) for node in nodes]
    assert {chain.path for chain in chains if chain} == expected
    live = [item for item in gc.get_objects() if type(item) is Threshold]
    live += [RULES.exact["threshold"]]
    explained = {chain.path for item in live for chain in heapgraph.why(item).chains}
    assert explained <= expected
    chain = heapgraph.find_backref_chain(RULES.exact["threshold"], heapgraph.is_proper_module)
    assert "['threshold']" in heapgraph.describe_chain(chain)


def test_what_a_frozendict_holds_is_what_the_collector_says() -> None:
    """And the keys, which its traverse leaves out where all are strings."""
    snapshot = heapgraph.take_snapshot()
    for held in (RULES.exact, RULES.numbers):
        [node] = snapshot.find(address=id(held))
        entries = [item for entry in held.items() for item in entry]
        assert [referent.node.address for referent in node.referents] == [
            id(item) for item in entries
        ]
        assert node.shallow_size == sys.getsizeof(held)
    [node] = snapshot.find(address=id(RULES.numbers))
    assert "2 items" in str(snapshot.find_chain(node))
    assert node.unexplained_count == 0


def add_to_slow() -> None:
    """Grow below the mapping that is there."""
    RULES.queues["slow"].append(Threshold())


def test_growth_below_a_frozendict() -> None:
    """Its values have the paths that those of a dict have."""
    frozen: Any = getattr(builtins, "frozendict")  # noqa: B009 - as above
    paths = []
    for make in (dict, frozen):
        RULES.queues = make(fast=[], slow=[])
        report = heapgraph.find_growth(add_to_slow, seconds=20)
        paths.append([path.path for path in report.growing])
        del RULES.queues
    assert paths == [[f"{__name__}.RULES.queues[x]"]] * 2
