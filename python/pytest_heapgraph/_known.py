"""The file of known leaks: what is in it fails no test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from heapgraph._core import one_line, write_whole
from pytest_heapgraph import REPORTED
from pytest_heapgraph._settings import chosen_path

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "heapgraph/known-leaks@1"


class KnownLeaks:
    """Compares the file with what the tests show, and writes it anew if asked to.

    Works in the process that writes the summary; what other processes find comes with the reports.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Read the file.

        Raises:
            UsageError: If it can not be read, or there is none to write to.
        """
        path = chosen_path(config, "heapgraph_baseline")
        if path is None:
            message = (
                "--heapgraph-update-baseline needs a file: give --heapgraph-baseline=FILE, "
                "or heapgraph_baseline in the ini file"
            )
            raise pytest.UsageError(message)
        self.path = path
        self.updating: bool = config.option.heapgraph_update_baseline
        self.is_worker = hasattr(config, "workerinput")
        self.entries = {entry["fingerprint"]: entry for entry in read(path, self.updating)}
        self.checked: set[str] = set()
        self.seen: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test has shown."""
        shown = getattr(report, REPORTED, None)
        if shown is None or shown["not_checked"] is not None:
            return
        self.checked.add(report.nodeid)
        for leak in shown["leaks"]:
            named = {name: leak[name] for name in ("fingerprint", "path", "type")}
            entry = self.seen.setdefault(leak["fingerprint"], {**named, "tests": []})
            if report.nodeid not in entry["tests"]:
                entry["tests"].append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the file, if that is asked for."""
        if self.updating and not self.is_worker:
            kept = {
                fingerprint: entry
                for fingerprint, entry in self.entries.items()
                if not self._is_stale(entry)
            }
            for fingerprint, entry in self.seen.items():
                tests = {*entry["tests"], *kept.get(fingerprint, entry)["tests"]}
                kept[fingerprint] = {**entry, "tests": sorted(tests)}
            write(self.path, list(kept.values()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which entries are stale, or what was written."""
        stale = [entry for entry in self.entries.values() if self._is_stale(entry)]
        new = [fingerprint for fingerprint in self.seen if fingerprint not in self.entries]
        if self.updating:
            terminalreporter.write_sep("=", "known leaks")
            kept = len(self.entries) - len(stale)
            written = f"{self.path}: {len(new)} added, {kept} kept, {len(stale)} removed"
            terminalreporter.write_line(one_line(written))
        elif stale:
            terminalreporter.write_sep("=", "known leaks that grow no more", yellow=True)
            for entry in stale:
                terminalreporter.write_line(one_line(f"{entry['fingerprint']} {entry['path']}"))
            advice = f"Take them out of {self.path.name}: --heapgraph-update-baseline"
            terminalreporter.write_line(one_line(advice))

    def _is_stale(self, entry: dict[str, Any]) -> bool:
        """Whether every test that has shown a leak was checked, and none has shown it again."""
        return entry["fingerprint"] not in self.seen and self.checked.issuperset(entry["tests"])


def read(path: Path, may_be_missing: bool) -> list[dict[str, Any]]:
    """Read a file of known leaks.

    Raises:
        UsageError: If it is missing or is something else.
    """
    try:
        contents = json.loads(path.read_text("utf-8"))
        if contents["schema"] != _SCHEMA:
            message = f"its schema is {contents['schema']!r} and not {_SCHEMA!r}"
            raise ValueError(message)
        leaks = [
            {
                "fingerprint": str(leak["fingerprint"]),
                "path": str(leak["path"]),
                "type": str(leak["type"]),
                "tests": [str(test) for test in leak["tests"]],
            }
            for leak in contents["leaks"]
        ]
    except FileNotFoundError:
        if may_be_missing:
            return []
        message = f"no known leaks at {path}: --heapgraph-update-baseline writes the file"
        raise pytest.UsageError(one_line(message)) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} is no file of known leaks: {error!r}"
        raise pytest.UsageError(one_line(message)) from error
    return leaks


def write(path: Path, leaks: list[dict[str, Any]]) -> None:
    """Write a file of known leaks, whole or not at all; the same leaks give the same file."""
    leaks = sorted(leaks, key=lambda leak: (leak["path"], leak["fingerprint"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": _SCHEMA, "leaks": leaks}, indent=2, ensure_ascii=False)
    # A lone surrogate becomes an escape, which is what JSON writes for it.
    write_whole(path, f"{text}\n".encode(errors="backslashreplace"))
