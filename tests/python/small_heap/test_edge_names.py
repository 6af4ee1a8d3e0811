"""The names of references, one kind of holder at a time."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import itertools
import sys
import types
import weakref
from typing import Any, NamedTuple

import heapgraph
from heapgraph._core import named_referents

HAS_INLINE_VALUES = sys.version_info >= (3, 11)


class Held:
    pass


def names_for(holder: object, held: object) -> list[str]:
    """Names of the references from `holder` to `held`, where the holder's dict counts as itself."""
    named = named_referents(holder)
    names = [name for name, referent in named if referent is held]
    for name, referent in named:
        if name == ".__dict__" and type(referent) is dict:
            names += [
                f".{key}" for key, value in referent.items() if value is held and type(key) is str
            ]
    return names


def name_for(holder: object, held: object) -> str:
    (name,) = names_for(holder, held)
    return name


class Instance:
    hidden = "class default"

    def __init__(self, held: Held) -> None:
        self.held = held

    @property
    def computed(self) -> Held:
        raise AssertionError("a property was read")


def test_attributes_set_by_the_class() -> None:
    held = Held()
    assert name_for(Instance(held), held) == ".held"


def test_attributes_set_from_outside_and_under_computed_names() -> None:
    held, other = Held(), Held()
    instance = Instance(Held())
    instance.outside = held  # type: ignore[attr-defined]
    setattr(instance, "computed_" + "name"[::-1], other)
    assert ".outside" in names_for(instance, held)
    assert ".computed_eman" in names_for(instance, other)


def test_attributes_that_hide_class_defaults() -> None:
    held = Held()
    instance = Instance(Held())
    instance.hidden = held  # type: ignore[assignment]
    assert name_for(instance, held) == ".hidden"


def test_the_same_object_under_several_names() -> None:
    held = Held()
    instance = Instance(held)
    instance.again = held  # type: ignore[attr-defined]
    assert sorted(names_for(instance, held)) == [".again", ".held"]


@dataclasses.dataclass
class Data:
    first: Held
    second: list[Held]


class Slotted:
    __slots__ = ("_Slotted__private", "first", "second")

    def __init__(self, held: Held) -> None:
        self.first = held


class SlottedToo(Slotted):
    def __init__(self, held: Held, other: Held) -> None:
        super().__init__(held)
        self.other = other


def test_dataclasses_and_slots() -> None:
    held, other = Held(), Held()
    data = Data(held, [other])
    assert name_for(data, held) == ".first"
    assert name_for(data, data.second) == ".second"
    assert name_for(Slotted(held), held) == ".first"
    assert name_for(SlottedToo(held, other), held) == ".first"
    assert name_for(SlottedToo(held, other), other) == ".other"


def test_a_slot_of_another_class() -> None:
    """Its instances have something else in that place."""

    class Borrower:
        __slots__ = ("another", "own")
        first = Slotted.first  # type: ignore[misc]

    for held in (Held(), Held()):
        borrower: Any = Borrower()
        borrower.another = borrower.own = held
        assert sorted(names_for(borrower, held)) == [".another", ".own"]


class Hostile:
    def __repr__(self) -> str:
        raise AssertionError("a key was spelled by its own code")


class HostileText(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise AssertionError("a key was spelled by its own code")


NAMES_OF_KEYS: list[tuple[object, str]] = [
    ("key", "['key']"),
    (3, "[3]"),
    (-2.5, "[-2.5]"),
    (None, "[None]"),
    (True, "[True]"),
    (b"key", "[b'key']"),
    ((1, "a"), "[(1, 'a')]"),
    ((), "[()]"),
    ((1,), "[(1,)]"),
    (Held, f"[<class {__name__}.Held>]"),
    (Hostile(), "[<Hostile>]"),
    (HostileText("x"), "[<HostileText>]"),
    ((Hostile(), 1), "[(<Hostile>, 1)]"),
    ("\ud800", r"['\ud800']"),
]


def test_keys() -> None:
    kinds: list[type[dict[Any, Any]]] = [dict, collections.OrderedDict, collections.Counter]
    for kind, (key, name) in itertools.product(kinds, NAMES_OF_KEYS):
        held = Held()
        holder = kind()
        dict.__setitem__(holder, key, held)
        assert names_for(holder, held) == [name]
        assert f"key {name[1:-1]}" in names_for(holder, key)


def test_long_keys_are_cut_in_the_middle() -> None:
    held = Held()
    name = name_for({"x" * 1_000: held}, held)
    assert name.startswith("['xxx")
    assert name.endswith("xxx']")
    assert "…" in name
    assert len(name) < 70


class ListWithAttributes(list[Any]):
    pass


class Pair(NamedTuple):
    first: Any
    second: Any


def test_sequences_and_sets() -> None:
    held = Held()
    assert name_for([0, held], held) == "[1]"
    assert sorted(names_for((held, 0, held), held)) == ["[0]", "[2]"]
    assert name_for(Pair(0, held), held) == "[1]"
    assert name_for({held}, held) == "<set element>"
    assert name_for(frozenset([held]), held) == "<set element>"
    first = Held()
    queue = collections.deque([first, held])
    assert (name_for(queue, first), name_for(queue, held)) == ("[0]", "[1]")
    extended = ListWithAttributes([held])
    extended.note = first  # type: ignore[attr-defined]
    assert (name_for(extended, held), name_for(extended, first)) == ("[0]", ".note")


def test_default_dict() -> None:
    held = Held()

    def factory() -> Held:
        return held

    holder = collections.defaultdict(factory, key=held)
    assert name_for(holder, held) == "['key']"
    assert name_for(holder, factory) == ".default_factory"


def test_functions_closures_and_cells() -> None:
    held, default = Held(), Held()

    def function(argument: Held = default, *, option: Held = held) -> tuple[Held, ...]:
        return held, argument, option

    function.note = held  # type: ignore[attr-defined]
    named = dict(named_referents(function))
    assert named[".__globals__"] is globals()
    assert named[".__code__"] is function.__code__
    assert named[".__defaults__"] == (default,)
    assert named[".__kwdefaults__"] == {"option": held}
    assert named[".__closure__"] is function.__closure__
    assert named[".__dict__"] == {"note": held}
    assert function.__closure__ is not None
    cell = function.__closure__[0]
    assert name_for(function.__closure__, cell) == "closure held"
    assert name_for(cell, held) == ".cell_contents"


def test_methods_and_descriptors() -> None:
    held = Held()
    instance = Instance(held)
    assert name_for(instance.__init__, instance) == ".__self__"  # type: ignore[misc]
    items: list[Any] = []
    assert name_for(items.append, items) == ".__self__"

    def function(*arguments: object) -> None: ...

    assert name_for(property(function), function) == ".fget"
    assert name_for(staticmethod(function), function) == ".__func__"
    assert name_for(classmethod(function), function) == ".__func__"
    assert name_for(functools.partial(function, held), function) == ".func"
    partial = functools.partial(function, held)
    assert name_for(partial, partial.args) == ".args"


def test_cached_functions() -> None:
    """A result is called by the call that gave it, whatever the limit of the cache."""
    for maxsize in (None, 50):
        assert_results_have_names(maxsize)


def assert_results_have_names(maxsize: int | None) -> None:
    @functools.lru_cache(maxsize)
    def cached(*_: object, **__: object) -> Held:
        return Held()

    class Priced:
        price = functools.lru_cache(maxsize)(lambda *_: {})

    priced = Priced()
    results = {
        "(3,)": cached(3),
        "()": cached(),
        "('a', 2.5)": cached("a", 2.5),
        "((1, 2),)": cached((1, 2)),
        "(name='n', size=3)": cached(name="n", size=3),
        "(1, name=<Priced>)": cached(1, name=priced),
    }
    snapshot = heapgraph.take_snapshot()

    def names(holder: object) -> dict[int, str]:
        caches = [
            held.node
            for held in snapshot.find(obj=holder)[0].referents
            if held.name == ".cache" and (held.node.type_name == "builtins.dict") != bool(maxsize)
        ]
        held = [reference for cache in caches for reference in cache.referents]
        return {reference.node.address: reference.name for reference in held}

    of_cached = names(cached)
    assert {call: of_cached[id(held)] for call, held in results.items()} == {
        call: f"[{call}]" for call in results
    }
    price = priced.price(2)
    del snapshot
    snapshot = heapgraph.take_snapshot()
    assert names(Priced.price)[id(price)] == "[(<Priced>, 2)]"
    for holder in (cached, Priced.price):
        assert all(name.strip() for name, _ in named_referents(holder))


def test_classes_modules_and_static_types() -> None:
    named = named_referents(Instance)
    assert {name: held for name, held in named if name == ".__mro__"}[
        ".__mro__"
    ] is Instance.__mro__
    assert name_for(Instance, Instance.__bases__) == ".__bases__"
    assert name_for(sys, vars(sys)) == ".__dict__"
    module = types.ModuleType("made")
    assert name_for(module, vars(module)) == ".__dict__"
    static = dict(named_referents(int))
    assert static[".__mro__"] is int.__mro__
    assert static[".__bases__"] is int.__bases__
    assert type(static[".__dict__"]) is dict


def test_exceptions_and_tracebacks() -> None:
    cause = KeyError("cause")
    try:
        try:
            raise cause
        except KeyError:
            raise ValueError("text") from cause
    except ValueError as error:
        kept = error
    named = dict(named_referents(kept))
    assert named[".args"] is kept.args
    assert named[".__traceback__"] is kept.__traceback__
    assert cause in (named.get(".__cause__"), named.get(".__context__"))
    assert kept.__traceback__ is not None
    assert name_for(kept.__traceback__, kept.__traceback__.tb_frame) == ".tb_frame"


def test_weak_references_and_proxies_of_mappings() -> None:
    held = Held()

    def gone(_: object) -> None: ...

    reference = weakref.ref(held, gone)
    assert name_for(reference, gone) == ".__callback__"
    assert names_for(reference, held) == []
    mapping = {"a": 1}
    assert name_for(types.MappingProxyType(mapping), mapping) == "<mapping>"


class Colour(enum.Enum):
    RED = "red"


def test_enumerations_and_namespaces() -> None:
    assert "._value_" in names_for(Colour.RED, "red")
    held = Held()
    assert names_for(types.SimpleNamespace(held=held), held) == [".held"]


def specimens() -> list[Any]:
    instance = Instance(Held())
    instance.more = [instance]  # type: ignore[attr-defined]
    return [
        instance,
        Data(Held(), []),
        {"a": [], 3: {}},
        [1, [2]],
        {1, "a", (1, 2)},
        collections.OrderedDict(a=[]),
        test_cached_functions,
        Instance,
        sys,
        int,
        iter([1]),
        iter({}),
        functools.partial(print, []),
        memoryview(bytearray(3)),
        weakref.ref(instance),
        Colour.RED,
        Colour,
    ]


def test_every_reference_has_a_name_and_the_same_each_time() -> None:
    for specimen in specimens():
        first = [(name, id(held)) for name, held in named_referents(specimen)]
        second = [(name, id(held)) for name, held in named_referents(specimen)]
        assert all(name.strip(". ") for name, _ in first)
        assert [name for name, _ in first] == [name for name, _ in second]


def test_the_dicts_of_a_function_are_told_apart() -> None:
    def wrapped(left: int, right: str) -> None:
        """Its annotations are copied."""

    @functools.wraps(wrapped)
    def wrapper(*arguments: Any) -> None:
        return wrapped(*arguments)

    def counted(calls: int) -> None:
        pass

    counted.calls = 1  # type: ignore[attr-defined]
    for function in (wrapper, counted):
        # From 3.10 on they are a tuple until somebody asks for them.
        annotations = function.__annotations__
        names = {id(held): name for name, held in named_referents(function)}
        assert names[id(function.__dict__)] == ".__dict__"
        assert names.get(id(annotations), ".__annotations__") == ".__annotations__"


class Kept:
    """As ``cached_property``, but written in Python: a name that a lookup might run."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def __get__(self, instance: Any, owner: type) -> Any:
        kept = instance.__dict__[self.make.__name__] = self.make(instance)
        return kept


class WithKept:
    @Kept
    def hooks(self) -> dict[str, list[Held]]:
        return {"before": [], "after": []}


def test_attributes_behind_a_descriptor_are_read_from_the_dict_that_is_there() -> None:
    instance = WithKept()
    hooks = instance.hooks
    # From 3.13 on the instance and its dict both show the value.
    assert set(names_for(instance, hooks)) == {".hooks"}
    named = [name for name, _ in named_referents(instance)]
    assert named.count(".__dict__") == 1
