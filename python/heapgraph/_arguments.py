"""Arguments as the compiled core takes them, or an error that says what to pass instead."""

from __future__ import annotations

import os
import sys
from operator import index

from heapgraph._core import one_line
from heapgraph._object_text import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike
    from typing import Any, SupportsIndex, TypeAlias

    FilePath: TypeAlias = str | bytes | PathLike[str] | PathLike[bytes]
    """The path of a file, or what gives one."""


def _held_by_call() -> int:
    def count(held: object) -> int:
        return sys.getrefcount(held)

    held = object()
    return count(object()) - sys.getrefcount(held)


HELD_BY_CALL = _held_by_call()
"""References to an argument that the caller keeps until the call returns: one up to 3.10."""


def limit(name: str, value: SupportsIndex) -> int:
    """A number of things, at least none.

    Raises:
        TypeError: If `value` is not an integer.
    """
    try:
        number = index(value)
    except TypeError:
        message = f"{name} must be an integer, not {_kind(value)}; pass a large one for no limit"
        raise TypeError(message) from None
    return min(max(0, number), sys.maxsize)


def addresses(name: str, values: Iterable[SupportsIndex]) -> list[int]:
    """Ids of objects; those that no object can have are left out.

    Raises:
        TypeError: If `values` holds, or is, anything else.
    """
    if not hasattr(type(values), "__iter__"):
        message = f"{name} must hold ids of objects, as id() gives them; it is {_kind(values)}"
        raise TypeError(message)
    found = [address(name, value) for value in values]
    return [number for number in found if 0 <= number < 2**64]


def address(name: str, value: SupportsIndex) -> int:
    """The id of an object.

    Raises:
        TypeError: If `value` is not an integer.
    """
    try:
        return index(value)
    except TypeError:
        message = f"{name} takes ids of objects, as id() gives them, not {_kind(value)}"
        raise TypeError(message) from None


def path_text(path: FilePath) -> str:
    """The path of a file as a `str`.

    Raises:
        TypeError: If it is no path.
    """
    try:
        return os.fsdecode(path)
    except TypeError:
        message = f"a path is a str, bytes or an os.PathLike, not {_kind(path)}"
        raise TypeError(message) from None


def object_list(name: str, objects: Iterable[object]) -> list[Any]:
    """The objects that a caller gives one by one.

    Raises:
        TypeError: If they are not given so.
    """
    if not hasattr(type(objects), "__iter__"):
        message = f"{name} must be given one by one, and {_kind(objects)} is not iterable"
        raise TypeError(message)
    return list(objects)


def check_callable(**callbacks: object) -> None:
    """Refuse what cannot be called.

    Args:
        **callbacks: What the caller passed, by the names of the parameters; `None` is allowed.

    Raises:
        TypeError: If one of them cannot be called.
    """
    for name, callback in callbacks.items():
        if callback is not None and not callable(callback):
            message = f"{name} must be a function of one object, not {_kind(callback)}"
            raise TypeError(message)


def chain_list(chain: Sequence[object]) -> list[object]:
    """The objects of a chain.

    Raises:
        TypeError: If it is no list of objects.
    """
    if not hasattr(type(chain), "__iter__"):
        message = (
            "a chain is a list of objects, as find_backref_chain and find_ref_chain return it, "
            f"not {type_name(type(chain))}"
        )
        raise TypeError(message)
    return list(chain)


def _kind(value: object) -> str:
    return "None" if value is None else f"an instance of {type_name(type(value))}"


def check_number(name: str, number: object, least: int, kind: type[int | float] = int) -> None:
    """Refuse what is no number, or too small.

    Args:
        name: The name of the parameter.
        number: What the caller passed.
        least: The least that makes sense.
        kind: `float` where a fraction does.

    Raises:
        ValueError: If it is refused.
    """
    __tracebackhide__ = True
    is_number = isinstance(number, (int, kind)) and not isinstance(number, bool)
    # Not a number is not less either.
    if not is_number or not number >= least:  # type: ignore[operator]
        what = "a number" if kind is float else "a whole number"
        message = f"{name} must be {what} of at least {least}, not {one_line(repr(number))}"
        raise ValueError(message)
