"""References that types do not show to the collector."""

from __future__ import annotations

import sys

from heapgraph import _core
from heapgraph._registry import Registry, error_text, type_name
from heapgraph._signals import is_of_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")
    Reference = tuple[int, "str | int | None", object]

_HOOKS = Registry("function for referents")


def register_referents(
    cls: type[T],
    function: Callable[[T], Iterable[object] | Mapping[str | int, object] | None],
) -> None:
    """Let a function tell what objects of a class hold and do not show to the collector.

    Compiled classes without a `tp_traverse` own references that nobody sees. Every walk of the heap
    calls the function, at its end, with each object of the class, or of a class derived from it,
    that it has met, and follows what it gives: in chains, pictures, snapshots and counts of
    references alike. A function that raises, or gives nonsense, is named in a `RuntimeWarning` and
    in what the snapshot says it could not see; the answer is there all the same.

    Args:
        cls: The class. It has one function: another one takes its place. Those of its base classes
            are asked too.
        function: Takes the object; gives the objects that it holds, once for each reference that it
            owns, and no others: or a dict of these, with the names of attributes or positions as
            keys. `None` means that there are none.

    Raises:
        TypeError: If `cls` is no class or `function` can not be called.

    Examples:
        >>> class Handle:
        ...     target = None
        >>> register_referents(Handle, lambda handle: {"target": handle.target})
        >>> unregister_referents(Handle)
    """
    _HOOKS.register(cls, function)


def unregister_referents(cls: type) -> None:
    """Take the function for the referents of a class away, if it has one.

    Raises:
        TypeError: If `cls` is no class.
    """
    _HOOKS.unregister(cls)


def _ask(objects: list[Any]) -> tuple[list[Reference], list[str]]:
    """What the objects hold, each with the position of its holder, and what went wrong."""
    references: list[Reference] = []
    complaints: dict[str, list[Any]] = {}
    for position, obj in enumerate(objects):
        for cls, function in _HOOKS.functions_for(obj):
            try:
                references += [(position, *held) for held in _named(function(obj))]
            except Exception as error:
                if is_of_handler(error):
                    raise
                failed = complaints.setdefault(_HOOKS.describe(cls, function), [0, ""])
                failed[0] += 1
                failed[1] = failed[1] or error_text(error)
    return references, [
        f"{words} failed for {count} objects, the first time with {error}"
        for words, (count, error) in complaints.items()
    ]


def _named(given: object) -> list[tuple[str | int | None, object]]:
    if given is None:
        return []
    if not isinstance(given, dict):
        return [(None, held) for held in given]  # type: ignore[attr-defined]
    named = list(dict.items(given))
    for name, _ in named:
        if type(name) is not str and (type(name) is not int or not 0 <= name <= sys.maxsize):
            message = f"a name of a reference is a str or a position, not {type_name(name)}"
            raise TypeError(message)
    return named


_core.set_referents_registry(_HOOKS.by_class, _ask)
