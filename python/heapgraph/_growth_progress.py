"""A line that tells whoever waits for `find_growth` what it is doing."""

from __future__ import annotations

import sys
import time

_PATIENCE = 1.0
"""Seconds: nothing is said of what takes less."""

_PAUSE = 0.2
"""Seconds between two lines."""


class Progress:
    """A line on the error output, if that is a terminal, from the second second on."""

    __slots__ = ("_is_shown", "_next", "_out")

    def __init__(self) -> None:
        """Say nothing yet."""
        out = sys.stderr
        self._out = out if out is not None and out.isatty() else None
        self._is_shown = False
        self._next = time.monotonic() + _PATIENCE

    def say(self, what: str, iteration: int, last: int) -> None:
        """Say what is going on, and how far it has come."""
        if self._out is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        self._is_shown = True
        self._write(f"heapgraph: {what}, iteration {iteration:,} of at most {last:,}")

    def end(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._is_shown = False
            self._write("")

    def _write(self, line: str) -> None:
        if self._out is not None:
            self._out.write(f"\r\x1b[K{line}")
            self._out.flush()
