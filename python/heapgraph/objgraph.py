"""The functions of `objgraph`, with its names, arguments and meanings.

``import heapgraph as objgraph`` or ``from heapgraph import objgraph`` is enough to switch. The
heap is walked once for each question, in compiled code.

"All objects" means those that the collector tracks, in its own order. A type name is short
(``dict``) or full (``builtins.dict``); where a name is asked for, a class may be given too.
"""

from __future__ import annotations

import gc
import sys
from operator import itemgetter

from heapgraph import _core
from heapgraph._arguments import address, addresses, check_callable, limit
from heapgraph._core import is_proper_module
from heapgraph._drawing import Roots, Texts, draw
from heapgraph._object_text import object_text, type_name
from heapgraph.display import check_target, present

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike
    from typing import Any, TextIO

__all__ = [
    "at",
    "at_addrs",
    "by_type",
    "count",
    "describe_chain",
    "find_backref_chain",
    "find_ref_chain",
    "growth",
    "is_proper_module",
    "most_common_types",
    "show_backrefs",
    "show_chain",
    "show_growth",
    "show_most_common_types",
    "show_refs",
    "typestats",
]

_peaks: dict[str, int] = {}
"""The highest count of each type that `growth` has reported so far."""


def count(typename: str | type, objects: Iterable[object] | None = None) -> int:
    """Count the objects of a type.

    Args:
        typename: A short name, a full name (with a dot), or a class; subclasses do not count.
        objects: Where to look; all objects that the collector tracks by default.

    Returns:
        How many there are; 0 if no object has such a type.

    Raises:
        TypeError: If `typename` is neither a string nor a class.

    Examples:
        >>> count("list", [[], [1], ()])
        2
        >>> count(tuple, [[], [1], ()])
        1
    """
    return len(_core.objects_of_type(typename, _as_list(objects)))


def typestats(
    objects: Iterable[object] | None = None,
    shortnames: bool = True,
    filter: Callable[[Any], object] | None = None,
) -> dict[str, int]:
    """Count objects by type.

    Args:
        objects: What to count; all objects that the collector tracks by default.
        shortnames: Whether to leave the module out of the names. Classes of the same name then
            count as one.
        filter: Called with each object; only those for which it is true count.

    Returns:
        The number of objects by type name, in the order in which the types were met.

    Examples:
        >>> typestats([[], {}, []])
        {'list': 2, 'dict': 1}
    """
    if filter:
        objects = _kept(filter, objects)
    return _core.count_by_type(_as_list(objects), bool(shortnames))


def most_common_types(
    limit: int | None = 10,
    objects: Iterable[object] | None = None,
    shortnames: bool = True,
    filter: Callable[[Any], object] | None = None,
) -> list[tuple[str, int]]:
    """Find the types with the most objects.

    Args:
        limit: How many types at most; all if `None` or 0.
        objects: As for `typestats`.
        shortnames: As for `typestats`.
        filter: As for `typestats`.

    Returns:
        Type names with their counts, the highest first.

    Examples:
        >>> most_common_types(1, [[], {}, []])
        [('list', 2)]
    """
    stats = typestats(objects, shortnames=shortnames, filter=filter)
    return _first(limit, sorted(stats.items(), key=itemgetter(1), reverse=True))


def show_most_common_types(
    limit: int | None = 10,
    objects: Iterable[object] | None = None,
    shortnames: bool = True,
    file: TextIO | None = None,
    filter: Callable[[Any], object] | None = None,
) -> None:
    """Print the types with the most objects as a table.

    Args:
        limit: As for `most_common_types`.
        objects: As for `typestats`.
        shortnames: As for `typestats`.
        file: Where to print; `sys.stdout` by default.
        filter: As for `typestats`.

    Examples:
        >>> show_most_common_types(objects=[[], {}, []])
        list 2
        dict 1
    """
    rows = most_common_types(limit, objects, shortnames=shortnames, filter=filter)
    width = max((len(name) for name, _ in rows), default=0)
    out = sys.stdout if file is None else file
    for name, number in rows:
        out.write(f"{name:<{width}} {number}\n")


def growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] | None = None,
    shortnames: bool = True,
    filter: Callable[[Any], object] | None = None,
) -> list[tuple[str, int, int]]:
    """Count what there is more of than at any earlier call.

    Collects garbage first. Growth that `limit` leaves out is not lost: it is reported by the next
    call.

    Args:
        limit: How many types at most; all if `None` or 0.
        peak_stats: The highest counts so far, which the call updates. Give an empty dict to start
            a count of your own; by default one is kept for the whole process.
        shortnames: As for `typestats`.
        filter: As for `typestats`.

    Returns:
        Type name, current number and increase over the peak, the largest increase first.

    Examples:
        >>> class Leak: pass
        >>> peaks = {}
        >>> _ = growth(None, peaks)
        >>> leaks = [Leak(), Leak()]
        >>> [row for row in growth(None, peaks) if row[0] == "Leak"]
        [('Leak', 2, 2)]
    """
    peaks = _peaks if peak_stats is None else peak_stats
    gc.collect()
    stats = typestats(shortnames=shortnames, filter=filter)
    increases = [(name, number, number - peaks.get(name, 0)) for name, number in stats.items()]
    increases = [row for row in increases if row[2] > 0]
    increases.sort(key=itemgetter(2), reverse=True)
    shown = _first(limit, increases)
    for name, number, _ in shown:
        peaks[name] = number
    return shown


def show_growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] | None = None,
    shortnames: bool = True,
    file: TextIO | None = None,
    filter: Callable[[Any], object] | None = None,
) -> None:
    """Print what there is more of than at any earlier call, as a table.

    Prints nothing where nothing grew.

    Args:
        limit: As for `growth`.
        peak_stats: As for `growth`.
        shortnames: As for `typestats`.
        file: Where to print; `sys.stdout` by default.
        filter: As for `typestats`.
    """
    rows = growth(limit, peak_stats, shortnames, filter)
    width = max((len(name) for name, _, _ in rows), default=0)
    out = sys.stdout if file is None else file
    for name, number, increase in rows:
        out.write(f"{name:<{width}}{number:9d} {increase:+9d}\n")


def by_type(typename: str | type, objects: Iterable[object] | None = None) -> list[Any]:
    """Find the objects of a type.

    The result keeps them alive: drop it before you look for what else does.

    Args:
        typename: As for `count`.
        objects: As for `count`.

    Returns:
        The objects, in the order of `objects`; empty if no object has such a type.

    Raises:
        TypeError: If `typename` is neither a string nor a class.

    Examples:
        >>> by_type("set", [{1}, [2], {3}])
        [{1}, {3}]
    """
    return _core.objects_of_type(typename, _as_list(objects))


def at(addr: int) -> object | None:
    """Find the object at an address.

    Args:
        addr: What `id` gave for it.

    Returns:
        The object, or `None` if the collector tracks none there.

    Examples:
        >>> names = ["ada"]
        >>> at(id(names))
        ['ada']
    """
    found = at_addrs([address("addr", addr)])
    return found[0] if found else None


def at_addrs(address_set: Iterable[int]) -> list[Any]:
    """Find the objects at some addresses.

    Args:
        address_set: What `id` gave for them.

    Returns:
        Those that the collector tracks, in its order.

    Examples:
        >>> names = ["ada"]
        >>> at_addrs({id(names)})
        [['ada']]
    """
    return _core.objects_at(set(addresses("address_set", address_set)))


def find_ref_chain(
    obj: object,
    predicate: Callable[[Any], object],
    max_depth: int = 20,
    extra_ignore: Iterable[int] = (),
) -> list[Any]:
    """Find a shortest chain of references from an object to one that is looked for.

    Collects garbage first.

    Args:
        obj: Where to start.
        predicate: Called with each object, nearest first, until it is true.
        max_depth: How many references to follow at most.
        extra_ignore: Ids of objects never to enter.

    Returns:
        The chain ``[obj, ..., match]``; ``[obj]`` if there is no match.

    Examples:
        >>> inner = {"key": "value"}
        >>> find_ref_chain([[inner]], lambda found: found is inner)
        [[[{'key': 'value'}]], [{'key': 'value'}], {'key': 'value'}]
    """
    return _find_chain(obj, predicate, max_depth, extra_ignore, forward=True)


def find_backref_chain(
    obj: object,
    predicate: Callable[[Any], object],
    max_depth: int = 20,
    extra_ignore: Iterable[int] = (),
) -> list[Any]:
    """Find a shortest chain of references that keeps an object alive.

    Collects garbage first. With `is_proper_module` as predicate the answer comes from one walk
    over the heap, without calling Python.

    Args:
        obj: The object that should be gone.
        predicate: Called with each object, nearest first, until it is true.
        max_depth: How many references to follow at most.
        extra_ignore: Ids of objects never to enter.

    Returns:
        The chain ``[match, ..., obj]``; ``[obj]`` if there is no match.

    Examples:
        >>> import colorsys
        >>> chain = find_backref_chain(colorsys.rgb_to_hsv, is_proper_module)
        >>> chain[0], chain[-1]
        (<module 'colorsys' from ...>, <function rgb_to_hsv at ...>)
    """
    return _find_chain(obj, predicate, max_depth, extra_ignore, forward=False)


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
    objects = _chain_list(chain)
    if not objects:
        message = "the chain is empty: pass what find_backref_chain or find_ref_chain returned"
        raise ValueError(message)
    texts = [_typed_text(obj) for obj in objects]
    return _core.chain_text(objects, texts)


def show_backrefs(
    objs: object,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], object] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], object] | None = None,
    filename: str | PathLike[str] | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
) -> _core.Picture | None:
    """Draw what refers to some objects.

    Collects garbage first. Modules are drawn and not searched further.

    Args:
        objs: One object, or a list or tuple of objects.
        max_depth: How many references away to look.
        extra_ignore: Ids of objects to leave out.
        filter: Called with each object; those for which it is false are left out.
        too_many: How many referrers of one object to draw; the others are counted.
        highlight: Called with each object; those for which it is true stand out.
        filename: The file to write, in the format of its ending: ``.dot``, ``.svg`` and ``.png``
            need nothing else, others an installed Graphviz.
        extra_info: Called with each object; what it returns is added to the label.
        refcounts: Whether to show reference counts.
        shortnames: Whether to leave the module out of type names.
        output: A text file to write the graph to, in Graphviz's language.
        extra_node_attrs: Called with each object; returns more attributes of its node in
            Graphviz's language, which win over ours. `None` values are skipped.

    Returns:
        In a notebook, unless a file was asked for, the picture; otherwise `None`. Outside a
        notebook and without a file the picture goes to a temporary SVG file, whose name is
        printed.

    Raises:
        ValueError: If both `filename` and `output` are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    objs = Roots(objs)
    check_callable(
        filter=filter,
        highlight=highlight,
        extra_info=extra_info,
        extra_node_attrs=extra_node_attrs,
    )
    drawing = draw(objs, False, max_depth, too_many, extra_ignore, filter)
    # Made after the walk, which would see it.
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)


def show_refs(
    objs: object,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], object] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], object] | None = None,
    filename: str | PathLike[str] | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
) -> _core.Picture | None:
    """Draw what some objects refer to.

    Args:
        objs: As for `show_backrefs`, as are all other arguments.
        max_depth: How many references away to look.
        extra_ignore: Ids of objects to leave out.
        filter: Called with each object; those for which it is false are left out.
        too_many: How many referents of one object to draw; the others are counted.
        highlight: Called with each object; those for which it is true stand out.
        filename: The file to write.
        extra_info: Called with each object; what it returns is added to the label.
        refcounts: Whether to show reference counts.
        shortnames: Whether to leave the module out of type names.
        output: A text file to write the graph to, in Graphviz's language.
        extra_node_attrs: Called with each object; returns more attributes of its node.

    Returns:
        As `show_backrefs`.

    Raises:
        ValueError: If both `filename` and `output` are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    objs = Roots(objs)
    check_callable(
        filter=filter,
        highlight=highlight,
        extra_info=extra_info,
        extra_node_attrs=extra_node_attrs,
    )
    drawing = draw(objs, True, max_depth, too_many, extra_ignore, filter)
    # Made after the walk, which would see it.
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)


def show_chain(
    *chains: Sequence[object],
    backrefs: bool = True,
    highlight: Callable[[Any], object] | None = None,
    filename: str | PathLike[str] | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
) -> _core.Picture | None:
    """Draw chains of references, and nothing else.

    Args:
        *chains: What `find_backref_chain` or `find_ref_chain` returned.
        backrefs: Whether the last object of each chain is the one asked about, as
            `find_backref_chain` returns them, rather than the first.
        highlight: As for `show_backrefs`.
        filename: As for `show_backrefs`.
        extra_info: As for `show_backrefs`.
        refcounts: As for `show_backrefs`.
        shortnames: As for `show_backrefs`.
        output: As for `show_backrefs`.
        extra_node_attrs: As for `show_backrefs`.

    Returns:
        As `show_backrefs`.

    Raises:
        ValueError: If there is no chain with an object in it, or both `filename` and `output`
            are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    check_callable(highlight=highlight, extra_info=extra_info, extra_node_attrs=extra_node_attrs)
    drawn = [objects for objects in map(_chain_list, chains) if objects]
    if not drawn:
        message = "no chain to draw: pass what find_backref_chain or find_ref_chain returned"
        raise ValueError(message)
    gc.collect()
    drawing = _core.draw_chains(drawn, bool(backrefs))
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)


def _find_chain(
    obj: object,
    predicate: Callable[[Any], object],
    max_depth: int,
    extra_ignore: Iterable[int],
    *,
    forward: bool,
) -> list[Any]:
    if not callable(predicate):
        message = (
            f"predicate must be a function of one object, not {type_name(type(predicate))}; "
            "is_proper_module is one"
        )
        raise TypeError(message)
    in_core = None if predicate is is_proper_module else predicate
    ignored = [*addresses("extra_ignore", extra_ignore), id(extra_ignore)]
    depth = limit("max_depth", max_depth)
    gc.collect()
    return _core.find_chain(obj, in_core, forward, depth, ignored)


def _chain_list(chain: Sequence[object]) -> list[object]:
    if not hasattr(type(chain), "__iter__"):
        message = (
            "a chain is a list of objects, as find_backref_chain and find_ref_chain return it, "
            f"not {type_name(type(chain))}"
        )
        raise TypeError(message)
    return list(chain)


def _typed_text(obj: object) -> str:
    kind = type(obj)
    if issubclass(kind, type(sys)):
        return f"module {object_text(obj)}"
    name = type_name(kind)
    text = object_text(obj)
    return text if name in text else f"{name} {text}"


def _as_list(objects: Iterable[object] | None) -> list[Any] | None:
    return objects if objects is None or type(objects) is list else list(objects)


def _kept(keep: Callable[[Any], object], objects: Iterable[object] | None) -> list[Any]:
    check_callable(filter=keep)
    # All objects are listed before anything is made for the search, so that it is not counted.
    return list(filter(keep, gc.get_objects() if objects is None else objects))


def _first(limit: int | None, rows: list[Any]) -> list[Any]:
    return rows[:limit] if limit else rows
