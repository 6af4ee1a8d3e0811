"""Counting and finding objects, compared with what objgraph says of the same heap."""

from __future__ import annotations

import gc
import io
import sys
import types
from contextlib import redirect_stdout
from importlib.util import LazyLoader, find_spec, module_from_spec
from itertools import product
from typing import TYPE_CHECKING, Any

import objgraph

import heapgraph
from raising import raising

if TYPE_CHECKING:
    from collections.abc import Callable


class Outer:
    class Inner:
        pass


class Derived(dict[str, int]):
    pass


# Every comparison is of one heap: nothing is made or collected between the two calls.
for counted in (heapgraph, objgraph):
    repr(counted.most_common_types(shortnames=False))


def some_objects() -> list[object]:
    lazy = type("Lazy", (), {"__module__": None})
    return [{}, Derived(), [], Outer.Inner(), lazy(), (), Outer.Inner(), [], "text", 3, lazy, Outer]


def test_typestats_is_that_of_objgraph() -> None:
    for shortnames in (True, False):
        # As text, which is not in the heap that the other call looks at.
        ours = repr(heapgraph.typestats(shortnames=shortnames))
        theirs = repr(objgraph.typestats(shortnames=shortnames))
        assert ours == theirs
    assert type(heapgraph.typestats()) is dict


def test_typestats_of_given_objects() -> None:
    objects = some_objects()
    for given, shortnames in product((objects, tuple(objects)), (True, False)):
        ours = heapgraph.typestats(given, shortnames=shortnames)
        assert list(ours.items()) == list(objgraph.typestats(given, shortnames).items())
    assert heapgraph.typestats(iter(objects)) == objgraph.typestats(iter(objects))


def test_typestats_with_a_filter() -> None:
    objects = some_objects()

    def is_list(obj: object) -> bool:
        return type(obj) is list

    assert heapgraph.typestats(filter=is_list) == objgraph.typestats(filter=is_list)
    assert heapgraph.typestats(objects, filter=is_list) == {"list": 2}
    # What the filter is called with is no more than what objgraph's is called with.
    assert heapgraph.typestats(filter=callable) == objgraph.typestats(filter=callable)


class Falsy:
    """A function whose truth value is false, as that of an empty container is."""

    def __bool__(self) -> bool:
        return False

    def __call__(self, obj: object) -> bool:
        raise ZeroDivisionError


def test_a_false_filter_is_no_filter() -> None:
    objects = some_objects()
    filters: list[Any] = [Falsy(), None, 0, ""]
    for given in filters:
        ours = heapgraph.typestats(objects, filter=given)
        assert ours == objgraph.typestats(objects, filter=given) == objgraph.typestats(objects)
    falsy = Falsy()
    common = repr(heapgraph.most_common_types(filter=falsy))
    assert common == repr(objgraph.most_common_types(filter=falsy))
    heapgraph.growth(None, {}, filter=falsy)
    for show in (heapgraph.show_refs, heapgraph.show_backrefs):
        show(objects, filter=falsy, output=io.StringIO())


def test_statistics_of_many_kinds_of_filters() -> None:
    filters: list[Callable[[Any], object]] = [callable, gc.is_tracked, lambda _: [], id]
    for given, shortnames in product(filters, (True, False)):
        ours = repr(heapgraph.typestats(None, shortnames, given))
        assert ours == repr(objgraph.typestats(None, shortnames, given))
        for limit in (None, 0, 2, -2):
            ours = repr(heapgraph.most_common_types(limit, None, shortnames, given))
            assert ours == repr(objgraph.most_common_types(limit, None, shortnames, given))


NAMES = ["dict", "builtins.dict", "Derived", "Outer.Inner", "Inner", "Outer", "Lazy", "list", "no"]


def test_count_and_by_type() -> None:
    objects = some_objects()
    for name in (*NAMES, ""):
        assert heapgraph.count(name) == objgraph.count(name)
        assert heapgraph.count(name, objects) == objgraph.count(name, objects)
        ours, theirs = heapgraph.by_type(name, objects), objgraph.by_type(name, objects)
        assert list(map(id, ours)) == list(map(id, theirs))


def test_names_with_a_dot_are_full_names() -> None:
    objects = some_objects()
    full = f"{__name__}.Inner"
    assert heapgraph.count(full, objects) == 2 == objgraph.count(full, objects)
    assert heapgraph.by_type("Outer.Inner", objects) == []


def test_by_type_is_in_the_order_of_the_collector() -> None:
    made = [Outer.Inner() for _ in range(20)]
    assert heapgraph.by_type("Inner") == objgraph.by_type("Inner") == made


def test_a_class_is_as_good_as_its_name() -> None:
    objects = some_objects()
    assert heapgraph.count(Outer.Inner, objects) == 2
    assert heapgraph.count(dict, objects) == 1
    assert heapgraph.by_type(Derived, objects) == [objects[1]]


def test_most_common_types() -> None:
    for limit, shortnames in product((10, 3, None, 0, -1, 10**9), (True, False)):
        # As text, which is not in the heap that the other call looks at.
        ours = repr(heapgraph.most_common_types(limit, shortnames=shortnames))
        theirs = repr(objgraph.most_common_types(limit, shortnames=shortnames))
        assert ours == theirs


def test_ties_are_in_the_order_in_which_types_are_met() -> None:
    objects = some_objects()
    ours = heapgraph.most_common_types(None, objects)
    assert ours == objgraph.most_common_types(None, objects)
    assert [name for name, number in ours if number == 1][:2] == ["dict", "Derived"]


def test_the_printed_table() -> None:
    for limit, shortnames in product((1, 10, None), (True, False)):
        ours, theirs = io.StringIO(), io.StringIO()
        heapgraph.show_most_common_types(limit, shortnames=shortnames, file=ours)
        objgraph.show_most_common_types(limit, shortnames=shortnames, file=theirs)
        assert ours.getvalue() == theirs.getvalue()
        with redirect_stdout(io.StringIO()) as our_output:
            heapgraph.show_most_common_types(limit, [[], {}], shortnames)
        with redirect_stdout(io.StringIO()) as their_output:
            objgraph.show_most_common_types(limit, [[], {}], shortnames)
        assert our_output.getvalue() == their_output.getvalue() != ""


def test_an_empty_table_is_empty() -> None:
    with redirect_stdout(io.StringIO()) as output:
        heapgraph.show_most_common_types(objects=[])
    assert output.getvalue() == ""


def test_at_finds_tracked_objects() -> None:
    tracked, untracked = [1], object()
    assert heapgraph.at(id(tracked)) is tracked is objgraph.at(id(tracked))
    assert heapgraph.at(id(untracked)) is None is objgraph.at(id(untracked))
    assert heapgraph.at(-1) is None
    assert heapgraph.at(2**70) is None


def test_at_addrs_is_in_the_order_of_the_collector() -> None:
    wanted = [Outer.Inner() for _ in range(5)]
    addresses = [id(obj) for obj in reversed(wanted)]
    addresses += [1, -5, 2**80, id("text")]
    assert heapgraph.at_addrs(addresses) == objgraph.at_addrs(set(addresses)) == wanted
    assert heapgraph.at_addrs(set(addresses)) == wanted
    assert heapgraph.at_addrs(iter(addresses)) == wanted
    assert heapgraph.at_addrs([]) == []


def _is_same_as_objgraph(obj: object) -> None:
    assert heapgraph.is_proper_module(obj) is bool(objgraph.is_proper_module(obj))


def test_is_proper_module() -> None:
    for module in list(sys.modules.values()):
        _is_same_as_objgraph(module)
    _is_same_as_objgraph(types.ModuleType("sys"))
    _is_same_as_objgraph(types.ModuleType(__name__ + ".nowhere"))
    for obj in (None, 3, "sys", types.ModuleType, sys.modules, Outer):
        assert heapgraph.is_proper_module(obj) is False


def test_a_lazy_module_stays_unloaded() -> None:
    name = "this"
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    kind = type(module)
    assert kind is not types.ModuleType

    assert heapgraph.is_proper_module(module)
    held: list[object] = []
    # Asking the module itself would load it.
    types.ModuleType.__getattribute__(module, "__dict__")["held"] = held
    chain = heapgraph.find_backref_chain(held, heapgraph.is_proper_module)
    assert chain[0] is module
    assert "held" in heapgraph.describe_chain(chain)
    heapgraph.show_backrefs(held, output=io.StringIO())
    assert type(module) is kind


def test_nothing_is_left_behind() -> None:
    probe = Outer.Inner()
    searches: list[Callable[[], Any]] = [
        lambda: heapgraph.count("dict"),
        lambda: heapgraph.typestats(filter=callable),
        lambda: heapgraph.by_type("Inner"),
        lambda: heapgraph.at(id(probe)),
        lambda: heapgraph.at_addrs({id(probe)}),
    ]
    for search in searches:
        search()
    before = list(map(id, gc.get_referrers(probe)))
    count = sys.getrefcount(probe)
    stats = heapgraph.typestats()
    for search in searches:
        search()
        assert list(map(id, gc.get_referrers(probe))) == before
        assert sys.getrefcount(probe) == count
    stats_after = heapgraph.typestats()
    # The dict of counts that is held now and was not before.
    assert {name for name in stats if stats_after[name] != stats[name]} <= {"dict", "list"}


def test_the_collector_stays_as_it_was() -> None:
    for is_enabled in (False, True):
        (gc.enable if is_enabled else gc.disable)()
        try:
            heapgraph.typestats()
            heapgraph.find_ref_chain([], callable)
            heapgraph.show_refs([], output=io.StringIO())
            with raising(ZeroDivisionError):
                heapgraph.find_ref_chain([], lambda _: 1 // 0)
            assert gc.isenabled() is is_enabled
        finally:
            gc.enable()
