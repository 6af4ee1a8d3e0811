"""What a call into compiled code may leave behind: blocks, bytes, and references to objects.

Each measure tells what has come since the program ran on. A *key* says of what: an object has one
of its own, memory has the key 0. A reading leaves nothing that the next one would count.
"""

from __future__ import annotations

import gc
import sys
from _tracemalloc import get_traced_memory
from array import array
from itertools import count

from heapgraph import _core
from heapgraph._snapshots import take_snapshot

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    Change: TypeAlias = dict[int, int]

_NO_CHANGE: Change = {}

_KEYS = count(1)


class Blocks:
    """Blocks that the interpreter has given out."""

    created: Sequence[int] = ()

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._last = array("q", [0])

    def rest(self) -> None:
        """The program runs on from here."""
        self._last[0] = self._now()

    def change(self) -> Change:
        """What has come since then."""
        change = self._now() - self._last[0]
        return {0: change} if change else _NO_CHANGE

    def settle(self) -> None:
        """Free what only garbage of this iteration holds."""
        gc.collect(0)

    def forget(self) -> None:
        """What came until now does not count."""

    def kept(self, totals: Change) -> Change:
        """What stays of all that has come, by key."""
        return {0: totals.get(0, 0)}

    def _now(self) -> int:
        return _core.allocated_blocks() or 0


class Bytes(Blocks):
    """Bytes that the C allocator has given out."""

    def change(self) -> Change:
        """As `Blocks.change`."""
        # Modulo 4 GiB.
        change = (self._now() - self._last[0] + (1 << 31)) % (1 << 32) - (1 << 31)
        return {0: change} if change else _NO_CHANGE

    def _now(self) -> int:
        return _core.allocated_bytes()


class BytesInUse(Bytes):
    """Bytes that the program has of the C allocator, exactly. Slow: O(free blocks)."""

    def _now(self) -> int:
        return _core.bytes_in_use()


class TracedBlocks(Blocks):
    """Blocks with the key 0, and with the key 1 their bytes and those of larger ones.

    `tracemalloc` must run.
    """

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._last = array("q", [0, 0])

    def rest(self) -> None:
        """As `Blocks.rest`."""
        self._last[1] = get_traced_memory()[0]
        self._last[0] = self._now()

    def change(self) -> Change:
        """As `Blocks.change`."""
        blocks = self._now() - self._last[0]
        size = get_traced_memory()[0] - self._last[1]
        return {0: blocks, 1: size} if blocks or size else _NO_CHANGE


class References:
    """References to one object, which is held meanwhile."""

    created: Sequence[int] = ()

    def __init__(self, target: object) -> None:
        """Nothing was read yet."""
        self._targets = [target]
        self._last = array("q", [0])

    def rest(self) -> None:
        """As `Blocks.rest`."""
        self._last[0] = sys.getrefcount(self._targets[0])

    def change(self) -> Change:
        """As `Blocks.change`."""
        change = sys.getrefcount(self._targets[0]) - self._last[0]
        return {0: change} if change else _NO_CHANGE

    def settle(self) -> None:
        """As `Blocks.settle`."""
        gc.collect(0)

    def forget(self) -> None:
        """As `Blocks.forget`."""

    def kept(self, totals: Change) -> Change:
        """As `Blocks.kept`."""
        return {0: totals.get(0, 0)}


class UnexplainedReferences(References):
    """References to one object of which the collector's objects do not tell. Slow: O(objects)."""

    def rest(self) -> None:
        """As `Blocks.rest`."""
        self._last[0] = unexplained(self._targets)

    def change(self) -> Change:
        """As `Blocks.change`."""
        change = unexplained(self._targets) - self._last[0]
        return {0: change} if change else _NO_CHANGE


class NewObjects:
    """References to all objects of one type that came after the last collection.

    Sees what is in the youngest generation of the collector, which must not run meanwhile. The
    reference that an object is created with is none that has come.
    """

    def __init__(self, kind: type) -> None:
        """Look at objects of this type, and of none derived from it."""
        self._kind = kind
        self._last: Change = {}
        self._keys: dict[int, int] = {}
        self._addresses: dict[int, int] = {}
        self.created: list[int] = []
        self._held = self._held_by_reading()

    def rest(self) -> None:
        """As `Blocks.rest`."""
        self._last = self._keyed()

    def change(self) -> Change:
        """As `Blocks.change`; `created` has the keys of objects that were not there before."""
        before, now = self._last, self._keyed()
        self.created = [key for key in now if key not in before]
        changes = {key: count - before.get(key, 1) for key, count in now.items()}
        return {key: change for key, change in changes.items() if change}

    def settle(self) -> None:
        """Nothing: a collection would make all of them old."""

    def forget(self) -> None:
        """As `Blocks.forget`."""
        self._addresses.clear()

    def kept(self, totals: Change) -> Change:
        """How many references stay to each object that the heap does not explain."""
        del totals
        snapshot = take_snapshot(names=False)
        # An address that was used again is that of the last object.
        latest = {address: key for key, address in self._addresses.items()}
        kept = {}
        for address, key in latest.items():
            for node in snapshot.find(address=address):
                if node.unexplained_count:
                    kept[key] = node.unexplained_count
        return kept

    def _keyed(self) -> Change:
        """The references to each object by its key, which no other object gets."""
        now = self._now()
        self._keys = {address: self._keys.get(address) or next(_KEYS) for address in now}
        self._addresses.update((key, address) for address, key in self._keys.items())
        return {self._keys[address]: count for address, count in now.items()}

    def _now(self) -> Change:
        """The references to each object by its address."""
        kind = self._kind
        return {
            id(one): self._count(one) - self._held
            for one in gc.get_objects(generation=0)
            if type(one) is kind
        }

    def _count(self, one: object) -> int:
        return sys.getrefcount(one)

    def _held_by_reading(self) -> int:
        """How many references a reading holds itself, which differs between versions."""
        kind, self._kind, self._held = self._kind, _Probe, 0
        probe = _Probe()
        held = self._now()[id(probe)] - 1
        self._kind = kind
        return held


class UnexplainedNewObjects(NewObjects):
    """As `NewObjects`, but only references of which the collector's objects do not tell."""

    def _count(self, one: object) -> int:
        return unexplained([one])


class _Probe:
    """An object that one variable holds."""


def unexplained(objects: list[object]) -> int:
    """References to the only one of `objects` that the collector's objects do not explain.

    Of use for changes only: references of running frames are among them.
    """
    references = sys.getrefcount(objects[0])
    address = id(objects[0])
    for holder in gc.get_referrers(objects[0]):
        for held in gc.get_referents(holder):
            references -= id(held) == address
    return references
