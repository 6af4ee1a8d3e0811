"""The words for one object in a picture or a chain.

The only code of the program that runs here is ``repr`` of the object itself: what kind of object
it is is asked of its real type, never of ``__class__`` or ``isinstance``.
"""

from __future__ import annotations

import types
from typing import Any

_LONGEST_REPR = 120
_CONTAINERS: tuple[type, ...] = (dict, list, tuple, set, frozenset)


def object_text(obj: object) -> str:
    """What an object is, in a few words: its name, its number of items, or its ``repr``.

    Args:
        obj: Any object.

    Returns:
        One line of at most 120 characters; ``(unrepresentable)`` where ``repr`` fails.
    """
    try:
        text = _text(obj)
    except Exception:  # noqa: BLE001 - whatever a foreign repr raises
        return "(unrepresentable)"
    # A repr may be of a class derived from str, with methods of its own.
    line = " ".join(str.__getitem__(text, slice(4 * _LONGEST_REPR)).split())
    return line if len(line) <= _LONGEST_REPR else line[: _LONGEST_REPR - 1] + "…"


def _text(obj: Any) -> str:
    kind = type(obj)
    for container in _CONTAINERS:
        if issubclass(kind, container):
            return _item_count(container.__len__(obj))
    if issubclass(kind, type):
        return _of_type(obj, "__qualname__")
    if issubclass(kind, types.ModuleType):
        return _module_name(obj)
    if kind is types.FunctionType:
        return _function_name(obj)
    if kind is types.BuiltinFunctionType:
        return str(obj.__name__)
    if kind is types.MethodType:
        return f"{object_text(obj.__func__)} (bound)"
    if kind is types.FrameType:
        return f"{obj.f_code.co_name} in {obj.f_code.co_filename}:{obj.f_lineno}"
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
