"""Reference chains, compared with what objgraph finds on the same heap: `... QUESTION`."""

from __future__ import annotations

import gc
import itertools
import sys
from typing import TYPE_CHECKING, Any

import objgraph

import heapgraph
import held_objects
from held_objects import REGISTRY, Link, Slots, Target

if TYPE_CHECKING:
    from collections.abc import Callable


def assert_is_chain(chain: list[Any]) -> None:
    """Every object of a chain refers to the next."""
    for holder, held in itertools.pairwise(chain):
        assert any(referent is held for referent in gc.get_referents(holder)), (holder, held)


def to_modules() -> None:
    targets = heapgraph.by_type(Target)
    assert len(targets) == 25
    for target in targets:
        ours = heapgraph.find_backref_chain(target, heapgraph.is_proper_module)
        theirs = objgraph.find_backref_chain(target, objgraph.is_proper_module)
        assert len(ours) == len(theirs)
        assert ours[-1] is target
        assert heapgraph.is_proper_module(ours[0])
        assert_is_chain(ours)
        # The same question as any other predicate.
        asked = heapgraph.find_backref_chain(target, objgraph.is_proper_module)
        assert len(asked) == len(ours)
        assert_is_chain(asked)
        del theirs, ours, asked


def to_other_objects() -> None:
    predicates: list[Callable[[Any], bool]] = [
        lambda obj: obj is REGISTRY,
        lambda obj: type(obj) is Link,
        lambda obj: type(obj) is Slots,
        lambda obj: type(obj).__name__ == "cell",
        lambda obj: type(obj) is dict and len(obj) == len(REGISTRY),
    ]
    for target in heapgraph.by_type(Target)[::5]:
        for predicate in predicates:
            ours = heapgraph.find_backref_chain(target, predicate, max_depth=8)
            length = len(ours)
            assert_is_chain(ours)
            del ours
            assert length == len(objgraph.find_backref_chain(target, predicate, max_depth=8))


def forward() -> None:
    """Except through the class of an instance, which explains nothing: deliberately left out."""
    classes = {id(Link), id(Slots), id(Target)}
    for start in (REGISTRY, *list(REGISTRY.values())[::5]):
        for kind in (Target, Slots, list, dict):

            def is_found(obj: object, kind: type = kind, start: object = start) -> bool:
                return type(obj) is kind and obj is not start

            ours = heapgraph.find_ref_chain(start, is_found, 6, classes)
            theirs = objgraph.find_ref_chain(start, is_found, 6, classes)
            assert len(ours) == len(theirs)
            assert ours[0] is start
            assert_is_chain(ours)


QUESTIONS = {"to_modules": to_modules, "to_other_objects": to_other_objects, "forward": forward}

if __name__ == "__main__":
    gc.disable()
    held_objects.fill()
    QUESTIONS[sys.argv[1]]()
