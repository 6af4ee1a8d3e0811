"""objgraph's questions about numbers: how many objects there are of each type, and which."""

from __future__ import annotations

import gc
import sys
from operator import itemgetter

from heapgraph import _core
from heapgraph._arguments import address, addresses, check_callable, object_list
from heapgraph._asker import Found

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TextIO


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
        objects = kept(filter, objects)
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
    return first_rows(limit, sorted(stats.items(), key=itemgetter(1), reverse=True))


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
    names = [_core.one_line(name) for name, _ in rows]
    width = max(map(len, names), default=0)
    out = sys.stdout if file is None else file
    for name, (_, number) in zip(names, rows, strict=True):
        out.write(f"{name:<{width}} {number}\n")


def get_leaking_objects(
    objects: Iterable[object] | None = None, *, collect: bool = True
) -> list[Any]:
    """Find objects that nothing refers to.

    Something keeps them alive even so: compiled code that holds them on purpose, or that has
    counted its references wrong. Local variables of running functions are referrers, as is
    everything that `find_backref_chain` can find, and as is the object itself. Running frames,
    generators that a loop goes through, and functions called at exit are left out.
    The result keeps the objects alive.

    Args:
        objects: Where to look; all objects that the collector tracks by default. What holds them
            only for this call is not their referrer.
        collect: Whether to collect garbage first.

    Returns:
        The objects, in the order of `objects`.

    Raises:
        CaptureError: If the heap cannot be captured.

    Examples:
        >>> held, leaked = ["held"], ["leaked"]
        >>> get_leaking_objects([held, {"only": "here"}])
        [{'only': 'here'}]
    """
    if collect:
        gc.collect()
    return Found(_core.unreferenced(_as_list(objects), objects))


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
    return Found(_core.objects_of_type(typename, _as_list(objects)))


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
    return Found(_core.objects_at(set(addresses("address_set", address_set))))


def _as_list(objects: Iterable[object] | None) -> list[Any] | None:
    if objects is None or type(objects) is list:
        return objects
    return object_list("objects", objects)


def kept(keep: Callable[[Any], object], objects: Iterable[object] | None) -> list[Any]:
    """The objects for which a filter is true, of all that the collector tracks by default."""
    check_callable(filter=keep)
    # All objects are listed before anything is made for the search, so that it is not counted.
    return list(filter(keep, gc.get_objects() if objects is None else objects))


def first_rows(limit: int | None, rows: list[Any]) -> list[Any]:
    """The first rows of a table: all if `limit` is `None` or 0, as in objgraph."""
    return rows[:limit] if limit else rows
