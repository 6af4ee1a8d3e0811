"""What a watch of calls into compiled code has found: only what adds up is told."""

from __future__ import annotations

from collections import Counter

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from heapgraph._call_measures import Change
    from heapgraph._call_watch import CallWatch, Place, Spot

    Staying: TypeAlias = dict[tuple[str, int], tuple[float, float]]

_LEAST_RUNS = 5
"""A call that was seen less often shows nothing."""

_LEAST_RATE = 0.5
"""What rises by less than this in an iteration does not rise in each, whatever the noise."""

_LEAST_STAYING = 0.9
"""Blocks that stay on a line in an iteration; what a cache gets now and then is less."""

_TOLERANCE = 0.1
"""Calls are told if what came in them is what stays, but for this part of it."""

_NOISE = {"reference": 0, "block": 2, "byte": 128}
"""What may come or go besides while a rate is measured."""

_TRACED_BYTES = 1
"""The key of `TracedBlocks` that is none of blocks."""


class Findings:
    """Judges the calls, or lines, that a watch has seen.

    Attributes:
        iterations: How many iterations were watched; if none, nothing was found.
        rate: How much stays in an iteration.
        rises: Whether something stays in each.
        runs: How often calls were seen.
    """

    def __init__(self, watch: CallWatch, iterations: int, rate: float | None = None) -> None:
        """Judge what was seen; the `rate` is that of all calls if only some were watched."""
        self._watch = watch
        self._kept: Change = watch.kept() if iterations else {}
        self.iterations = iterations
        self.rate = sum(self._kept.values()) / max(1, iterations) if rate is None else rate
        self.rises = iterations > 0 and self.rate >= _LEAST_RATE
        self._spots = watch.spots if self.rises else []
        self._rising = [spot for spot in self._spots if self._rises_always(spot)]
        self.runs = sum(spot.runs for spot in self._spots)

    @property
    def places(self) -> set[Place]:
        """Where something came every time."""
        return {spot.place for spot in self._rising}

    def losing(self, what: str) -> list[str]:
        """Say in which call each object that stays was made, if it never left that call."""
        told = []
        for spot in self._spots:
            lost = [key for key in spot.created if key in self._kept]
            is_untouched = not any(key in self._watch.totals for key in lost)
            if lost and is_untouched and len(lost) == len(self._kept) == spot.runs:
                told.append(_told(spot, f"leaves 1 {what} that nothing in the heap holds"))
        return told

    def taking(self, what: str, *, is_only_thread: bool) -> list[str]:
        """Say which calls take references, if these are all that stay.

        Where other threads run, what they take during a call is not told from what it takes itself,
        unless that is as much each time.
        """
        if not self._add_up(self._rising, "reference"):
            return []
        if not (is_only_thread or all(map(self._takes_as_much, self._rising))):
            return []
        return [
            _told(spot, f"takes {_count(self._mean(spot), 'reference')} to {what}")
            for spot in self._rising
        ]

    def allocating(self, unit: str) -> list[str]:
        """Say which calls allocate memory that stays, if this is all of it.

        What a call allocates is its result as a rule, and as much is freed later somewhere else.
        """
        freed = Counter(-amount for amount in self._all_amounts() if amount < 0)
        spots = [spot for spot in self._rising if not self._is_freed(spot, freed)]
        if self._add_up(spots, unit):
            return [_allocating(spot, self._mean(spot), unit) for spot in spots]
        if len(self._rising) == 1 and self._came_there_only(self._rising[0]):
            [spot] = self._rising
            return [_allocating(spot, self.rate * self.iterations / spot.runs, unit)]
        return []

    def allocating_on(self, staying: Staying) -> list[str]:
        """Say which calls, or else which lines, allocate the blocks that stay on each line.

        Nothing if these are not all that stay: an older block that goes may have made room.
        """
        lines = {line: rates for line, rates in staying.items() if rates[0] >= _LEAST_STAYING}
        if not self._is_all(sum(blocks for blocks, _ in lines.values()), "block"):
            return []
        told = []
        for (file, line), (blocks, size) in lines.items():
            on_line = [spot for spot in self._spots if spot.is_at(file, line)]
            calls = [spot for spot in on_line if self._has_allocated(spot, blocks, size)]
            if len(calls) == 1:
                runs = calls[0].runs / self.iterations
                told.append(_allocating(calls[0], blocks / runs, "block"))
            else:
                where = on_line[0].location if on_line else f"{file}:{line}"
                told.append(f"{where} {_staying(blocks, 'block')} in each iteration")
        return told

    def _rises_always(self, spot: Spot) -> bool:
        amounts = self._amounts(spot.changes)
        return spot.runs >= _LEAST_RUNS and len(amounts) == spot.runs and min(amounts) > 0

    def _takes_as_much(self, spot: Spot) -> bool:
        return len(set(self._amounts(spot.changes))) == 1

    def _amounts(self, changes: Iterable[Change]) -> list[int]:
        """What came each time, of what stays."""
        kept = self._kept
        sums = (sum(n for key, n in change.items() if key in kept) for change in changes)
        return [amount for amount in sums if amount]

    def _all_amounts(self) -> list[int]:
        """What came and went anywhere."""
        amounts = self._amounts(self._watch.elsewhere)
        for spot in self._spots:
            amounts += self._amounts(spot.changes)
        return amounts

    def _came(self, spot: Spot) -> int:
        return sum(self._amounts(spot.changes))

    def _mean(self, spot: Spot) -> float:
        return self._came(spot) / spot.runs

    def _add_up(self, spots: list[Spot], unit: str) -> bool:
        came = sum(map(self._came, spots)) / max(1, self.iterations)
        return bool(spots) and self._is_all(came, unit)

    def _is_all(self, rate: float, unit: str) -> bool:
        noise = _NOISE[unit] / max(1, self.iterations)
        return abs(rate - self.rate) <= noise + _TOLERANCE * self.rate

    def _is_freed(self, spot: Spot, freed: Counter[int]) -> bool:
        amounts = Counter(self._amounts(spot.changes))
        matched = sum(min(times, freed[amount]) for amount, times in amounts.items())
        return 2 * matched >= spot.runs

    def _came_there_only(self, spot: Spot) -> bool:
        return self._came(spot) == sum(amount for amount in self._all_amounts() if amount > 0)

    def _has_allocated(self, spot: Spot, blocks: float, size: float) -> bool:
        """True if these may be of the call: all that it has allocated, or some of it."""
        if spot not in self._rising:
            return False
        came = self._came(spot)
        sizes = sum(change.get(_TRACED_BYTES, 0) for change in spot.changes)
        if _are_alike(blocks, came / self.iterations):
            # Others of the same number may be freed while these stay.
            return abs(sizes / came - size / blocks) < 1
        return came > blocks * self.iterations and sizes > size * self.iterations


def _are_alike(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * other


def _count(amount: float, unit: str) -> str:
    """A number of something, which a little noise does not make uneven."""
    rounded = float(round(amount)) if _are_alike(amount, round(amount)) else round(amount, 1)
    number = f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,}"
    words = f"{number} {unit}" if rounded == 1 else f"{number} {unit}s"
    return f"{words} of the C allocator" if unit == "byte" else words


def _staying(amount: float, unit: str) -> str:
    words = _count(amount, unit)
    return f"allocates {words} that {'stays' if words.startswith('1 ') else 'stay'}"


def _allocating(spot: Spot, amount: float, unit: str) -> str:
    """What a call leaves; where its result is used, that may be what is lost later."""
    return _told(
        spot, f"leaves {_count(amount, unit)}" if spot.discards else _staying(amount, unit)
    )


def _told(spot: Spot, what: str) -> str:
    """A sentence on what happened in each of the runs of a call, or of a line."""
    every = f"({spot.runs} of {spot.runs})"
    if spot.name is None:
        return f"{spot.location} {what} each time {every}"
    return f"{spot.location}: {spot.name}() {what} with each call {every}"
