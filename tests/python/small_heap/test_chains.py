"""Reference chains: as long as those of objgraph, and whatever a predicate does."""

from __future__ import annotations

import gc
import threading
from typing import Any

import chains_of_both
import changing_heap
import heapgraph
import held_objects
from held_objects import REGISTRY, Link, Target
from raising import raising


def test_chains_to_modules_are_as_long_as_those_of_objgraph() -> None:
    held_objects.fill()
    chains_of_both.to_modules()


def test_chains_to_other_objects_are_as_long_as_those_of_objgraph() -> None:
    held_objects.fill()
    chains_of_both.to_other_objects()


def test_chains_forward_are_as_long_as_those_of_objgraph() -> None:
    held_objects.fill()
    chains_of_both.forward()


def nested(depth: int) -> tuple[list[Any], Target]:
    target = Target()
    outer: Any = target
    for _ in range(depth):
        outer = [outer]
    return outer, target


def test_max_depth_is_inclusive() -> None:
    outer, target = nested(5)
    for depth in (0, 1, 2, 5):
        chain = heapgraph.find_ref_chain(outer, lambda obj: obj is target, max_depth=depth)
        assert len(chain) == (6 if depth == 5 else 1)
        assert chain[0] is outer
        chain = heapgraph.find_backref_chain(target, lambda obj: obj is outer, max_depth=depth)
        assert len(chain) == (6 if depth == 5 else 1)
        assert chain[-1] is target


def test_the_predicate_is_asked_once_of_each_nearest_first() -> None:
    outer, target = nested(4)
    asked: list[int] = []
    heapgraph.find_ref_chain(outer, lambda obj: asked.append(id(obj)))
    by_depth, inner = [], outer
    while type(inner) is list:
        by_depth.append(id(inner))
        inner = inner[0]
    assert asked[:5] == [*by_depth, id(target)]
    assert len(asked) == len(set(asked))

    seen: list[int] = []
    heapgraph.find_backref_chain(target, lambda obj: seen.append(id(obj)), max_depth=3)
    assert seen[0] == id(target)
    assert len(seen) == len(set(seen))
    assert id(asked) not in seen


def test_an_object_can_be_its_own_match() -> None:
    obj = [1]
    assert heapgraph.find_ref_chain(obj, lambda _: True) == [obj]
    assert heapgraph.find_backref_chain(obj, lambda _: True) == [obj]
    assert heapgraph.find_backref_chain(heapgraph, heapgraph.is_proper_module) == [heapgraph]


def test_no_match_gives_the_object_alone() -> None:
    obj = object()
    assert heapgraph.find_ref_chain(obj, lambda _: False) == [obj]
    assert heapgraph.find_backref_chain(obj, lambda _: False) == [obj]
    assert heapgraph.find_backref_chain(Target(), heapgraph.is_proper_module)[1:] == []


def test_ignored_objects_are_never_entered() -> None:
    target = Target()
    short, long = [target], [[[target]]]
    both = [short, long]
    chain = heapgraph.find_ref_chain(both, lambda obj: obj is target)
    assert chain == [both, short, target]
    ignored = {id(short)}
    chain = heapgraph.find_ref_chain(both, lambda obj: obj is target, extra_ignore=ignored)
    assert chain == [both, long, long[0], long[0][0], target]
    asked: list[int] = []
    heapgraph.find_ref_chain(both, lambda obj: asked.append(id(obj)), extra_ignore=iter(ignored))
    assert id(short) not in asked
    # The start is met even so.
    assert heapgraph.find_ref_chain(both, lambda obj: True, extra_ignore=[id(both)]) == [both]


def test_the_tool_is_never_met() -> None:
    target = Target()
    met: list[str] = []

    def look(obj: object) -> None:
        if type(obj).__name__ == "frame":
            met.append(obj.f_globals["__name__"])  # type: ignore[attr-defined]

    heapgraph.find_backref_chain(target, look, max_depth=4)
    assert met
    assert not any(name.startswith("heapgraph") for name in met)


def test_errors_of_the_predicate_come_through() -> None:
    target = Target()
    count = len(gc.get_referrers(target))

    class OwnError(BaseException):
        pass

    def fail(obj: object) -> bool:
        raise OwnError

    for find in (heapgraph.find_ref_chain, heapgraph.find_backref_chain):
        for switch in (gc.enable, gc.disable):
            switch()
            was_enabled = gc.isenabled()
            with raising(OwnError):
                find(target, fail)
            assert gc.isenabled() is was_enabled
    assert len(gc.get_referrers(target)) == count
    probes = heapgraph.by_type(Target)
    assert probes == [target]


class Unsure:
    def __bool__(self) -> bool:
        raise ZeroDivisionError


def test_errors_of_the_answer_come_through() -> None:
    with raising(ZeroDivisionError):
        heapgraph.find_ref_chain([], lambda _: Unsure())


def test_predicates_may_change_the_heap() -> None:
    """Containers that are being searched are cleared, and candidates lose their last holders."""
    changing_heap.search(heapgraph.find_ref_chain, is_forward=True)
    changing_heap.search(heapgraph.find_backref_chain, is_forward=False)


def test_predicates_may_start_threads() -> None:
    outer, target = nested(30)

    def with_thread(obj: object) -> bool:
        def churn() -> None:
            _ = [[Link()] for _ in range(50)]
            gc.collect(0)

        thread = threading.Thread(target=churn)
        thread.start()
        thread.join()
        return obj is target

    chain = heapgraph.find_ref_chain(outer, with_thread, max_depth=40)
    assert len(chain) == 31


def test_predicates_may_search_themselves() -> None:
    outer, target = nested(3)
    lengths: list[int] = []

    def search(obj: object) -> bool:
        lengths.append(len(heapgraph.find_ref_chain(outer, lambda other: other is target)))
        return obj is target

    assert len(heapgraph.find_ref_chain(outer, search)) == 4
    assert set(lengths) == {4}


def test_nothing_is_left_behind() -> None:
    held_objects.fill()
    target = REGISTRY[next(iter(REGISTRY))]
    gc.collect()
    before = list(map(id, gc.get_referrers(target)))
    count = len(gc.get_objects())
    for _ in range(3):
        heapgraph.find_backref_chain(target, heapgraph.is_proper_module)
        heapgraph.find_backref_chain(target, lambda obj: False, max_depth=2)
        heapgraph.find_ref_chain(target, lambda obj: False, max_depth=2)
    gc.collect()
    assert list(map(id, gc.get_referrers(target))) == before
    assert len(gc.get_objects()) <= count + 1


def test_chains_of_any_length() -> None:
    outer, target = nested(100_000)
    chain = heapgraph.find_ref_chain(outer, lambda obj: obj is target, max_depth=10**7)
    assert len(chain) == 100_001
    assert chain[-1] is target
    chain = heapgraph.find_backref_chain(target, lambda obj: obj is outer, max_depth=10**30)
    assert len(chain) == 100_001
    text = heapgraph.describe_chain(chain)
    assert text.count("[0]") == 200_000
    # Freeing it from the outside in would be as deep.
    while type(outer) is list:
        outer = outer.pop()


def test_description_of_a_chain() -> None:
    REGISTRY["seen"] = [None, Link(target := Target())]
    chain = heapgraph.find_backref_chain(target, heapgraph.is_proper_module)
    first, blank, *rest = heapgraph.describe_chain(chain).splitlines()
    # Of three modules that have it, the first by name.
    assert first == f"{chains_of_both.__name__}.REGISTRY['seen'][1].held"
    assert blank == ""
    assert rest[0].split() == ["module", chains_of_both.__name__]
    assert rest[-2].split()[0] == ".held"
    assert rest[-1] == "and your variable `target`"
