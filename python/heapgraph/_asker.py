"""What the one who asks holds in order to ask.

His variables, the lists that he was given, what his shell keeps of what it has shown: that is why
an object is alive only if nothing else holds it.
"""

from __future__ import annotations

import builtins
import gc
import sys
from types import FunctionType

from heapgraph import _core
from heapgraph._arguments import HELD_BY_CALL
from heapgraph._debugger import OPTIMIZED, callers, debugger_ids, module_of
from heapgraph._loaded_modules import loaded_module, names_of_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType
    from typing import Any

    Tool = tuple[int, int, str]
    """What holds something, the key or the object that it holds (0 for all), and what it is."""

_FAILURES = ("last_exc", "last_traceback", "last_type", "last_value")
"""What `sys` keeps of the exception that a prompt has shown last."""


class Found(list):  # type: ignore[type-arg]  # of anything; `Any` would have to be imported
    """A list of objects that was given out: that it holds them explains nothing.

    A class of its own, as a plain list can be told neither by its address, which another may get
    later, nor by a weak reference, which it cannot have.
    """

    __slots__ = ()


def asker() -> _core.Asker:
    """What is held by whoever has called a function of this package, in this thread.

    No object is kept, and no frame: only addresses are.
    """
    frames = list(_asking(sys._getframe(1)))  # noqa: SLF001, what `inspect` calls too
    return _core.Asker(
        [variable for frame in frames for variable in _variables(frame)],
        [id(cls) for cls in (Found, *Found.__subclasses__())],
        [
            *_of_prompt(),
            *((address, 0, "the debugger") for address in debugger_ids()),
            *((address, 0, "what traces the program") for address in _traced_copies()),
        ],
        [parameter for frame in frames for parameter in _parameters(frame)],
    )


def _traced_copies() -> Iterator[int]:
    """The dicts that functions of this package have their variables in too while they are traced.

    Up to 3.12; later each reader of them gets another.
    """
    if sys.version_info >= (3, 13) or (sys.gettrace() is None and sys.getprofile() is None):
        return
    for frame in callers(sys._getframe(1)):  # noqa: SLF001, as above
        if (module_of(frame) or "").partition(".")[0] == "heapgraph":
            yield id(frame.f_locals)


def _asking(frame: FrameType | None) -> Iterator[FrameType]:
    for caller in callers(frame):
        name = module_of(caller) or ""
        if name.partition(".")[0] != "heapgraph":
            yield caller


def _variables(frame: FrameType) -> Iterator[int]:
    """What has the variables that a frame works with: it, and its namespace."""
    yield id(frame)
    if not frame.f_code.co_flags & OPTIMIZED:
        names = frame.f_locals
        # From 3.12 on it is a copy while a comprehension runs there, and each asker gets another.
        yield id(names if names is frame.f_locals else frame.f_globals)
    if frame.f_globals is names_of_module(loaded_module("__main__")):
        yield id(frame.f_globals)


def _parameters(frame: FrameType) -> Iterator[tuple[int, str]]:
    """What a frame is called with and its caller holds as well, which no walk sees."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount if HELD_BY_CALL else 0
    for name in code.co_varnames[:count]:
        yield id(frame), name


def _of_prompt() -> Iterator[Tool]:
    """What is kept by a prompt from which this is called, if any."""
    shell = _ipython()
    if shell is not None:
        yield from _of_ipython(shell)
    if shell is not None or "ps1" in vars(sys):
        yield from _entries(vars(sys), _FAILURES, "`sys.{}` of the prompt")
        yield from _entries(vars(builtins), ("_",), "`{}` of the prompt")


def _entries(names: Mapping[str, object], keys: tuple[str, ...], words: str) -> Iterator[Tool]:
    # Where the key is a string of a class of the program's, comparing it would run its code.
    # Listed at once, as another thread may add names meanwhile.
    for key in list(names):
        if type(key) is str and key in keys:
            yield id(names), id(key), words.format(key)


def _ipython() -> object:
    """The shell of IPython, if this is one: what only looks like it need not have its parts."""
    # Where they are defined: `IPython` itself may have them only once they are asked for.
    get_shell = names_of_module(loaded_module("IPython.core.getipython")).get("get_ipython")
    shell = get_shell() if type(get_shell) is FunctionType else None
    module = loaded_module("IPython.core.interactiveshell")
    known = names_of_module(module).get("InteractiveShell")
    return shell if any(cls is known for cls in type(shell).__mro__) else None


def _of_ipython(shell: object) -> Iterator[Tool]:
    """What IPython holds of the results and failures that it has shown."""
    words = "the output of IPython"
    names = _dict_of(shell, "user_ns")
    results = _dict_of(getattr(shell, "history_manager", None), "output_hist")
    # The names that are not the user's, as they were when he was shown them.
    for kept in (results, _dict_of(shell, "user_ns_hidden")):
        if kept:
            yield id(kept), 0, words
    hook = getattr(shell, "displayhook", None)
    shown = {name: getattr(hook, name, None) for name in ("_", "__", "___")}
    for result in shown.values():
        yield from _attribute(hook, result, words)
    shown |= {f"_{number}": result for number, result in list(results.items())}
    # A name that the user has taken is his.
    own = tuple(name for name, result in shown.items() if names.get(name) is result)
    yield from _entries(names, own, words)
    last = getattr(shell, "last_execution_result", None)
    yield from _attribute(last, getattr(last, "result", None), words)
    failure = getattr(shell, "InteractiveTB", None)
    for name in ("tb", "etype", "evalue"):
        yield from _attribute(failure, getattr(failure, name, None), "the last failure in IPython")


def _dict_of(owner: object, name: str) -> dict[Any, object]:
    value = getattr(owner, name, None)
    return value if isinstance(value, dict) else {}


def _attribute(owner: object, value: object, words: str) -> Iterator[Tool]:
    """An attribute, under its owner or in a dict of that."""
    if value is None:
        return
    yield id(owner), id(value), words
    for part in gc.get_referents(owner):
        if type(part) is dict:
            for key, held in list(part.items()):
                if held is value:
                    yield id(part), id(key), words
