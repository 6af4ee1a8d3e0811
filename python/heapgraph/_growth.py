"""objgraph's questions about time: what there is more of than before, and which objects."""

from __future__ import annotations

import gc
from operator import itemgetter

from heapgraph import _core
from heapgraph._counting import first_rows, typestats
from heapgraph._growth_tables import (
    column,
    integer,
    print_growth,
    print_new_ids,
    say_what_is_next,
    sizes_of_types,
)

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import defaultdict
    from collections.abc import Callable
    from typing import Any, TextIO


class Baseline:
    """What has been seen so far, to tell what is new: for one question, apart from all others.

    The functions of the same names share one baseline for the whole process, so that two parts of
    a program that use them take away each other's growth. Each part can have its own instead. It
    holds numbers and addresses, and keeps no object alive.

    Examples:
        >>> class Leak: pass
        >>> baseline = Baseline()
        >>> _ = baseline.growth()
        >>> leaks = [Leak(), Leak()]
        >>> [row for row in baseline.growth(None) if row[0] == "Leak"]
        [('Leak', 2, 2)]
        >>> [row for row in baseline.growth(None) if row[0] == "Leak"]
        []
    """

    __slots__ = ("_looked", "_peaks", "_seen", "_shortnames", "_sizes")

    def __init__(self) -> None:
        """Begin with nothing seen: the first call of a method reports all there is."""
        self._peaks: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._seen = _core.SeenObjects()
        self._looked = _core.SeenObjects()
        self._shortnames = True
        for state in (self, self._peaks, self._sizes, self._seen, self._looked):
            _core.untrack(state)

    def start_over(self) -> None:
        """Forget all that was seen: the next call of a method reports all there is."""
        self._peaks.clear()
        self._sizes.clear()
        self._seen.clear()
        self._looked.clear()
        self._shortnames = True

    def growth(
        self,
        limit: int | None = 10,
        *,
        shortnames: bool = True,
        filter: Callable[[Any], object] | None = None,
        collect: bool = True,
    ) -> list[tuple[str, int, int]]:
        """Count what there is more of than at any earlier call.

        Args:
            limit: As for the function `growth`.
            shortnames: As for `typestats`.
            filter: As for `typestats`.
            collect: Whether to collect garbage first.

        Returns:
            As the function `growth`.
        """
        rows = _growth(self._peaks, limit, shortnames, filter, collect)
        # After the rows, which are not to be new at the next look.
        Baseline._look(self)
        return rows

    def show_growth(
        self,
        limit: int | None = 10,
        *,
        shortnames: bool = True,
        file: TextIO | None = None,
        filter: Callable[[Any], object] | None = None,
        collect: bool = True,
        sizes: bool = False,
    ) -> None:
        """Print what there is more of than at any earlier call, as a table.

        Args:
            limit: As for the function `growth`.
            shortnames: As for `typestats`.
            file: Where to print; `sys.stdout` by default.
            filter: As for `typestats`.
            collect: Whether to collect garbage first.
            sizes: As for the function `show_growth`.
        """
        is_first = not self._peaks
        rows = _growth(self._peaks, limit, shortnames, filter, collect)
        columns = None
        if sizes:
            now = sizes_of_types(shortnames, filter)
            columns = {name: (now.get(name, 0), self._sizes.get(name)) for name, _, _ in rows}
            # As of the counts: what there was at first has not grown, shown or not.
            self._sizes.update(now if is_first else {name: columns[name][0] for name in columns})
            del now
        print_growth(rows, columns, file)
        if rows and not is_first and file is None:
            say_what_is_next("heapgraph.why_new()" if self is _process else "why() of the baseline")
        del rows, columns
        Baseline._look(self)

    def why(self, limit: int = 10, *, collect: bool = True) -> _core.NewObjects:
        """Say what holds the objects that are new, whatever their type, most bytes first.

        Args:
            limit: As for the function `why_new`, as are all other arguments.
            collect: Whether to collect garbage first.

        Returns:
            As the function `why_new`.

        Raises:
            ValueError: If nothing was looked at before.

        Examples:
            >>> class Leak: pass
            >>> baseline = Baseline()
            >>> _ = baseline.growth()
            >>> leaks = [Leak() for _ in range(500)]
            >>> "leaks" in baseline.why().places[0].example
            True
        """
        if collect:
            gc.collect()
        return _core.why_new(self._looked, limit, bool(collect))

    def get_new_ids(
        self,
        skip_update: bool = False,
        limit: int | None = 10,
        sortby: str = "deltas",
        shortnames: bool | None = None,
        file: TextIO | None = None,
        *,
        collect: bool = True,
    ) -> defaultdict[str, set[int]]:
        """Find the objects that were not there at the last call.

        Args:
            skip_update: As for the function `get_new_ids`, as are all other arguments.
            limit: How many rows to print.
            sortby: The column to sort by.
            shortnames: Whether to leave the module out of type names.
            file: Where to print.
            collect: Whether to collect garbage first.

        Returns:
            As the function `get_new_ids`.

        Raises:
            KeyError: If `sortby` is no column.
            TypeError: If `limit` is not an integer.
        """
        if not skip_update:
            number = column(sortby)
            limit = limit if limit is None else integer(limit)
            if shortnames is not None:
                self._shortnames = bool(shortnames)
            if collect:
                gc.collect()
            rows = self._seen.update(self._shortnames)
            print_new_ids([(*row, row[2] - row[1]) for row in rows], number, limit, file)
        return self._seen.new_ids(self._shortnames)

    def _look(self) -> None:
        """Take down which objects there are, if there is memory for it."""
        try:
            self._looked.look()
        except _core.CaptureError:
            # A count is to be had even so.
            self._looked.clear()


_process = Baseline()
"""The baseline of the functions below. They call its methods through the class: through the object,
a call with named arguments makes a bound method up to 3.10, which would be counted."""


def growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] | None = None,
    shortnames: bool = True,
    filter: Callable[[Any], object] | None = None,
    *,
    collect: bool = True,
) -> list[tuple[str, int, int]]:
    """Count what there is more of than at any earlier call.

    The first call reports all there is. After that, growth that `limit` leaves out is not lost: it
    is reported by the next call.

    Args:
        limit: How many types at most; all if `None` or 0.
        peak_stats: The highest counts so far, which the call updates. Give an empty dict to start
            a count of your own, or use a `Baseline`; by default one is kept for the whole process.
        shortnames: As for `typestats`.
        filter: As for `typestats`.
        collect: Whether to collect garbage first.

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
    if peak_stats is None:
        return Baseline.growth(
            _process, limit, shortnames=shortnames, filter=filter, collect=collect
        )
    return _growth(peak_stats, limit, shortnames, filter, collect)


def show_growth(
    limit: int | None = 10,
    peak_stats: dict[str, int] | None = None,
    shortnames: bool = True,
    file: TextIO | None = None,
    filter: Callable[[Any], object] | None = None,
    *,
    collect: bool = True,
    sizes: bool = False,
) -> None:
    """Print what there is more of than at any earlier call, as a table.

    Prints nothing where nothing grew. At an interactive prompt a line below the first such table
    says what to call next: `why_new`.

    Args:
        limit: As for `growth`.
        peak_stats: As for `growth`.
        shortnames: As for `typestats`.
        file: Where to print; `sys.stdout` by default.
        filter: As for `typestats`.
        collect: Whether to collect garbage first.
        sizes: Whether to add two columns: the bytes of the type's objects, and how many these are
            more than at an earlier call with `sizes`, if there was one. Takes a walk over the heap.
    """
    if peak_stats is None:
        Baseline.show_growth(
            _process,
            limit,
            shortnames=shortnames,
            file=file,
            filter=filter,
            collect=collect,
            sizes=sizes,
        )
        return
    rows = _growth(peak_stats, limit, shortnames, filter, collect)
    columns = None
    if sizes:
        now = sizes_of_types(shortnames, filter)
        columns = dict[str, "tuple[int, int | None]"]()
        columns.update((name, (now.get(name, 0), None)) for name, _, _ in rows)
    print_growth(rows, columns, file)


def why_new(limit: int = 10, *, collect: bool = True) -> _core.NewObjects:
    """Say what holds the objects that are new, whatever their type, most bytes first.

    New is what was not there at the last call but one of `growth` or `show_growth` without a
    `peak_stats` of your own; after a single call, what was not there then. So the call after a
    table of `show_growth` is about the objects in the table, and about those that have come since.

    Objects of all types are known by address and class, and none is kept alive. Another object of
    the same class at the address of a freed one is not known for new, unless it is of a kind that
    never changes (a tuple, a frozenset, a bound method, ...) and holds something else.

    Args:
        limit: How many places the text has; `places` has all.
        collect: Whether to collect garbage first.

    Returns:
        The places that hold them: its `str` is a text, its `places` are the data, each with a
        `path`, a number of objects, their bytes and types, and `why()` of one of them.

    Raises:
        ValueError: If nothing was looked at before.
        CaptureError: As for `take_snapshot`.

    Examples:
        >>> class Leak: pass
        >>> _ = growth()
        >>> leaks = [Leak() for _ in range(500)]
        >>> new = why_new()
        >>> "leaks" in new.places[0].example, new.places[0].types["heapgraph._growth.Leak"].count
        (True, 500)
    """
    return Baseline.why(_process, limit, collect=collect)


def get_new_ids(
    skip_update: bool = False,
    limit: int | None = 10,
    sortby: str = "deltas",
    shortnames: bool | None = None,
    file: TextIO | None = None,
    _state: dict[str, Any] | None = None,
    *,
    collect: bool = True,
) -> defaultdict[str, set[int]]:
    """Find the objects that were not there at the last call, and print a table of them.

    The first call finds all there is. `at_addrs` gives the objects of the ids. Another object at
    the address of a freed one is known for new if its class is another, or if it is of a kind that
    never changes (a tuple, a frozenset, a bound method, ...) and holds something else.

    Args:
        skip_update: Whether to return the result of the last call once more, without looking.
        limit: How many rows to print; all if `None`, no table at all if 0.
        sortby: The column to sort by, highest first: ``"old"``, ``"current"``, ``"new"`` or
            ``"deltas"``.
        shortnames: Whether to leave the module out of type names; as at the last call by default,
            at first `True`.
        file: Where to print; `sys.stdout` by default.
        _state: A dict to keep what was seen in, instead of for the whole process; empty at first.
            A `Baseline` does the same.
        collect: Whether to collect garbage first.

    Returns:
        The ids of the new objects by type name, in a dict and sets of your own: no later call
        changes or counts them.

    Raises:
        KeyError: If `sortby` is no column; nothing was looked at then.
        TypeError: If `limit` is not an integer; nothing was looked at then.

    Examples:
        >>> class Leak: pass
        >>> _ = get_new_ids(limit=0)
        >>> leak = Leak()
        >>> new = get_new_ids(limit=0)
        >>> new["Leak"] == {id(leak)}
        True
    """
    baseline = _process if _state is None else _state.setdefault("baseline", Baseline())
    return Baseline.get_new_ids(
        baseline, skip_update, limit, sortby, shortnames, file, collect=collect
    )


def start_over() -> None:
    """Forget all that `growth`, `show_growth` and `get_new_ids` have seen.

    The next call of each reports all there is, as the first one did. What a `Baseline` or a
    `peak_stats` of your own has seen stays.

    Examples:
        >>> start_over()
        >>> {name for name, number, increase in growth(None) if number != increase}
        set()
    """
    _process.start_over()


def _growth(
    peaks: dict[str, int],
    limit: int | None,
    shortnames: bool,
    filter: Callable[[Any], object] | None,
    collect: bool,
) -> list[tuple[str, int, int]]:
    if collect:
        gc.collect()
    stats = typestats(shortnames=shortnames, filter=filter)
    increases = [(name, number, number - peaks.get(name, 0)) for name, number in stats.items()]
    increases = [row for row in increases if row[2] > 0]
    increases.sort(key=itemgetter(2), reverse=True)
    shown = first_rows(limit, increases)
    # What was there before the first call has not grown, shown or not.
    for name, number, _ in shown if peaks else increases:
        peaks[name] = number
    return shown
