"""Survivors that only cycles hold which the collector cannot free."""

from __future__ import annotations

from heapgraph import _core
from heapgraph._advice import OF_CYCLES
from heapgraph._findings import Leak, cycle_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from heapgraph import HeapSnapshot, HeldByCycle, Node


def kept_by_cycles(
    snapshot: HeapSnapshot, new: Container[int], ignore: Iterable[str]
) -> list[KeptByCycle]:
    """Find what is kept by such cycles of the objects at new addresses.

    Args:
        snapshot: The heap, after a collection.
        new: The addresses.
        ignore: Patterns of the paths by which objects may survive.

    Returns:
        One for each kind of cycle.
    """
    patterns = list(ignore)
    return [
        KeptByCycle(held, nodes)
        for held in snapshot.garbage().uncollectable_cycles
        if (nodes := [node for node in held.nodes if node.address in new])
        and not _core.path_matches(held.holder, patterns)
    ]


class KeptByCycle:
    """Survivors that cycles of one kind keep."""

    __slots__ = ("held", "nodes")

    def __init__(self, held: HeldByCycle, nodes: list[Node]) -> None:
        """Take the cycles, and those of the objects that survive."""
        self.held = held
        self.nodes = nodes

    def counts(self) -> list[tuple[str, int]]:
        """How many there are of each type."""
        return counts_by_type(self.nodes)

    def leak(self) -> Leak:
        """Put into words what survives, and why."""
        held = self.held
        lines = [
            *cycle_lines(held),
            f"  {'try':<10} {OF_CYCLES}",
            f"  fingerprint {held.fingerprint}",
        ]
        headline = f"{survive(self.counts())} the block, held by {held.holder}"
        type_name = held.nodes[0].type_name
        return Leak(held.fingerprint, held.holder, type_name, headline, lines, None)


def counts_by_type(nodes: Iterable[Node]) -> list[tuple[str, int]]:
    """How many there are of each type, what says most first: classes of the program."""
    counts: dict[tuple[bool, bool, str], int] = {}
    for node in nodes:
        name = node.type_name
        key = (name.startswith("builtins."), not node.is_tracked, name)
        counts[key] = counts.get(key, 0) + 1
    return [(key[2], counts[key]) for key in sorted(counts)]


def survive(counts: list[tuple[str, int]]) -> str:
    """So many of each type survive."""
    short = [(name.rpartition(".")[2], count) for name, count in counts]
    verb = "survives" if sum(count for _, count in counts) == 1 else "survive"
    return ", ".join(f"{count} {name}" for name, count in short[:3]) + f" {verb}"
