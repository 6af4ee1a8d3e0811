"""What the checks of a run have shown: each leak once, and how many tests were checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapgraph._core import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pytest

    from pytest_heapgraph import Check

_LEAKS_IN_FULL = 10
_TESTS_OF_A_LEAK = 3
_NOT_CHECKED = 10
"""How many are shown of each; with `-v` all."""

_SLOWEST = 3
_LONGEST_NAME = 100
"""Characters of a test's name in the closing line: arguments can be long texts."""

_LEAST_SECONDS = 0.1
"""Of tests that took less to check none is a slow one."""


class _Leak:
    """A leak, and the tests that show it."""

    __slots__ = ("pattern", "tests", "text")

    def __init__(self, leak: Mapping[str, Any]) -> None:
        self.text: list[str] = leak["text"]
        self.pattern: str | None = leak["pattern"]
        self.tests: list[str] = []


def write(reporter: pytest.TerminalReporter, checks: Mapping[str, Check]) -> None:
    """Write the leaks that fail tests, the tests that were not checked, and a closing line."""
    shows_all = reporter.verbosity > 0
    leaks = _failing_leaks(checks)
    if leaks:
        _write_leaks(reporter, leaks, shows_all)
    not_checked = [
        f"{test}: {shown['not_checked']}"
        for test, shown in checks.items()
        if shown["not_checked"] is not None
    ]
    if not_checked:
        reporter.write_sep("=", f"heapgraph: {_count(len(not_checked), 'test')} not checked")
        for line in _first(not_checked, len(not_checked) if shows_all else _NOT_CHECKED):
            reporter.write_line(one_line(line))
    reporter.write_line(one_line(_closing_line(checks, len(not_checked))))


def _failing_leaks(checks: Mapping[str, Check]) -> list[_Leak]:
    """Each leak once, with the tests that fail by it: first what most tests show."""
    leaks: dict[str, _Leak] = {}
    for test in sorted(checks):
        for leak in checks[test]["leaks"] if checks[test]["fails"] else ():
            if leak["is_new"]:
                tests = leaks.setdefault(leak["fingerprint"], _Leak(leak)).tests
                if test not in tests:
                    tests.append(test)
    return sorted(leaks.values(), key=lambda leak: (-len(leak.tests), leak.text[0]))


def _write_leaks(
    reporter: pytest.TerminalReporter, leaks: Sequence[_Leak], shows_all: bool
) -> None:
    tests = {test for leak in leaks for test in leak.tests}
    title = f"heapgraph: {_count(len(leaks), 'leak')} in {_count(len(tests), 'test')}"
    reporter.write_sep("=", title, red=True, bold=True)
    in_full = len(leaks) if shows_all else _LEAKS_IN_FULL
    for number, leak in enumerate(leaks, 1):
        headline, *lines = leak.text
        reporter.write_line(f"{number}: {headline}")
        shown_by = _first(leak.tests, len(leak.tests) if shows_all else _TESTS_OF_A_LEAK)
        row = f"  {'in':<10} {_count(len(leak.tests), 'test')}: {', '.join(shown_by)}"
        reporter.write_line(one_line(row))
        for line in lines if number <= in_full else ():
            reporter.write_line(line)
    patterns = dict.fromkeys(leak.pattern for leak in leaks if leak.pattern is not None)
    if patterns:
        reporter.write_line(f"If this is meant: ignore={list(patterns)[:in_full]}")


def _closing_line(checks: Mapping[str, Check], not_checked: int) -> str:
    checked = [shown for shown in checks.values() if shown["not_checked"] is None]
    growing = sum(1 for shown in checked if shown["leaks"])
    seconds = sum(shown["seconds"] for shown in checks.values())
    parts = [
        f"{_count(len(checked), 'test')} checked in {seconds:.1f} s",
        f"{growing or 'none'} {'grow' if growing > 1 else 'grows'}",
    ]
    if not_checked:
        parts.append(f"{not_checked} not checked")
    slowest = sorted(checks, key=lambda test: -checks[test]["seconds"])[:_SLOWEST]
    slow = [
        f"{test[:_LONGEST_NAME]} ({checks[test]['seconds']:.1f} s)"
        for test in slowest
        if checks[test]["seconds"] >= _LEAST_SECONDS
    ]
    line = "heapgraph: " + ", ".join(parts)
    return f"{line}; slowest: {', '.join(slow)}" if slow else line


def _first(items: Sequence[str], most: int) -> list[str]:
    """The first of many, and how many more there are."""
    rest = len(items) - most
    return [*items[:most], f"and {rest} more (-v)"] if rest > 0 else list(items)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
