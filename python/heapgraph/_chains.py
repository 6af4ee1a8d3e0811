"""objgraph's questions about chains of references, and their answers in words."""

from __future__ import annotations

import gc
import sys

from heapgraph import _core
from heapgraph._arguments import HELD_BY_CALL, addresses, chain_list, limit
from heapgraph._asker import Found, asker
from heapgraph._core import is_proper_module, is_root
from heapgraph._debugger import debugger_ids
from heapgraph._object_text import object_text, type_name

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_BUILTIN = type(len)
_GOALS: dict[Callable[[Any], object], str] = {is_proper_module: "module", is_root: "root"}
"""Predicates that the core knows, and answers from one walk without calling Python."""


class Chain(Found):
    """A chain of references: a list of objects, each of which refers to the next.

    Attributes:
        found: Whether the search met what it looked for. Both a search that finds nothing and one
            that is met by the object it starts at give that object alone.

    Examples:
        >>> find_ref_chain(["a"], lambda obj: obj == "a")
        [['a'], 'a']
        >>> find_ref_chain(["a"], lambda obj: obj == "b").found
        False
    """

    __slots__ = ("found",)

    def __init__(self, objects: Iterable[Any] = (), found: bool = False) -> None:
        """Take the objects from holder to held, and whether they are what was looked for."""
        super().__init__(objects)
        self.found = found


def find_ref_chain(
    obj: object,
    predicate: Callable[[Any], object],
    max_depth: int = 20,
    extra_ignore: Iterable[int] = (),
    *,
    collect: bool = True,
) -> Chain:
    """Find a shortest chain of references from an object to one that is looked for.

    Args:
        obj: Where to start.
        predicate: Called with each object, nearest first, until it is true.
        max_depth: How many references to follow at most.
        extra_ignore: Ids of objects never to enter.
        collect: Whether to collect garbage first.

    Returns:
        The chain ``[obj, ..., match]``; ``[obj]`` if there is no match, and `found` is then
        false.

    Examples:
        >>> inner = {"key": "value"}
        >>> find_ref_chain([[inner]], lambda found: found is inner)
        [[[{'key': 'value'}]], [{'key': 'value'}], {'key': 'value'}]
    """
    target = [obj]
    del obj
    return _find_chain(target, predicate, max_depth, extra_ignore, forward=True, collect=collect)


def find_backref_chain(
    obj: object,
    predicate: Callable[[Any], object],
    max_depth: int = 20,
    extra_ignore: Iterable[int] = (),
    *,
    collect: bool = True,
) -> Chain:
    """Find a shortest chain of references that keeps an object alive.

    With `is_proper_module` or `is_root` as predicate the answer comes from one walk over the heap,
    without calling Python.

    `is_proper_module` looks for a module. `is_root` looks for one too, and where none keeps the
    object alive for whatever else does: the frame of a running function in any thread, a suspended
    generator or coroutine, the context variables of a thread, a function called at exit; of these
    the nearest, and the frame of the caller only if there is no other. Last, an object that is held
    from outside, by compiled code or in the middle of an expression.

    Args:
        obj: The object that should be gone.
        predicate: Called with each object, nearest first, until it is true.
        max_depth: How many references to follow at most.
        extra_ignore: Ids of objects never to enter.
        collect: Whether to collect garbage first.

    Returns:
        The chain ``[match, ..., obj]``; ``[obj]`` if there is no match, and `found` is then
        false.

    Examples:
        >>> import colorsys
        >>> chain = find_backref_chain(colorsys.rgb_to_hsv, is_proper_module)
        >>> chain[0], chain[-1]
        (<module 'colorsys' from ...>, <function rgb_to_hsv at ...>)
    """
    target = [obj]
    del obj
    return _find_chain(target, predicate, max_depth, extra_ignore, forward=False, collect=collect)


def describe_chain(chain: Sequence[object]) -> str:
    """Put a chain of references into words.

    Args:
        chain: What `find_backref_chain` or `find_ref_chain` returned.

    Returns:
        The chain in Python's spelling, then a line for each object with the reference to it.

    Raises:
        ValueError: If the chain is empty.

    Examples:
        >>> import colorsys
        >>> chain = find_backref_chain(colorsys.rgb_to_hsv, is_proper_module)
        >>> print(describe_chain(chain))
        colorsys.rgb_to_hsv
        <BLANKLINE>
          module colorsys
          .rgb_to_hsv  function rgb_to_hsv
    """
    objects = chain_list(chain)
    if not objects:
        message = "the chain is empty: pass what find_backref_chain or find_ref_chain returned"
        raise ValueError(message)
    texts = [_typed_text(obj) for obj in objects]
    return _core.chain_text(objects, texts, asker())


def _find_chain(
    target: list[Any],
    predicate: Callable[[Any], object],
    max_depth: int,
    extra_ignore: Iterable[int],
    *,
    forward: bool,
    collect: bool,
) -> Chain:
    if not callable(predicate):
        message = (
            f"predicate must be a function of one object, not {type_name(type(predicate))}; "
            "is_proper_module is one"
        )
        raise TypeError(message)
    goal = _GOALS.get(predicate, predicate) if type(predicate) is _BUILTIN else predicate
    ignored = [*addresses("extra_ignore", extra_ignore), id(extra_ignore), id(target)]
    ignored += debugger_ids()
    depth = limit("max_depth", max_depth)
    if collect:
        gc.collect()
    objects = _core.find_chain(target, goal, forward, depth, ignored, HELD_BY_CALL, asker())
    return Chain(target if objects is None else objects, objects is not None)


def _typed_text(obj: object) -> str:
    text = object_text(obj)
    if _core.is_instance(obj, type(sys)):
        return f"module {text}"
    name = type_name(type(obj))
    return text if name in text else f"{name} {text}"
