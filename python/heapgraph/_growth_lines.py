"""The lines of a program that make something grow."""

from __future__ import annotations

import sys

from heapgraph._growth_places import length_of

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from tracemalloc import Snapshot
    from types import FrameType
    from typing import Any

    from heapgraph import _core

_MOST_PLACES = 3
_SAMPLED = 20

_LEAST_STAYING = 10
"""Blocks that a line has allocated and that stay, from which on it is named."""


def allocating_lines(row: _core.GrowingPath) -> list[str]:
    """The lines where elements of a container were allocated, while `tracemalloc` runs."""
    import tracemalloc

    if not tracemalloc.is_tracing():
        return []
    from collections import Counter

    from heapgraph import at_addrs

    holder = row.holder
    if holder is None:
        return []
    # A list is traversed from its end, a dict from its start.
    referents = holder.referents
    ends = [*referents[:_SAMPLED], *referents[-_SAMPLED:]]
    held = [reference.node.address for reference in ends]
    lines: Counter[str] = Counter()
    for element in at_addrs(held):
        traceback = tracemalloc.get_object_traceback(element)
        if traceback is not None:
            lines[f"{traceback[-1].filename}:{traceback[-1].lineno}"] += 1
    return [line for line, _ in lines.most_common(_MOST_PLACES)]


class InsertingLines:
    """Finds, from `begin` to `end`, the lines after which a watched container holds more.

    Traces every line of the thread, so that is slow; a tracing function that was there before is
    put back in the end.
    """

    def __init__(self, history: _core.GrowthHistory) -> None:
        """Look at what `history` watches."""
        from collections import Counter

        self._paths = [
            (history.spelled(number), [one for one in containers if _is_sized(one)])
            for number, containers, _ in history.watched_objects()
        ]
        self._lengths = [self._length(containers) for _, containers in self._paths]
        self._lines: list[Counter[str]] = [Counter() for _ in self._paths]
        self._last: str | None = None
        self._is_tracing = False

    def begin(self) -> None:
        """Begin to trace."""
        self._before = sys.gettrace()
        self._is_tracing = True
        sys.settrace(self._trace)

    def end(self) -> None:
        """End, and let go of the containers; nothing if that was done before."""
        if not self._is_tracing:
            return
        self._is_tracing = False
        sys.settrace(self._before)
        self._look()
        self._paths = [(path, []) for path, _ in self._paths]

    def by_path(self) -> dict[str, list[str]]:
        """For each path its lines, those first that insert most often."""
        return {
            path: [line for line, _ in lines.most_common(_MOST_PLACES)]
            for (path, _), lines in zip(self._paths, self._lines, strict=True)
        }

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401
        self._look()
        if event == "return" and frame.f_back is not None:
            # The line that called goes on.
            frame = frame.f_back
        code = frame.f_code
        self._last = f"{code.co_filename}:{frame.f_lineno} in {code.co_name}"
        return self._trace

    def _look(self) -> None:
        for position, (_, containers) in enumerate(self._paths):
            length = self._length(containers)
            if length > self._lengths[position] and self._last is not None:
                self._lines[position][self._last] += 1
            self._lengths[position] = length

    @staticmethod
    def _length(containers: list[object]) -> int:
        return sum(map(length_of, containers))


def _is_sized(container: object) -> bool:
    return type(container) in (list, dict, set, bytearray)


class BlockLines:
    """Finds, from `begin` to `end`, the lines that allocate blocks which stay, by `tracemalloc`.

    Nothing if that does not run.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._before: Snapshot | None = None
        self.lines: list[str] = []

    def begin(self) -> None:
        """Remember what is allocated now."""
        import tracemalloc

        if tracemalloc.is_tracing():
            self._before = tracemalloc.take_snapshot()

    def end(self) -> None:
        """Compare; nothing if there was no beginning."""
        if self._before is None:
            return
        import tracemalloc

        changes = tracemalloc.take_snapshot().compare_to(self._before, "lineno")
        self._before = None
        found = sorted(changes, key=lambda change: -change.count_diff)
        self.lines = [
            f"{change.traceback[0].filename}:{change.traceback[0].lineno}"
            for change in found[:_MOST_PLACES]
            if change.count_diff >= _LEAST_STAYING
        ]
