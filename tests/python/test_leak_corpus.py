"""The modules of `fixtures/leaks`: every leak is named at its path, and nothing innocent is blamed.

Each runs in a process of its own. Every CPython has other hashes and sizes, drawn by a seed which
HEAPGRAPH_SEED can set.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAKS = Path(__file__).parents[2] / "fixtures" / "leaks"
ASK = Path(__file__).with_name("growth_of_one.py")

MODULES = sorted(path.stem for path in LEAKS.glob("*.py"))
LEAKING = [name for name in MODULES if not name.startswith("innocent_")]
INNOCENT = [name for name in MODULES if name.startswith("innocent_")]

# How many iterations a leak is watched. What is innocent is watched as by default; a leak is one
# after fewer, but where something has to come to an end beside it, or memory is all that rises.
FEW_ITERATIONS = 300
ITERATIONS = {
    "endless_threads": 100,
    "fragmented_memory": 2000,
    "leak_beside_cache": 2000,
    "leaked_numbers": 2000,
    "mapped_memory": 2000,
    "native_few_bytes": 2000,
    "native_memory": 2000,
    "rising_saw": 2000,
}

# What has no path of names.
WITHOUT_PATH = ("blocks", "native")

# What only the system tells of: without it, memory is what the C allocator has given out.
RESIDENT = ("fragmented_memory", "mapped_memory")


class Answer(TypedDict):
    """What is said of one scenario."""

    leaks: bool
    text: str
    growing: list[list[str]]


class Answers(TypedDict, total=False):
    """What is said of the scenarios of a module."""

    innocent: Answer
    leak: Answer
    leak_looked_at: list[bool]
    failed: str


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str], Answers]]:
    """What tells what grows in the scenarios of a module."""
    of_version = zlib.crc32(str(sys.version_info[:2]).encode()) % 10_000
    seed = os.environ.get("HEAPGRAPH_SEED", str(of_version))
    asked = subprocess.Popen(
        [sys.executable, str(ASK), str(LEAKS), seed],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asked.stdin
    assert asked.stdout

    def answers_of(name: str) -> Answers:
        print(name, ITERATIONS.get(name, FEW_ITERATIONS), file=asked.stdin, flush=True)
        answers = cast("Answers", json.loads(asked.stdout.readline()))  # type: ignore[union-attr]
        assert "failed" not in answers, f"HEAPGRAPH_SEED={seed}\n{answers['failed']}"
        return answers

    with asked:
        yield answers_of
        asked.stdin.close()


def constants(name: str) -> dict[str, Any]:
    """What a module says of its leak, read without running it."""
    return {
        ast.unparse(statement.targets[0]): ast.literal_eval(statement.value)
        for statement in ast.parse((LEAKS / f"{name}.py").read_text()).body
        if isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) in ("HOLDER", "KIND", "ALSO")
    }


@pytest.mark.parametrize("name", LEAKING)
def test_a_leak_is_named_and_its_twin_is_not(name: str, ask: Callable[[str], Answers]) -> None:
    if name in RESIDENT and not Path("/proc/self/statm").exists():
        pytest.skip("resident memory is not known here")
    answers = ask(name)
    innocent, leak = answers["innocent"], answers["leak"]
    assert not innocent["leaks"], innocent["text"]
    expected = constants(name)
    # A reference takes no memory.
    assert leak["leaks"] == (expected["KIND"] != "references"), leak["text"]
    # One leak is one report.
    assert len(leak["growing"]) == 1, leak["text"]
    [path, type_name, kind, *also] = leak["growing"][0]
    assert kind == expected["KIND"], leak["text"]
    if kind in WITHOUT_PATH:
        assert expected["HOLDER"] in ("", path), leak["text"]
    else:
        assert expected["HOLDER"] in (path, type_name if kind == "outside" else path), leak["text"]
        # The quick looks of a check in a test acquit none.
        assert all(answers["leak_looked_at"])
    assert {*also} >= {*expected.get("ALSO", ())}, leak["text"]


@pytest.mark.parametrize("name", INNOCENT)
def test_nothing_innocent_is_blamed(name: str, ask: Callable[[str], Answers]) -> None:
    innocent = ask(name)["innocent"]
    assert not innocent["leaks"], innocent["text"]


def test_the_corpus_is_large() -> None:
    assert len(LEAKING) >= 80
    assert len(INNOCENT) >= 30
