"""Functions that are registered for classes."""

from __future__ import annotations

from heapgraph._core import one_line, qualified_name
from heapgraph._signals import is_of_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_classes_of = type.__dict__["__mro__"].__get__


class Registry:
    """At most one function for each class, so that a cell of a notebook can be run again."""

    def __init__(self, what: str) -> None:
        self.what = what
        # By the address of the class: its metaclass may define `__hash__`.
        self.by_class: dict[int, tuple[type, Callable[[Any], Any]]] = {}

    def register(self, cls: type, function: Callable[[Any], Any]) -> None:
        """Set the function for a class."""
        check_class(cls)
        if not callable(function):
            message = f"{self.what} is a function of one object, not {type_name(function)}"
            raise TypeError(message)
        self.by_class[id(cls)] = cls, function

    def unregister(self, cls: type) -> None:
        """Take the function of a class away, if it has one."""
        check_class(cls)
        self.by_class.pop(id(cls), None)

    def functions_for(self, obj: object) -> Iterator[tuple[type, Callable[[Any], Any]]]:
        """The functions for the class of an object and its base classes, the nearest first."""
        for cls in _classes_of(type(obj)):
            found = self.by_class.get(id(cls))
            if found is not None:
                yield found

    def describe(self, cls: type, function: Callable[[Any], Any]) -> str:
        """A registered function in words."""
        is_named = type(function) is _FUNCTION
        # A name may be of a class derived from `str`, with methods of its own.
        name = one_line(function.__qualname__) if is_named else type_name(function)
        return one_line(f"{self.what} {name} of {qualified_name(cls)}")


def type_name(obj: object) -> str:
    """The name of the class of an object in one line, whatever its metaclass says."""
    return qualified_name(type(obj))


_FUNCTION = type(type_name)


def check_class(cls: type) -> None:
    """Refuse what is no class."""
    if not issubclass(type(cls), type):
        message = f"a class is needed, not an object of type {type_name(cls)}"
        raise TypeError(message)


def error_text(error: Exception) -> str:
    """An exception in one line, whatever its class does."""
    try:
        said = str(error)
    except Exception as other:
        if is_of_handler(other):
            raise
        said = ""
    return f"{type_name(error)}: {one_line(said)}" if said else type_name(error)
