"""A captured heap against the interpreter's own answers, over the heap of the test process."""

from __future__ import annotations

import builtins
import collections
import decimal
import gc
import io
import random
import sys
import types
import weakref
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

from heapgraph._core import CapturedHeap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TAKES_IMMORTALS = sys.version_info >= (3, 12)
HIDES_DICTS = sys.version_info >= (3, 13)
HIDES_FIELDS = (decimal.Context, io.StringIO)
"""What their traverse does not show is captured: what is gathered, the flags."""
PARTS_OF_THOSE = ("builtins.dict", "builtins.list", "builtins.str", "decimal.SignalDictMixin")
HEAP_TYPE = 1 << 9

MRO = type.__dict__["__mro__"]
NAMESPACE = type.__dict__["__dict__"]


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self) -> None:
        self.first = [1]


class SlottedWithDict(Slotted):
    __slots__ = ("__dict__", "__weakref__")


class Plain:
    pass


class WithSizeof:
    calls = 0

    def __sizeof__(self) -> int:
        WithSizeof.calls += 1
        return 1_000_000


class ListWithAttributes(list[int]):
    pass


class Point(NamedTuple):
    x: int
    y: list[int]


class Unhashed(dict[Any, Any]):
    __hash__ = None


def closure() -> Callable[[], list[int]]:
    captured = [1]

    def inner() -> list[int]:
        return captured

    return inner


def generator() -> Iterator[list[int]]:
    held = [1]
    yield held


def specimens() -> list[Any]:
    """One object of many kinds, each held by the list alone."""
    plain = Plain()
    plain.value = [1]  # type: ignore[attr-defined]
    with_dict = SlottedWithDict()
    with_dict.extra = 1  # type: ignore[attr-defined]
    referred = Plain()
    suspended = generator()
    next(suspended)
    with_attributes = ListWithAttributes([1, 2])
    with_attributes.note = "note"  # type: ignore[attr-defined]
    written = io.BytesIO()
    written.write(b"bytes" * 50)
    return [
        plain,
        Slotted(),
        with_dict,
        with_attributes,
        referred,
        weakref.ref(referred),
        suspended,
        closure(),
        Plain().__init__,  # type: ignore[misc]
        [1, 2, 3],
        ([], []),
        {"key": []},
        {1: 2, None: 3},
        {1, 2, 3},
        frozenset([1]),
        bytearray(100),
        "text" * 50,
        b"bytes" * 50,
        io.BytesIO(b"bytes" * 50),
        written,
        10**100,
        -(10**100),
        2.5,
        1j,
        memoryview(bytearray(10)),
        collections.deque([1, 2]),
        collections.OrderedDict(a=1),
        collections.defaultdict(list, a=[1]),
        Unhashed(a=1),
        Point(1, [2]),
        decimal.Decimal("1.5"),
        types.ModuleType("specimen"),
        types.SimpleNamespace(a=1),
        type("Made", (), {}),
        ValueError("x"),
        slice([], None),
        iter([1]),
        property(None),
        staticmethod(len),
        object(),
        compile("a = 1", "<specimen>", "exec"),
    ]


def heap_and_objects() -> tuple[CapturedHeap, list[Any]]:
    """A captured heap and what the collector tracked before; the list is no item of itself."""
    gc.collect()
    objects = safe_objects()
    return CapturedHeap(), objects


def safe_objects() -> list[Any]:
    """What the collector tracks, without `_asyncio`.

    The traverse of CPython 3.12's visits iterators that are free, which `gc.get_referents` brings
    to life and frees a second time: then a collection does not end.
    """
    unsafe = sys.modules.get("_asyncio")
    return [item for item in gc.get_objects() if item is not unsafe]


def official_referents(objects: list[Any]) -> list[list[int]]:
    """What the collector says; read at once, as anything else that runs changes the heap."""
    return [[id(held) for held in gc.get_referents(item)] for item in objects]


def links_of_cache(item: object) -> list[Any]:
    """The links of an `lru_cache`, which visits in their stead what they hold."""
    if type(item).__name__ != "_lru_cache_wrapper":
        return []
    caches = [held for held in gc.get_referents(item) if type(held) is dict]
    links = [link for cache in caches for link in cache.values()]
    return [link for link in links if type(link).__name__ == "_lru_list_elem"]


def is_frame(item: object) -> bool:
    return type(item) is types.FrameType


def test_every_reference_the_collector_knows_is_captured() -> None:
    kept = specimens()
    heap, objects = heap_and_objects()
    official = official_referents(objects)
    missing = []
    for item, expected in zip(objects, official, strict=True):
        captured = Counter(heap.referents(id(item)))
        for link in links_of_cache(item):
            captured.update(heap.referents(id(link)))
        lost = Counter(expected) - captured
        if isinstance(item, io.BytesIO):
            # Its size counts the buffer that nothing else holds.
            lost &= Counter(heap.addresses())
        if lost:
            missing.append((type(item), lost))
    assert missing == []
    assert kept


def tables_of_subclasses() -> dict[tuple[int, ...], list[dict[Any, Any]]]:
    """The dicts in which classes keep their subclasses, by the addresses of these."""
    tables: dict[tuple[int, ...], list[dict[Any, Any]]] = {}
    for item in gc.get_objects():
        if type(item) is dict and all(type(value) is weakref.ref for value in item.values()):
            tables.setdefault(tuple(item), []).append(item)
    return tables


FROZEN_DICT: Any = getattr(builtins, "frozendict", dict)
"""From 3.15 on a type of its own."""


NAMES_OF_CLASS = [type.__dict__[name] for name in ("__name__", "__qualname__")]
DESCRIPTORS = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)


def documented_additions(
    item: object, tables: dict[tuple[int, ...], list[dict[Any, Any]]]
) -> Counter[int]:
    """What is captured on top of what the collector knows."""
    added: list[Any] = []
    if issubclass(type(item), type):
        subclasses: list[type] = type.__subclasses__(cast("type[Any]", item))
        added.extend(tables.get(tuple(map(id, subclasses)), ()))
        if item.__flags__ & HEAP_TYPE:  # type: ignore[attr-defined]
            added.extend(getter.__get__(item) for getter in NAMES_OF_CLASS)
    elif type(item).__flags__ & HEAP_TYPE and type(item) not in gc.get_referents(item):
        added.append(type(item))
    if isinstance(item, DESCRIPTORS):
        added.append(item.__name__)
    added.extend(links_of_cache(item))
    if issubclass(type(item), FROZEN_DICT) and not issubclass(type(item), dict):
        added.extend(FROZEN_DICT.keys(item))
    if isinstance(item, dict) and issubclass(type(item), dict):
        added.extend(dict.keys(item))
        # The values of a dict that shares them with its instance are visited by the latter only.
        added.extend(dict.values(item) if HIDES_DICTS else ())
    elif HIDES_DICTS and hasattr(type(item), "__dictoffset__") and not isinstance(item, type):
        # Once there, the instance's dict is held by it, though no traverse shows that.
        added.append(getattr(item, "__dict__", None))
    return Counter(map(id, added))


def test_nothing_is_captured_beyond_the_documented_additions() -> None:
    kept = specimens()
    heap, objects = heap_and_objects()
    official = official_referents(objects)
    surplus = []
    tables = tables_of_subclasses()
    for item, expected in zip(objects, official, strict=True):
        added = Counter(heap.referents(id(item))) - Counter(expected)
        if isinstance(item, HIDES_FIELDS):
            parts = [one for one in added if heap.record(one)[0] in PARTS_OF_THOSE]
            added -= Counter(parts)
        if added and not is_frame(item) and added - documented_additions(item, tables):
            surplus.append((type(item), [heap.record(address)[0] for address in added]))
    assert surplus == []
    assert kept


def test_tracked_objects_are_flagged_and_the_graph_is_closed() -> None:
    kept = specimens()
    heap, objects = heap_and_objects()
    assert [type(item) for item in objects if not heap.record(id(item))[3]] == []
    addresses = heap.addresses()
    known = set(addresses)
    assert len(known) == len(addresses) == heap.node_count
    assert all(known.issuperset(heap.referents(address)) for address in addresses)
    assert {id(item) for item in kept} <= known


def test_referrers_are_the_inverse_of_referents() -> None:
    heap = CapturedHeap()
    inverse: dict[int, list[int]] = {address: [] for address in heap.addresses()}
    for address in heap.addresses():
        for target in heap.referents(address):
            inverse[target].append(address)
    wrong = [a for a, found in inverse.items() if sorted(found) != sorted(heap.referrers(a))]
    assert wrong == []
    assert sum(map(len, inverse.values())) == heap.edge_count


def test_referrers_agree_with_the_collector() -> None:
    kept = specimens()
    heap, objects = heap_and_objects()
    by_address = {id(item): item for item in objects}
    tables = tables_of_subclasses()
    for item in [*kept, *random.Random(1).sample(objects, 40)]:
        official = {id(referrer) for referrer in gc.get_referrers(item)} & by_address.keys()
        ours = set(heap.referrers(id(item))) & by_address.keys()
        for address in official - ours:
            held = [heap.referents(id(link)) for link in links_of_cache(by_address[address])]
            # No cell for `item`: that would be another referrer.
            assert id(item) in chain.from_iterable(held), type(item)
        for address in ours - official:
            holder = by_address[address]
            assert is_frame(holder) or id(item) in documented_additions(holder, tables)


def test_an_unknown_address_is_a_key_error() -> None:
    heap = CapturedHeap()
    assert 8 not in heap
    for ask in (heap.referents, heap.referrers, heap.record):
        with pytest.raises(KeyError, match="0x8"):
            ask(8)


def test_code_objects_and_static_types_have_their_contents() -> None:
    code = test_code_objects_and_static_types_have_their_contents.__code__
    heap = CapturedHeap()
    held = heap.referents(id(code))
    assert {id(code.co_consts), id(code.co_names), id(code.co_filename)} <= set(held)
    namespace = gc.get_referents(NAMESPACE.__get__(int))[0]
    assert {id(namespace), id(int.__mro__), id(int.__bases__)} <= set(heap.referents(id(int)))
    assert id(int) in heap.referents(id(namespace)) or id(int.__new__) in heap.referents(
        id(namespace)
    )


def everything() -> list[Any]:
    """All objects of the heap: what is tracked and what can be reached from there."""
    found = safe_objects()
    known = {id(item) for item in found} | {id(sys.modules.get("_asyncio"))}
    for item in found:
        more = gc.get_referents(item)
        if type(item) is dict:
            more = list(chain(item.keys(), item.values()))
        for other in more:
            if id(other) not in known:
                known.add(id(other))
                found.append(other)
    return found


def has_native_sizeof(cls: type) -> bool:
    for base in MRO.__get__(cls):
        found = NAMESPACE.__get__(base).get("__sizeof__")
        if found is not None:
            # That of struct.Struct is not asked: it crashes on one made without __init__. Classes
            # of ctypes have one from 3.14 on, which is not asked either.
            is_trusted = base.__module__ not in ("_struct", "_ctypes")
            return is_trusted and type(found) is types.MethodDescriptorType
    return False


def test_shallow_sizes_are_those_of_sys_getsizeof() -> None:
    kept = specimens()
    objects = [item for item in everything() if has_native_sizeof(type(item))]
    before = [sys.getsizeof(item) for item in objects]
    heap = CapturedHeap()
    after = [sys.getsizeof(item) for item in objects]
    wrong = []
    for item, size, later in zip(objects, before, after, strict=True):
        # Some grow as the test goes on, such as the code that it runs.
        if id(item) in heap and heap.record(id(item))[1] not in (size, later):
            wrong.append((type(item), size, heap.record(id(item))[1]))
    assert len(objects) > 10_000
    assert wrong == []
    assert all(sys.getsizeof(item) == heap.record(id(item))[1] for item in kept)


def test_a_sizeof_in_python_is_not_called() -> None:
    item = WithSizeof()
    heap = CapturedHeap()
    assert WithSizeof.calls == 0
    # `object.__sizeof__` and the words in front of the object, as for any other instance.
    plain = sys.getsizeof(Plain())
    assert heap.record(id(item))[1] == plain


def test_the_sizes_add_up() -> None:
    heap = CapturedHeap()
    assert heap.shallow_size == sum(heap.record(address)[1] for address in heap.addresses())


def temporary_references() -> int:
    probe = [object()]
    return sys.getrefcount(probe[0]) - 1


def is_immortal(item: object) -> bool:
    return TAKES_IMMORTALS and sys.getrefcount(item) >= 1 << 29


def test_reference_counts_are_those_of_sys_getrefcount() -> None:
    kept = specimens()
    heap = CapturedHeap()
    extra = temporary_references()
    counts = [heap.record(id(kept[position]))[2] for position in range(len(kept))]
    official = [sys.getrefcount(kept[position]) - extra for position in range(len(kept))]
    assert counts == [None if count >= 1 << 29 else count for count in official]


def official_counts(objects: list[Any]) -> list[int]:
    """Counts without what the counting holds; no comprehension, whose scope would hold more."""
    extra = temporary_references()
    counts = []
    for position in range(len(objects)):
        counts.append(sys.getrefcount(objects[position]) - extra)
    return counts


def test_reference_counts_of_the_whole_heap() -> None:
    gc.collect()
    objects = gc.get_objects()
    before = official_counts(objects)
    heap = CapturedHeap()
    after = official_counts(objects)
    append = list.__dict__["append"]
    being_called = {id(sys.getrefcount), id(append), id(official_counts), id(globals())}
    being_called.add(id(vars(builtins)))
    # What the package keeps to read types and code with is counted off.
    read = (type, types.CodeType, types.FrameType)
    kept = {id(item) for kind in read for item in vars(kind).values()}
    wrong = []
    for item, *official in zip(objects, before, after, strict=True):
        count = heap.record(id(item))[2]
        if count is None:
            assert is_immortal(item)
        # Few change as the test goes on; some are on the stack whenever others are counted.
        elif min(official) <= count <= max(official) or id(item) in being_called:
            continue
        elif id(item) not in kept or count + 1 not in official:
            wrong.append((count, official, type(item)))
    assert wrong == []


@pytest.mark.skipif(not TAKES_IMMORTALS, reason="no object is immortal before 3.12")
def test_immortal_objects_have_no_count() -> None:
    kept: list[Any] = [None, True, 5, (), int, "", b""]
    heap = CapturedHeap()
    assert [heap.record(id(item))[2] for item in kept] == [None] * len(kept)
