"""What loaded modules have, without asking them: a module may be an object of the program."""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def loaded_module(name: str) -> object:
    """The module of that name; `None` if it is not loaded."""
    modules: Any = sys.modules
    # A program may have put a table of its own in its place.
    return dict.get(modules, name) if issubclass(type(modules), dict) else None


def names_of_module(module: object) -> dict[str, object]:
    """The namespace of a module; empty if it is none.

    One that is loaded when it is first used would be, by an attribute.
    """
    if not issubclass(type(module), ModuleType):
        return {}
    names: dict[str, object] = vars(ModuleType)["__dict__"].__get__(module)
    return names
