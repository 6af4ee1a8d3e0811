"""Collects the tests of the folder `small_heap`, which `small_heap_runner.py` runs.

They search the heap again and again, and that of pytest is five times as large. So their modules
import no pytest, and each is loaded in an interpreter of its own. A test is a function without
arguments, and has a fork of it for itself: what it leaves behind is in nobody's way.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNER = Path(__file__).with_name("small_heap_runner.py")


class SmallHeapFile(pytest.File):
    """A module of the folder, and the process in which its tests run."""

    process: subprocess.Popen[str] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        for statement in ast.parse(self.path.read_bytes()).body:
            if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_"):
                yield SmallHeapTest.from_parent(
                    self, name=statement.name, line=statement.lineno - 1
                )

    def failure_of(self, test: str) -> str:
        """What went wrong in a test; empty if it passed."""
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, "-W", "error", str(RUNNER), str(self.path)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self.process.stdin
        assert self.process.stdout
        print(test, file=self.process.stdin, flush=True)
        failure: str = ast.literal_eval(self.process.stdout.readline() or "'It did not answer.'")
        return failure

    def teardown(self) -> None:
        if self.process is not None:
            with self.process as process:
                assert process.stdin
                process.stdin.close()


class SmallHeapTest(pytest.Item):
    """A test that runs in the other process."""

    def __init__(self, line: int, **of_item: object) -> None:
        super().__init__(**of_item)  # type: ignore[arg-type]
        self.line = line

    def runtest(self) -> None:
        assert isinstance(self.parent, SmallHeapFile)
        failure = self.parent.failure_of(self.name)
        if failure:
            pytest.fail(failure, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line, self.name
