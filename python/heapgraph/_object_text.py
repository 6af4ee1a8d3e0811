"""The words for one object in a picture or a chain.

The only code of the program that runs here is ``repr`` of the object itself: what kind of object
it is is asked of its real type, never of ``__class__`` or ``isinstance``.
"""

from __future__ import annotations

import builtins
import types

from heapgraph._core import one_line, shown_name, type_name
from heapgraph._signals import is_of_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["drawable", "object_text", "type_name"]

_LONGEST_REPR = 120


def object_text(obj: object) -> str:
    """What an object is, in a few words: its name, its number of items, or its ``repr``.

    Args:
        obj: Any object.

    Returns:
        One line of at most 120 characters; ``(unrepresentable)`` where ``repr`` fails.
    """
    try:
        text = _text(obj)
    except Exception as error:
        if is_of_handler(error):
            raise
        return "(unrepresentable)"
    # A repr may be of a class derived from str, with methods of its own.
    line = " ".join(str.__getitem__(text, slice(4 * _LONGEST_REPR)).split())
    return one_line(line if len(line) <= _LONGEST_REPR else line[: _LONGEST_REPR - 1] + "…")


def drawable(text: str) -> str:
    """The text with lone surrogates, which no file can hold, spelled out."""
    # A class derived from str may have an `encode` of its own.
    return str.encode(text, "utf-8", "backslashreplace").decode("utf-8")


def _text(obj: object) -> str:
    name = shown_name(obj)
    if name is not None:
        return name
    kind = type(obj)
    for known, count in _COUNTS:
        if issubclass(kind, known):
            return _item_count(count(obj))
    if kind is types.MethodType:
        return f"{object_text(obj.__func__)} (bound)"  # type: ignore[attr-defined]
    if kind is types.CellType:
        return f"of {type_name(type(obj.cell_contents))}"  # type: ignore[attr-defined]
    return repr(obj)


def _item_count(count: int) -> str:
    return f"{count:,} item" if count == 1 else f"{count:,} items"


_FROZEN_DICT: Any = getattr(builtins, "frozendict", dict)
"""From CPython 3.15 on a type of its own."""

_COUNTS: tuple[tuple[type, Callable[[Any], int]], ...] = tuple(
    (kind, kind.__len__) for kind in (dict, _FROZEN_DICT, list, tuple, set, frozenset)
)
"""How many items containers have, whatever classes derived from theirs say."""
