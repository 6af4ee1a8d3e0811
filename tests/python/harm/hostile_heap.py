"""A heap whose every name is hostile: of classes, modules, attributes, keys, functions, files.

The first argument of the program that imports it is a folder to write files to.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = (
    "\x1b[2J\x1b]0;owned\x07\u202eT\x9b1m\u2066\u200f\u061c\u200b\u2060\ufeff\u00adx\u200dy\ufe0f"
    "\U000e0041\r\x7f\x85\u2028\u2029\nFound: nothing leaks\n"
)
"""Characters that terminals obey, reorder, hide, or end a line at."""

LONE = "\udc9b"
"""No encoding has it: a text with it can not be printed."""

NAME = EVIL + LONE

FOLDER = Path(sys.argv[1])
FILE = str(FOLDER / ("f" + EVIL.replace("/", "") + ".parquet"))
MISSING = FOLDER / ("missing" + EVIL) / "x.parquet"


def renamed_class(*bases: type) -> Any:
    """A class with a hostile name in a hostile module."""
    cls = type("T", bases, {})
    cls.__name__ = cls.__qualname__ = EVIL
    cls.__module__ = "m" + EVIL
    return cls


def renamed_function(namespace: dict[str, object]) -> Callable[[], None]:
    """A function that stops in a thread, of a hostile name, file and variable."""

    def wait() -> None:
        local = holder.pop()
        entered.set()
        leave.wait()
        del local

    holder = [Type()]
    code = wait.__code__.replace(co_name=NAME, co_filename=NAME, co_varnames=(NAME,))
    if sys.version_info >= (3, 11):
        code = code.replace(co_qualname=NAME)
    return types.FunctionType(code, {**globals(), **namespace}, NAME, None, wait.__closure__)


sys.argv[0] = EVIL
early = heapgraph.take_snapshot()
Type = renamed_class()
module: Any = types.ModuleType("m" + EVIL)
sys.modules["m" + EVIL] = module
entered, leave = threading.Event(), threading.Event()
thread = threading.Thread(target=renamed_function({}), name=NAME, daemon=True)
thread.start()
entered.wait()

objects = [Type() for _ in range(300)]
vars(module)[NAME] = {NAME: objects}
for one in objects:
    vars(one)[NAME] = Type()
    vars(vars(one)[NAME])[NAME] = one
vars(module)["big" + EVIL] = [Type() for _ in range(100)]
for one in vars(module)["big" + EVIL]:
    vars(one)[NAME] = b"x" * 200_000 + str(id(one)).encode()
module.bytes_key = {EVIL.encode(): [Type()]}


class Subject:
    """Registers its method with itself: a hint."""

    @functools.cache  # noqa: B019 - this is what is found
    def cached(self, key: str) -> str:
        """Stay in the cache."""
        return key + NAME


Subject.__name__ = Subject.__qualname__ = EVIL
subjects = [Subject() for _ in range(50)]
for one in subjects:
    one.cached("x" * 50_000 + str(id(one)))
subjects.clear()


def is_module(obj: object) -> bool:
    """A predicate written in Python."""
    return obj is module


def chain_of(obj: object) -> heapgraph.Chain:
    """A chain that ends at an object."""
    return heapgraph.find_backref_chain(obj, heapgraph.is_proper_module)


def make_garbage() -> None:
    """A cycle that nothing leads to."""
    one, other = Type(), Type()
    vars(one)[NAME], vars(other)[NAME] = other, one


@functools.cache
def leaked() -> heapgraph.HeapDiff:
    """References to objects of a hostile class that compiled code has forgotten."""
    before = heapgraph.take_snapshot()
    for _ in range(2000):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(objects[9]))
    return heapgraph.take_snapshot().diff(before)
