"""Looks at the heap where one private layout is not as it was on the CPythons it was verified on.

    unlike_its_version.py ROW

What the probe of that row looks at is changed while the package is imported, and put back after.
Prints the rows that are off, and then what a snapshot says is missing.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import sys
import threading
import weakref
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

EXTERNAL: Any = sys.modules["_frozen_importlib_external"]
MODULE_SPEC: Any = sys.modules["_frozen_importlib"].ModuleSpec
CODE = type(MODULE_SPEC.__init__.__code__)
TRAVERSE = 184
"""Bytes from the start of a type to its `tp_traverse`."""
REFERENT = 16
"""Bytes from the start of a weak reference to what it refers to."""


KEPT: list[object] = []
"""What has to live as long as the change that it is for."""


@contextlib.contextmanager
def attribute(owner: Any, name: str, value: object) -> Iterator[None]:
    """Another attribute of a module, or of a class that is written in Python."""
    is_new = not hasattr(owner, name)
    before = getattr(owner, name, None)
    setattr(owner, name, value)
    yield
    if is_new:
        delattr(owner, name)
    else:
        setattr(owner, name, before)


@contextlib.contextmanager
def entry(owner: type, name: str, value: object) -> Iterator[None]:
    """Another entry of the namespace of any class."""
    [namespace] = gc.get_referents(vars(owner))
    before = namespace[name]
    for entry in (value, before):
        namespace[name] = entry
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))
        if entry is value:
            yield


@contextlib.contextmanager
def words(kind: Any, *changes: tuple[int, int]) -> Iterator[None]:
    """Other words, or halves of them, at addresses."""
    places = [(kind.from_address(address), value) for address, value in changes]
    before = [place.value for place, _ in places]
    for place, value in places:
        place.value = value
    yield
    for (place, _), value in zip(places, before, strict=True):
        place.value = value


def mortal_constant() -> AbstractContextManager[None]:
    """A count of what is never freed as of any other object."""
    constant: Any = None if sys.version_info >= (3, 12) else 0
    return words(ctypes.c_uint32, (id(constant), 1_000_000))


def other_order() -> AbstractContextManager[None]:
    """A tuple that is traversed from its first item."""
    visitor = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    traverse = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object, visitor, ctypes.c_void_p)

    def from_the_first(items: Any, visit: Any, argument: int) -> int:
        for item in items:
            visit(id(item), argument)
        return 0

    function = traverse(from_the_first)
    KEPT.append(function)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return words(ctypes.c_void_p, (id(tuple) + TRAVERSE, address))


def other_referent() -> AbstractContextManager[None]:
    """A weak reference that has something else in that place. There is but one of each object."""
    reference = weakref.ref(MODULE_SPEC)
    KEPT.append(reference)
    return words(ctypes.c_void_p, (id(reference) + REFERENT, id(EXTERNAL)))


def other_ident() -> AbstractContextManager[None]:
    """A state of the thread with another number of it."""
    ctypes.pythonapi.PyThreadState_Get.restype = ctypes.c_void_p
    state = ctypes.pythonapi.PyThreadState_Get()
    ident = threading.get_ident()
    places = [state + 8 * n for n in range(32)]
    found = [at for at in places if ctypes.c_uint64.from_address(at).value == ident]
    assert found
    return words(ctypes.c_uint64, *((address, 0) for address in found))


class Cached:
    """Has the links of a cached function, and gives another result than is in them."""

    __slots__ = ("_cached", "_links")

    def __init__(self, *arguments: object) -> None:
        """As the type of cached functions, called once."""
        self._cached: Any = CACHED(*arguments)
        self._cached(3)
        held = gc.get_referents(self._cached)
        self._links = next(one for one in held if type(one) is dict)

    def __call__(self, number: int) -> object:
        """Copy the result."""
        return bytearray(self._cached(number))


class Other:
    """A class without a subclass."""


def nameless(_: object) -> None:
    """A function with another name for its first variable."""


def nothing(_: object) -> None:
    """What a property gives."""


FUNCTOOLS: Any = import_module("_functools")
CACHED: Any = FUNCTOOLS._lru_cache_wrapper
FILE = vars(CODE)["co_filename"]
CHANGES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "immortal objects": mortal_constant,
    "headers of objects": lambda: attribute(sys, "getsizeof", lambda _: 1),
    "room of a bytearray": lambda: entry(bytearray, "__sizeof__", lambda _: 1),
    "text of an io.StringIO": lambda: attribute(import_module("_io"), "StringIO", Other),
    "tp_name": lambda: attribute(MODULE_SPEC, "__name__", "Other"),
    "PyHeapTypeObject": lambda: entry(type, "__qualname__", property(lambda _: "Other")),
    "tp_subclasses": lambda: attribute(EXTERNAL, "FileLoader", Other),
    "dicts and values of instances": lambda: entry(
        MODULE_SPEC, "__dict__", property(lambda _: {"name": "other"})
    ),
    "co_localsplusnames, co_localspluskinds": lambda: attribute(MODULE_SPEC, "__init__", nameless),
    "order in which sequences are traversed": other_order,
    "PyDictValues": lambda: attribute(MODULE_SPEC, "name", property(nothing, lambda _, __: None)),
    "PyMemberDescrObject": lambda: entry(CODE, "co_filename", property(FILE.__get__)),
    "wr_object": other_referent,
    "lru_list_elem": lambda: attribute(FUNCTOOLS, "_lru_cache_wrapper", Cached),
    "lists of the collector": lambda: attribute(gc, "get_threshold", lambda: (1, 2, 3)),
    "variables of frames": lambda: attribute(builtins, "locals", lambda: {"argument": 1}),
    "thread_id": other_ident,
}

if __name__ == "__main__":
    from late_core import import_under

    # The collector would meet what is changed.
    gc.disable()
    _core = import_under(CHANGES[sys.argv[1]]())
    gc.enable()
    from questions import ask_everything, ask_snapshot

    # By its count, where nothing else tells.
    is_immortal = _core.CapturedHeap().record(id(None))[2] is None
    assert is_immortal == (sys.version_info >= (3, 12))
    print("; ".join(name for name, is_confirmed in _core.LAYOUTS.items() if not is_confirmed))
    print("\n".join(ask_snapshot().metadata["unseen"]))
    ask_everything()
