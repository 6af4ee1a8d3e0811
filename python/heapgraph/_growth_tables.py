"""The tables of what there is more of, and of which objects are new."""

from __future__ import annotations

import sys
from operator import index, itemgetter

from heapgraph import _core
from heapgraph._counting import kept

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

_COLUMNS = ("old", "current", "new", "deltas")
"""What `get_new_ids` can sort by, in the order of its table."""


class _UnknownColumnError(KeyError, ValueError):
    """A table has no such column. objgraph raises `KeyError`; by its nature it is the other."""

    # That of KeyError shows the message in quotes.
    __str__ = ValueError.__str__


def sizes_of_types(shortnames: bool, keep: Callable[[Any], object] | None) -> dict[str, int]:
    """The bytes of all objects of each type that a table of growth counts."""
    return _core.sizes_by_type(kept(keep, None) if keep else None, bool(shortnames))


def print_growth(
    rows: list[tuple[str, int, int]],
    sizes: dict[str, tuple[int, int | None]] | None,
    file: TextIO | None,
) -> None:
    """Print the rows; `sizes` has the bytes of each type, and those of an earlier call."""
    names = [_core.one_line(name) for name, _, _ in rows]
    width = max(map(len, names), default=0)
    out = sys.stdout if file is None else file
    for name, (key, number, increase) in zip(names, rows, strict=True):
        line = f"{name:<{width}}{number:9d} {increase:+9d}"
        if sizes is not None:
            size, earlier = sizes[key]
            line += f" {size:14,d}" + ("" if earlier is None else f" {size - earlier:+14,d}")
        out.write(line + "\n")


_said: set[str] = set()
"""What was said at the prompt: once in a process."""
_core.untrack(_said)


def say_what_is_next(call: str) -> None:
    """Say at a prompt which call tells more; IPython and Jupyter have one too."""
    if hasattr(sys, "ps1") and not _said:
        _said.add(call)
        sys.stdout.write(f"{call} tells what holds the new ones\n")


def column(sortby: str) -> int:
    """Where a column is in the rows of `print_new_ids`.

    Raises:
        KeyError: If there is no such column.
    """
    if sortby not in _COLUMNS:
        given = _core.one_line(repr(sortby))
        message = f"sortby must be one of {', '.join(map(repr, _COLUMNS))}, not {given}"
        raise _UnknownColumnError(message)
    return 1 + _COLUMNS.index(sortby)


def integer(limit: int) -> int:
    """A number of rows.

    Raises:
        TypeError: If it is none.
    """
    try:
        return index(limit)
    except TypeError:
        given = _core.one_line(repr(limit))
        message = f"limit must be a number of rows or None for all of them, not {given}"
        raise TypeError(message) from None


def print_new_ids(
    rows: list[tuple[str, int, int, int, int]], column: int, limit: int | None, file: TextIO | None
) -> None:
    """Print the first rows of new objects by type, sorted by a column, the highest first."""
    rows.sort(key=itemgetter(column, 0), reverse=True)
    rows = rows[:limit]
    if not rows:
        return
    names = [_core.one_line(name) for name, *_ in rows]
    width = max(map(len, names))
    rule = "=" * (width + 52)
    print(rule, file=file)
    print(
        f"{'Type':<{width}}{'Old_ids':>13}{'Current_ids':>13}{'New_ids':>13}{'Count_Deltas':>13}",
        file=file,
    )
    print(rule, file=file)
    for name, (_, old, current, new, delta) in zip(names, rows, strict=True):
        print(f"{name:<{width}}{old:13d}{current:13d}{new:+13d}{delta:+13d}", file=file)
    print(rule, file=file)
