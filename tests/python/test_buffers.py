"""What keeps room for more, and how much of it is used."""

from __future__ import annotations

import gc
import sys
import weakref
from array import array
from typing import TYPE_CHECKING

import pytest

import heapgraph
from heapgraph import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TYPE_CODES = "bBhHiIlLqQfd"


class Bytes(bytearray):
    """Has attributes, and the collector's header."""


class Numbers(array):  # type: ignore[type-arg]
    """The same of an array, and names that say something else."""

    itemsize = 1000

    def __len__(self) -> int:
        return 10**9

    def __sizeof__(self) -> int:
        return 1


def names_of(objects: Sequence[object]) -> list[str | None]:
    """What a snapshot calls them."""
    snapshot = heapgraph.take_snapshot(names=False)
    return [snapshot.find(address=id(obj))[0].name for obj in objects]


def used(buffers: Sequence[object]) -> list[int | None]:
    """How many bytes of each buffer a snapshot says are used, if it does."""
    return [
        None if name is None else int(name.removesuffix(" bytes used"))
        for name in names_of(buffers)
    ]


def test_arrays_use_what_their_numbers_take() -> None:
    exact = [array(code, [0] * 1000) for code in TYPE_CODES]
    appended = [array(code, [0] * 1000) for code in TYPE_CODES]
    shortened = [array(code, [0] * 1000) for code in TYPE_CODES]
    for one in appended:
        one.append(0)
    for one in shortened:
        one.append(0)
        del one[900:]
    expected: list[int | None] = [None] * len(exact)
    for count in (1001, 900):
        expected += [sys.getsizeof(one) + (count - 1000) * one.itemsize for one in exact]
    assert used([*exact, *appended, *shortened]) == expected
    for one, other in zip(exact, appended, strict=True):
        assert sys.getsizeof(other) > sys.getsizeof(one) + one.itemsize


def test_bytearrays_use_what_their_bytes_take() -> None:
    buffers: list[bytearray] = [bytearray(1000), Bytes(1000)]
    sizes = [sys.getsizeof(buffer) for buffer in buffers]
    for buffer in buffers:
        buffer.append(0)
    first = used(buffers)
    for buffer in buffers:
        buffer.extend(b"12345")
    second = used(buffers)
    for size, one, other, buffer in zip(sizes, first, second, buffers, strict=True):
        assert one is not None
        assert size - 40 <= one <= size + 1
        assert other == one + 5
        assert sys.getsizeof(buffer) > size + 100


def test_classes_of_the_program_are_not_asked() -> None:
    plain, numbers = array("d", [0.0] * 1000), Numbers("d", [0.0] * 1000)
    numbers.append(0.0)
    [before] = used([numbers])
    numbers.append(0.0)
    assert before is not None
    assert used([numbers, plain]) == [before + 8, None]


def test_what_uses_all_its_memory_has_no_name() -> None:
    full = [bytearray(), bytearray(b"abc"), Bytes(1000), array("d"), array("d", [1.0])]
    assert used([*full, b"", [1, 2, 3]]) == [None] * 7


@pytest.mark.parametrize(
    ("buffer", "append"),
    [
        (array("d", bytes(80_000)), lambda numbers: numbers.append(1.0)),
        (bytearray(100_000), lambda buffer: buffer.extend(b"0123456789")),
    ],
)
def test_what_is_appended_to_within_its_room_has_grown(
    buffer: object, append: Callable[[object], None]
) -> None:
    append(buffer)
    size = sys.getsizeof(buffer)
    history = _core.GrowthHistory([])
    # What the first looks leave behind is not to be taken for it.
    grown = [True] * 5
    for look in range(len(grown)):
        if look == len(grown) - 1:
            append(buffer)
        gc.collect()
        grown[look] = history.has_grown()
    assert grown[-2:] == [False, True]
    assert sys.getsizeof(buffer) == size


def test_weak_references_say_where_they_refer_to() -> None:
    one, other, gone = Bytes(), Bytes(), Bytes()
    classes = [type(name, (), {}) for name in ("Once", "Twice", "Key")]
    references = [
        weakref.ref(one, print),
        weakref.ref(one, repr),
        weakref.ref(other),
        weakref.ref(gone),
        weakref.ref(classes[1], print),
        weakref.ref(classes[1], repr),
        weakref.ref(classes[2], print),
        # The one that its base keeps.
        weakref.ref(classes[0]),
    ]
    table = {references[6]: None}
    del gone
    *names, of_class = names_of(references)
    referents = [one, one, other, None, classes[1], classes[1], classes[2]]
    assert names == [
        "dead" if referent is None else f"to {id(referent):#x}" for referent in referents
    ]
    # Every heap is full of such.
    assert of_class is None
    assert len(table) == 1


def test_the_shallow_size_of_a_static_type_with_a_metaclass() -> None:
    numpy = pytest.importorskip("numpy")
    kind = type(numpy.dtype("int64"))
    assert _core.CapturedHeap().record(id(kind))[1] == sys.getsizeof(kind)
