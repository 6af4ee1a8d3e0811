"""objgraph's questions about numbers: how many objects there are of each type, and which."""

from __future__ import annotations

import gc
import sys
from operator import itemgetter

from heapgraph import _core
from heapgraph._arguments import address, addresses, check_callable

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TextIO

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


def _as_list(objects: Iterable[object] | None) -> list[Any] | None:
    return objects if objects is None or type(objects) is list else list(objects)


def _kept(keep: Callable[[Any], object], objects: Iterable[object] | None) -> list[Any]:
    check_callable(filter=keep)
    # All objects are listed before anything is made for the search, so that it is not counted.
    return list(filter(keep, gc.get_objects() if objects is None else objects))


def _first(limit: int | None, rows: list[Any]) -> list[Any]:
    return rows[:limit] if limit else rows
