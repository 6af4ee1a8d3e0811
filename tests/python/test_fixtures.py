"""The programs in `fixtures/heaps`: each holder is found and named, each innocent twin stays quiet.

Every program runs in an interpreter of its own, so that nothing of pytest holds anything.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TypedDict, cast

import pytest

HEAPS = Path(__file__).parents[2] / "fixtures" / "heaps"

LEAKING = (
    "callback_closures",
    "instance_map",
    "kept_exception",
    "lru_cache_method",
    "model_registry",
)
WAITING = "task_cycles"
INNOCENT = (
    "callback_closures_unsubscribed",
    "instance_map_weak",
    "kept_exception_text",
    "lru_cache_bounded",
    "model_registry_scoped",
    "task_cycles_broken",
)

# Functions, so that what they take out of the heap is held by their frames and by no module.
FIND_HOLDER = """
def found():
    program.run()
    survivors = heapgraph.by_type(program.LEAKED_TYPE)
    oldest = survivors[0]
    before = len(survivors)
    chain = heapgraph.find_backref_chain(oldest, heapgraph.is_proper_module)
    return {
        "begins_at": getattr(chain[0], "__name__", None),
        "ends_at_object": chain[-1] is oldest,
        "length": len(chain),
        "text": heapgraph.describe_chain(chain),
        "counts": [before, counted_after_another_run()],
    }
"""

COUNT = """
def found():
    program.run()
    gc.collect()
    before = heapgraph.count(program.LEAKED_TYPE)
    return {"counts": [before, counted_after_another_run()]}
"""

COUNT_GARBAGE = """
def found():
    gc.disable()
    program.run()
    waiting = heapgraph.count(program.LEAKED_TYPE)
    gc.collect()
    return {"counts": [waiting, heapgraph.count(program.LEAKED_TYPE)]}
"""

DRIVER = """
import gc, importlib, json, sys
sys.path.insert(0, {heaps!r})
import heapgraph
program = importlib.import_module({program!r})

def counted_after_another_run():
    program.run()
    gc.collect()
    return heapgraph.count(program.LEAKED_TYPE)
{question}
print(json.dumps(found()))
"""


class Found(TypedDict, total=False):
    """What a driver prints."""

    begins_at: str | None
    ends_at_object: bool
    length: int
    text: str
    counts: list[int]


def ask(program: str, question: str, tmp_path: Path) -> Found:
    """Runs a program of the fixtures in a fresh interpreter and asks about its heap."""
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER.format(heaps=str(HEAPS), program=program, question=question))
    done = subprocess.run([sys.executable, driver], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return cast("Found", json.loads(done.stdout))


def constant(program: str, name: str) -> str | None:
    """A constant of a program, read without running it."""
    for statement in ast.parse((HEAPS / f"{program}.py").read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return cast("str | None", ast.literal_eval(statement.value))
    pytest.fail(f"{program} has no {name}")


@pytest.mark.parametrize("program", LEAKING)
def test_the_holder_is_named(program: str, tmp_path: Path) -> None:
    found = ask(program, FIND_HOLDER, tmp_path)
    assert found["begins_at"] == program
    assert found["ends_at_object"]

    # Namespace dicts may stand between the names, so the names have to come in this order, on lines
    # of their own.
    lines = found["text"].splitlines()
    # What asks for it holds it too.
    lines = [line for line in lines if not line.startswith("and your ")]
    assert program in lines[0]
    holder = constant(program, "HOLDER")
    assert holder is not None
    following = iter(lines[1:])
    for name in holder.split(".")[1:]:
        assert any(re.search(rf"\b{name}\b", line) for line in following), (name, found["text"])
    assert str(constant(program, "LEAKED_TYPE")) in lines[-1], found["text"]


@pytest.mark.parametrize("program", LEAKING)
def test_leaking_programs_grow(program: str, tmp_path: Path) -> None:
    before, after = ask(program, FIND_HOLDER, tmp_path)["counts"]
    assert after > before > 0


@pytest.mark.parametrize("program", INNOCENT)
def test_innocent_twins_do_not_grow(program: str, tmp_path: Path) -> None:
    before, after = ask(program, COUNT, tmp_path)["counts"]
    assert after == before


def test_garbage_in_cycles_waits_for_the_collector(tmp_path: Path) -> None:
    waiting, left = ask(WAITING, COUNT_GARBAGE, tmp_path)["counts"]
    assert waiting > 0
    assert left == 0


def test_garbage_in_cycles_has_no_holder(tmp_path: Path) -> None:
    question = FIND_HOLDER.replace("program.run()", "gc.disable(); program.run()", 1)
    found = ask(WAITING, question, tmp_path)
    assert found["length"] == 1


def test_broken_cycles_leave_no_garbage(tmp_path: Path) -> None:
    waiting, left = ask("task_cycles_broken", COUNT_GARBAGE, tmp_path)["counts"]
    assert (waiting, left) == (0, 0)


def test_every_program_is_tested() -> None:
    programs = {path.stem for path in HEAPS.glob("*.py")} - {"mixed_records"}
    assert programs == {*LEAKING, WAITING, *INNOCENT}


def test_the_demonstration_shows_the_leak_everywhere(tmp_path: Path) -> None:
    """What `make demo` runs: in the session, as a picture and from saved heaps."""
    done = subprocess.run(
        [sys.executable, HEAPS.with_name("demo.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    holder = "instance_map.MarkupProcessor.instance_map"
    session, shell = done.stdout.split("\n4. ")
    assert f"Found: the module attribute {holder}, a dict of 200 items, holds them." in session
    assert re.search(r"^ResourceLoader +200 +\+200$", session, re.MULTILINE)
    assert re.search(r" \+200 .* added +instance_map\.ResourceLoader$", shell, re.MULTILINE)
    assert re.search(rf"^{re.escape(holder)}\[\d+\]\.loader$", shell, re.MULTILINE)
    saved = ["leak-after.parquet", "leak-before.parquet", "leak.png", "leak.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == saved
