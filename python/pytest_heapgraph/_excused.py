"""What was excused in a run of pytest that is to say more (``-v``), and by which rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_heapgraph import REPORTED_EXCUSES

if TYPE_CHECKING:
    import pytest


class ExcusedThings:
    """Gathers what the checks of all tests have excused, and lists it at the end."""

    def __init__(self) -> None:
        """Begin."""
        self.paths: dict[str, dict[str, None]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what the checks of a test have excused."""
        for rule, path in getattr(report, REPORTED_EXCUSES, ()):
            self.paths.setdefault(rule, {})[path] = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List it: each rule with its reason and the first of the paths."""
        if not self.paths:
            return
        from heapgraph import _core

        reasons = {rule["id"]: rule["why"] for rule in json.loads(_core.EXCUSES)}
        terminalreporter.write_sep("=", "excused by heapgraph")
        for rule, paths in sorted(self.paths.items()):
            first, more = next(iter(paths)), len(paths) - 1
            others = f" and {more} more" if more else ""
            line = f" {rule}: {first}{others} ({reasons[rule]})"
            terminalreporter.write_line(_core.one_line(line))
