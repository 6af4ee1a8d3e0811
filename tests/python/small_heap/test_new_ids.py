"""Objects that were not there before, compared with what objgraph says of the same heap."""

from __future__ import annotations

import io
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from itertools import product
from typing import TYPE_CHECKING, Any

import objgraph

import heapgraph
from raising import raising

if TYPE_CHECKING:
    from collections.abc import Callable

# What objgraph itself keeps between two calls, and what both return, is in the heap that objgraph
# looks at.
OWN = {"set", "defaultdict", "dict", "collections.defaultdict"}
OWN |= {f"builtins.{name}" for name in OWN}


# Of these objgraph misses new ones.
FIXED = {"tuple", "frozenset", "method", "builtin_function_or_method", "mappingproxy", "slice"}


class Leak:
    pass


class Other:
    pass


class Both:
    """The same question to both, each with a state of its own."""

    def __init__(self) -> None:
        self.ours: dict[str, Any] = {}
        self.theirs: dict[str, Any] = {}

    def ask(self, **arguments: Any) -> tuple[str, str]:
        """The two tables."""
        ours, theirs = io.StringIO(), io.StringIO()
        self.our_ids = heapgraph.get_new_ids(file=ours, _state=self.ours, **arguments)
        self.their_ids = objgraph.get_new_ids(file=theirs, _state=self.theirs, **arguments)
        return ours.getvalue(), theirs.getvalue()


def nothing_new() -> Both:
    """Nothing has happened since both looked."""
    asked = Both()
    for _ in range(3):
        asked.ask(limit=0)
    return asked


def rows(table: str) -> list[list[str]]:
    """The rows of a table, without what objgraph itself keeps."""
    parts = [line.split() for line in table.splitlines() if not line.startswith("=")]
    return [row for row in parts[1:] if row[0] not in OWN]


def test_the_rows_are_those_of_objgraph() -> None:
    assert_rows_agree(shortnames=False)


def test_the_rows_with_short_names_are_those_of_objgraph() -> None:
    assert_rows_agree(shortnames=True)


def assert_rows_agree(shortnames: bool) -> None:
    both = nothing_new()
    both.ask(limit=0, shortnames=shortnames)
    for sortby in ("old", "current", "new", "deltas"):
        both.ask(limit=0)
        kept = [Leak() for _ in range(30)] + [Other() for _ in range(30)]
        ours, theirs = both.ask(limit=None, sortby=sortby)
        assert rows(ours) == rows(theirs)
        assert len(rows(ours)) > 20
        del kept[:40]
        ours, theirs = both.ask(limit=None, sortby=sortby)
        assert rows(ours) == rows(theirs)
        assert [row[4] for row in rows(ours) if row[0].endswith("Leak")] == ["-30"]
        del kept


def test_the_table_is_that_of_objgraph_byte_for_byte() -> None:
    both = nothing_new()
    for limit in (1, 2):
        kept = [Leak() for _ in range(3000)] + [Other() for _ in range(2000)]
        ours, theirs = both.ask(limit=limit)
        assert ours == theirs
        assert len(ours.splitlines()) == limit + 4
        assert len(kept) == 5000
        del kept
        both.ask(limit=0)


def test_limits() -> None:
    both = nothing_new()
    assert both.ask(limit=0) == ("", "")
    everything = len(both.ask(limit=None)[0].splitlines()) - 4
    assert len(both.ask(limit=-5)[0].splitlines()) - 4 == everything - 5
    assert both.ask(limit=-(10**6)) == ("", "")
    assert len(both.ask()[0].splitlines()) - 4 == 10


def test_the_ids_are_those_of_objgraph() -> None:
    both = nothing_new()
    kept = [Leak() for _ in range(5)]
    both.ask(limit=0)
    assert both.our_ids["Leak"] == both.their_ids["Leak"] == set(map(id, kept))
    assert both.our_ids["Other"] == both.their_ids["Other"] == set()
    assert both.our_ids.keys() | OWN == both.their_ids.keys() | OWN
    for name in both.their_ids.keys() - OWN - FIXED:
        assert both.our_ids[name] == both.their_ids[name]
    for name in FIXED:
        assert both.our_ids[name] >= both.their_ids[name]
    assert type(both.our_ids) is defaultdict
    assert both.our_ids["no such type"] == set()
    found = heapgraph.at_addrs(both.our_ids["Leak"])
    assert sorted(map(id, found)) == sorted(map(id, kept))


def test_the_table_goes_to_what_stdout_is_now() -> None:
    state: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()) as output:
        heapgraph.get_new_ids(limit=3, _state=state)
    printed = output.getvalue().splitlines()
    assert len(printed) == 7
    assert printed[0] == printed[2] == printed[6] == "=" * len(printed[1])


def test_the_result_is_of_its_own() -> None:
    state: dict[str, Any] = {}
    heapgraph.get_new_ids(limit=0, _state=state)
    leak = Leak()
    first = heapgraph.get_new_ids(limit=0, _state=state)
    again = heapgraph.get_new_ids(True, _state=state)
    assert again == first
    assert again is not first
    first.clear()
    heapgraph.get_new_ids(limit=0, _state=state)
    assert again["Leak"] == {id(leak)}
    assert heapgraph.get_new_ids(skip_update=True, _state=state)["Leak"] == set()


def test_skipping_neither_looks_nor_prints() -> None:
    state: dict[str, Any] = {}
    assert heapgraph.get_new_ids(skip_update=True, _state=state) == {}
    heapgraph.get_new_ids(limit=0, _state=state)
    leak = Leak()
    with redirect_stdout(io.StringIO()) as output:
        skipped = heapgraph.get_new_ids(True, sortby="anything", limit=None, _state=state)
    assert id(leak) not in skipped["Leak"]
    assert output.getvalue() == ""
    assert heapgraph.get_new_ids(limit=0, _state=state)["Leak"] == {id(leak)}


def test_names_are_remembered_and_may_change() -> None:
    """Unlike in objgraph, where all objects are new under their new names."""
    state: dict[str, Any] = {}
    heapgraph.get_new_ids(limit=0, shortnames=False, _state=state)
    leak = Leak()
    full = f"{__name__}.Leak"
    assert heapgraph.get_new_ids(limit=0, _state=state)[full] == {id(leak)}
    assert heapgraph.get_new_ids(skip_update=True, _state=state)[full] == {id(leak)}
    other = Other()
    short = heapgraph.get_new_ids(limit=0, shortnames=True, _state=state)
    assert {name for name, ids in short.items() if ids} == {"Other"}
    assert short["Other"] == {id(other)}
    assert heapgraph.get_new_ids(limit=0, _state=state)["Leak"] == set()


def test_a_column_that_is_none_is_refused_before_anything_is_forgotten() -> None:
    state: dict[str, Any] = {}
    heapgraph.get_new_ids(limit=0, _state=state)
    leak = Leak()
    columns: list[Any] = ["delta", "", None, 3, ["new"]]
    for kind, wrong in product((KeyError, ValueError), columns):
        with raising(kind, r"^sortby must be one of 'old', 'current', 'new', 'deltas'"):
            heapgraph.get_new_ids(sortby=wrong, _state=state)
    assert heapgraph.get_new_ids(limit=0, _state=state)["Leak"] == {id(leak)}


def test_a_limit_that_is_no_number_is_refused_before_anything_is_forgotten() -> None:
    state: dict[str, Any] = {}
    heapgraph.get_new_ids(limit=0, _state=state)
    leak = Leak()
    limits: list[Any] = ["3", 2.5, [1]]
    for wrong in limits:
        with raising(TypeError, r"^limit must be a number of rows"):
            heapgraph.get_new_ids(limit=wrong, _state=state)
    assert heapgraph.get_new_ids(limit=0, _state=state)["Leak"] == {id(leak)}


def twin() -> Any:
    return type("Twin", (), {"__slots__": ("one", "__weakref__")})


class Held:
    def method(self) -> None:
        pass


def replaced(obj: list[object], make: Callable[[], object]) -> bool:
    """Frees an object and puts another in its place, if the allocator is willing."""
    address = id(obj[0])
    obj.clear()
    others = []
    for _ in range(1000):
        obj.append(make())
        if id(obj[0]) == address:
            return True
        others.append(obj.pop())
    return False


FIRST, SECOND = Held(), Held()
MADE: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "Twin": (twin(), twin()),
    "tuple": (lambda: (FIRST, FIRST), lambda: (FIRST, SECOND)),
    "method": (lambda: FIRST.method, lambda: SECOND.method),
    "frozenset": (lambda: frozenset([FIRST]), lambda: frozenset([SECOND])),
    "builtin_function_or_method": (lambda: [FIRST].append, lambda: [SECOND].append),
    "slice": (lambda: slice(FIRST), lambda: slice(SECOND)),
}


def test_another_object_in_the_same_place_is_new() -> None:
    """Where it can be known; objgraph takes all of these for the objects that were there before."""
    assert sum(is_new_in_the_same_place(name) for name in MADE) > 1


def is_new_in_the_same_place(name: str) -> bool:
    """False if the allocator has given no address a second time."""
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    first, second = MADE[name]
    obj: list[object] = []
    for _ in range(10):
        obj[:] = [first()]
        heapgraph.get_new_ids(limit=0, _state=ours)
        objgraph.get_new_ids(limit=0, _state=theirs)
        if replaced(obj, second):
            break
    else:
        return False
    assert id(obj[0]) in heapgraph.get_new_ids(limit=0, _state=ours)[name]
    assert id(obj[0]) not in objgraph.get_new_ids(limit=0, _state=theirs)[name]
    return True


def test_what_was_there_before_is_not_new() -> None:
    """Whatever has happened to it: only what never changes counts as contents."""
    held: dict[str, Any] = {"list": [1], "dict": {1: FIRST}, "leak": Leak()}
    held["tuple"] = (FIRST, [1])
    held["function"] = lambda: held
    held["set"] = {1}
    state: dict[str, Any] = {}
    heapgraph.get_new_ids(limit=0, _state=state)
    held["list"].extend([FIRST] * 3)
    held["dict"].update(a=FIRST, b=2)
    held["leak"].attribute = FIRST
    held["leak"].__class__ = Leak
    held["tuple"][1].append(FIRST)
    held["function"].__defaults__ = (FIRST,)
    held["set"].update("abcdefghij")
    new = heapgraph.get_new_ids(limit=0, _state=state)
    ids = set().union(*new.values())
    assert not ids & set(map(id, held.values()))


def test_results_that_are_kept_are_not_new() -> None:
    """objgraph reports its own sets, and those it has returned."""
    state: dict[str, Any] = {}
    kept = [heapgraph.get_new_ids(limit=0, _state=state)]
    leak = Leak()
    for _ in range(3):
        kept.append(heapgraph.get_new_ids(limit=0, _state=state))
    assert kept[1]["Leak"] == {id(leak)}
    assert [{name for name, ids in new.items() if ids} for new in kept[2:]] == [set(), set()]


def test_a_few_bytes_are_remembered_for_each_object() -> None:
    baseline = heapgraph.Baseline()
    kept = [[(n, FIRST)] for n in range(100_000)]
    baseline.get_new_ids(limit=0)
    baseline.get_new_ids(limit=0)
    seen = baseline._seen
    assert seen.object_count > 2 * len(kept)
    assert seen.memory_size <= 6 * seen.object_count
    print(f"{seen.memory_size / seen.object_count:.2f} bytes an object", file=sys.stderr)
    baseline.start_over()
    assert seen.memory_size < 1000
