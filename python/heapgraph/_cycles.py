"""What cycles of garbage a call leaves behind."""

from __future__ import annotations

import gc
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType, MethodType

from heapgraph._loaded_modules import loaded_module, names_of_module
from heapgraph._object_text import type_name
from heapgraph._snapshots import take_snapshot

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import ParamSpec

    from heapgraph import _core

    P = ParamSpec("P")

_GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x100, 0x200
"""What `co_flags` says of code that does not run when it is called; `inspect` has the same."""

_MOST_WRAPPED = 100
"""A `partial` can be of a `partial`, and an object can be its own `__call__`."""

_MOST_COLLECTIONS = 5
"""Finalizers can leave new garbage, some of them each time."""


def find_cycles(
    function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
) -> _core.Garbage:
    """Call a function and find the cycles that the call leaves behind as garbage.

    What is in such a cycle is not freed when it is no longer needed, but when the collector comes
    to it. Garbage is collected first; during the call the collector is paused. What the function
    returns is in use until the answer is there, and so is no garbage, and what hangs on the
    arguments is not either. Other threads that run meanwhile may leave garbage too, which can not
    be told apart.

    Args:
        function: What to call. It has to do its work before it returns, and not to collect.
        *args: What to call it with.
        **kwargs: The same, by name.

    Returns:
        The garbage: objects and bytes, by type and by cycle. It is empty, and so false, if the call
        leaves none. The objects themselves are left to the collector.

    Raises:
        TypeError: If `function` can not be called, or only makes a coroutine or generator.
        CaptureError: As `take_snapshot`.

    Examples:
        >>> class Node:
        ...     def __init__(self, parent=None):
        ...         self.parent, self.children = parent, []
        ...         if parent:
        ...             parent.children.append(self)
        >>> def build():
        ...     Node(Node())
        >>> garbage = find_cycles(build)
        >>> [(group.path, group.component_count) for group in garbage.cycles]
        [('Node.children[0] -> Node.parent', 1)]
        >>> bool(find_cycles(sorted, [3, 1, 2]))
        False
    """
    if not callable(function):
        message = (
            f"function must be something to call, not an instance of {type_name(type(function))}"
        )
        raise TypeError(message)
    _check_code(_code(function))
    was_enabled = gc.isenabled()
    for _ in range(_MOST_COLLECTIONS):
        if gc.collect() == 0:
            break
    gc.disable()
    try:
        result = function(*args, **kwargs)
        _check_result(result)
        return take_snapshot(collect=False).garbage()
    finally:
        (gc.enable if was_enabled else gc.disable)()


def _code(function: object) -> CodeType | None:
    """The code that runs first when something is called, where it can be known."""
    for _ in range(_MOST_WRAPPED):
        kind = type(function)
        if kind is FunctionType:
            code: CodeType = function.__code__  # type: ignore[attr-defined]
            return code
        if kind is MethodType:
            function = function.__func__  # type: ignore[attr-defined]
        elif _is_partial(kind):
            function = function.func  # type: ignore[attr-defined]
        else:
            # What an instance of a class with `__call__` runs.
            calls = [vars(c)["__call__"] for c in kind.__mro__ if "__call__" in vars(c)]
            if not calls or type(calls[0]) is not FunctionType:
                return None
            function = calls[0]
    return None


def _is_partial(kind: type) -> bool:
    # The class itself: of the program's own classes none is compared.
    partial = names_of_module(loaded_module("functools")).get("partial")
    return partial is not None and any(one is partial for one in kind.__mro__)


def _check_code(code: CodeType | None) -> None:
    flags = 0 if code is None else code.co_flags
    if flags & (_COROUTINE | _ITERABLE_COROUTINE):
        _refuse("a coroutine function", _RUN)
    if flags & _ASYNC_GENERATOR:
        _refuse("an asynchronous generator function", _RUN)
    if flags & _GENERATOR:
        _refuse("a generator function", _EXHAUST)


def _check_result(result: object) -> None:
    """Refuse what the check of the code did not see."""
    kind = type(result)
    if kind is CoroutineType:
        # It will not be awaited, and nobody need be told so.
        result.close()  # type: ignore[attr-defined]
        _refuse("a function that returns a coroutine", _RUN)
    if kind is AsyncGeneratorType:
        _refuse("a function that returns an asynchronous generator", _RUN)
    if kind is GeneratorType:
        _refuse("a function that returns a generator", _EXHAUST)


_RUN = "lambda: asyncio.run(main())"
_EXHAUST = "lambda: list(rows())"


def _refuse(what: str, instead: str) -> None:
    message = (
        f"{what} has done nothing yet when it returns: give a function that runs it to its end, "
        f"such as {instead}"
    )
    raise TypeError(message)
