"""The words for one object in a picture or a chain.

The only code of the program that runs here is ``repr`` of the object itself: what kind of object
it is is asked of its real type, never of ``__class__`` or ``isinstance``.
"""

from __future__ import annotations

import builtins
import types

from heapgraph._core import one_line
from heapgraph._signals import is_of_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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


def type_name(cls: type) -> str:
    """The name of a class in one line, whatever its metaclass says."""
    return one_line(_of_type(cls, "__name__"))


def _text(obj: object) -> str:
    kind = type(obj)
    for known, words in _WORDS:
        if issubclass(kind, known):
            return words(obj)
    return repr(obj)


def _item_count(count: int) -> str:
    return f"{count:,} item" if count == 1 else f"{count:,} items"


def _of_type(cls: type, name: str) -> str:
    # Through the descriptor of `type` itself: a metaclass may define the name as it likes.
    return str(type.__dict__[name].__get__(cls))


def _module_name(module: types.ModuleType) -> str:
    # Not through the module's own __getattribute__, which may be that of a lazy module.
    namespace = types.ModuleType.__getattribute__(module, "__dict__")
    name = namespace.get("__name__")
    return name if type(name) is str else "(unnamed)"


def _function_name(function: types.FunctionType) -> str:
    code = function.__code__
    if function.__name__ == "<lambda>":
        return f"lambda: {code.co_filename}:{code.co_firstlineno}"
    return function.__qualname__


def _cell_content(cell: types.CellType) -> str:
    return f"of {type_name(type(cell.cell_contents))}"


def _code_place(code: types.CodeType) -> str:
    return f"{code.co_name} in {code.co_filename}:{code.co_firstlineno}"


def _frame_place(frame: types.FrameType) -> str:
    return f"{frame.f_code.co_name} in {frame.f_code.co_filename}:{frame.f_lineno}"


_FROZEN_DICT: Any = getattr(builtins, "frozendict", dict)
"""From CPython 3.15 on a type of its own."""

_WORDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (dict, lambda items: _item_count(dict.__len__(items))),
    (_FROZEN_DICT, lambda items: _item_count(_FROZEN_DICT.__len__(items))),
    (list, lambda items: _item_count(list.__len__(items))),
    (tuple, lambda items: _item_count(tuple.__len__(items))),
    (set, lambda items: _item_count(set.__len__(items))),
    (frozenset, lambda items: _item_count(frozenset.__len__(items))),
    (type, lambda cls: _of_type(cls, "__qualname__")),
    (types.ModuleType, _module_name),
    (types.FunctionType, _function_name),
    (types.BuiltinFunctionType, lambda function: str(function.__name__)),
    (types.MethodType, lambda method: f"{object_text(method.__func__)} (bound)"),
    (types.FrameType, _frame_place),
    # What `repr` says of these has an address in it, which is another in every run.
    (types.CodeType, _code_place),
    (types.CellType, _cell_content),
)
"""What to say of objects of the types whose ``repr`` says too much, too little or runs code."""
