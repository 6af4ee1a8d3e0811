"""Where the bytes between two snapshots are."""

from __future__ import annotations

from heapgraph import _core


class DeltaRow:
    """What one owner has more of.

    Attributes:
        owner: The first names of the paths: a module and its attribute, a frame and its variable.
        bytes: How many more bytes it has; negative if fewer.
        objects: How many more objects.
    """

    __slots__ = ("bytes", "objects", "owner")

    def __init__(self, owner: str, bytes: int, objects: int) -> None:  # noqa: A002
        """Put the numbers together."""
        self.owner = owner
        self.bytes = bytes
        self.objects = objects

    def __repr__(self) -> str:
        """Owner and bytes."""
        return f"<DeltaRow {_core.one_line(self.owner)} {self.bytes:+,} bytes>"


_ORDERS = {
    "reversed": "The later snapshot was given as the base: "
    "the two are compared in the order of their capture.",
    "doubtful": "The base was captured after the other snapshot, by their clocks: "
    "what shrank here may have grown.",
}
"""What is to be said of snapshots that were not given the earlier one first."""


class Delta:
    """Where the bytes between two snapshots are, as `explain_delta` tells.

    Attributes:
        rows: A `DeltaRow` for each owner, most bytes first. Their bytes add up to `bytes`.
        bytes: How many more bytes the later heap has than the earlier.
        order: As that of a `HeapDiff`: `reversed` if the later snapshot was given as the base.
    """

    _MOST_ROWS = 20

    def __init__(self, rows: list[DeltaRow], order: str = "forward") -> None:
        """Add the rows up."""
        self.order = order
        self.rows = rows
        self.bytes = sum(row.bytes for row in rows)

    def __str__(self) -> str:
        """The whole difference, then the owners with the largest."""
        shown = sorted(self.rows, key=lambda row: -abs(row.bytes))[: self._MOST_ROWS]
        lines = [f"{self.bytes:+,} bytes"]
        lines += [
            f"{row.bytes:>+14,}  {row.objects:>+9,} objects  {_core.one_line(row.owner)}"
            for row in shown
        ]
        rest = self.bytes - sum(row.bytes for row in shown)
        if len(shown) < len(self.rows):
            lines.append(f"{rest:>+14,}  {len(self.rows) - len(shown):,} more owners")
        if self.order in _ORDERS:
            lines += ["", _ORDERS[self.order]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """How many bytes and owners."""
        return f"<heapgraph.Delta, {self.bytes:+,} bytes in {len(self.rows)} rows>"


def explain_delta(base: _core.HeapSnapshot, current: _core.HeapSnapshot) -> Delta:
    """Say where the bytes between two snapshots of a program are, by the names that lead to them.

    Every object belongs to one owner, so that the rows add up to the whole difference; what nothing
    leads to is the row `<garbage>`. The snapshots may be of different processes.

    Args:
        base: The earlier snapshot. If it is the later one of the same process, the two are compared
            the other way round, and the answer says so.
        current: The later one.

    Returns:
        The rows, most bytes first. Its `str` is a table of the largest.

    Raises:
        ValueError: If a snapshot was taken without names.

    Examples:
        >>> import heapgraph
        >>> base = heapgraph.take_snapshot()
        >>> delta = explain_delta(base, base)
        >>> delta.bytes, delta.rows
        (0, [])
    """
    order = _core.given_order(base, current)
    if order == "reversed":
        base, current = current, base
    history = _core.GrowthHistory([])
    history.add(base, 0)
    history.add(current, 1)
    return Delta([DeltaRow(*row) for row in history.delta()], order)
