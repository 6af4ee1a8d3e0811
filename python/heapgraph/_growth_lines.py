"""The lines of a program that make something grow."""

from __future__ import annotations

import gc
import os.path
import sys
from _tracemalloc import is_tracing
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType, MethodType

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from tracemalloc import Snapshot, StatisticDiff
    from typing import Any

    from heapgraph import _core

# Not a `Path`: `pathlib` takes long to import.
_OURS = os.path.dirname(__file__)  # noqa: PTH120
"""Where files lie whose lines are not those of the program."""

_MOST_PLACES = 3
_SAMPLED = 20

_LEAST_STAYING = 10
"""Blocks that a line has allocated and that stay, from which on it is named."""


def allocating_lines(row: _core.GrowingPath) -> list[str]:
    """The lines where elements of a container were allocated, while `tracemalloc` runs."""
    if not is_tracing():
        return []
    import tracemalloc
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

        self._history = history
        self._paths = [history.spelled(number) for number, *_ in history.watched_objects()]
        self._amounts = history.amounts()
        self._lines: list[Counter[str]] = [Counter() for _ in self._paths]
        self._last: str | None = None
        self._is_tracing = False

    def begin(self) -> None:
        """Begin to trace."""
        self._before = sys.gettrace()
        self._is_tracing = True
        sys.settrace(self._trace)

    def end(self) -> None:
        """End; nothing if that was done before."""
        if not self._is_tracing:
            return
        self._is_tracing = False
        sys.settrace(self._before)
        for frame in suspended_frames():
            trace = frame.f_trace
            if type(trace) is MethodType and trace.__self__ is self:
                frame.f_trace = None

    def by_path(self) -> dict[str, list[str]]:
        """For each path its lines, those first that insert most often."""
        return {
            path: [line for line, _ in lines.most_common(_MOST_PLACES)]
            for path, lines in zip(self._paths, self._lines, strict=True)
        }

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401
        if not self._is_tracing:
            return None
        self._look()
        if event == "return" and frame.f_back is not None and not _is_ours(frame.f_back):
            # The line that called goes on.
            frame = frame.f_back
        if _is_ours(frame):
            return None
        code = frame.f_code
        self._last = f"{code.co_filename}:{frame.f_lineno} in {code.co_name}"
        return self._trace

    def _look(self) -> None:
        amounts = self._history.amounts()
        for lines, before, now in zip(self._lines, self._amounts, amounts, strict=True):
            if now > before and self._last is not None:
                lines[self._last] += 1
        self._amounts = amounts


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_OURS)


def suspended_frames() -> Iterator[FrameType]:
    """Frames that go on after the tracing, and would be traced again where somebody else traces."""
    for suspended in gc.get_objects():
        frame = None
        if type(suspended) is GeneratorType:
            frame = suspended.gi_frame
        elif type(suspended) is CoroutineType:
            frame = suspended.cr_frame
        elif type(suspended) is AsyncGeneratorType:
            frame = suspended.ag_frame
        if frame is not None:
            yield frame


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
        if is_tracing():
            import tracemalloc

            self._before = tracemalloc.take_snapshot()

    def end(self) -> None:
        """Compare; nothing if there was no beginning."""
        if self._before is None:
            return
        found = staying_since(self._before)
        self._before = None
        self.lines = [
            f"{change.traceback[0].filename}:{change.traceback[0].lineno}"
            for change in found[:_MOST_PLACES]
            if change.count_diff >= _LEAST_STAYING
        ]


def staying_since(before: Snapshot) -> list[StatisticDiff]:
    """What was allocated since a snapshot of `tracemalloc` and stays, by line; most blocks first.

    Lines of heapgraph itself are left out.
    """
    import tracemalloc

    ours = (f"{_OURS}{os.sep}*", tracemalloc.__file__)
    filters = [tracemalloc.Filter(False, pattern) for pattern in ours]
    earlier, later = (
        snapshot.filter_traces(filters) for snapshot in (before, tracemalloc.take_snapshot())
    )
    changes = later.compare_to(earlier, "lineno")
    return sorted(changes, key=lambda change: -change.count_diff)
