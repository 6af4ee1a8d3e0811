"""Memory that rises and is none of the objects of the heap."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import tracemalloc
from collections import deque
from functools import lru_cache
from io import StringIO
from itertools import count
from pathlib import Path
from types import ModuleType

import heapgraph
from drawn_machine import DrawnMachine
from heapgraph._growth_lines import BlockLines
from heapgraph._growth_loop import GrowthLoop

NUMBERS = count()


def lose() -> None:
    """Leave a number to nobody."""
    increase = ctypes.pythonapi.Py_IncRef
    increase.argtypes, increase.restype = [ctypes.py_object], None
    increase(next(NUMBERS) + 0.5)


def output_of(*arguments: str) -> str:
    """What another interpreter prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_blocks_that_no_walk_sees_and_the_lines_that_allocate_them() -> None:
    def leak() -> None:
        for _ in range(4):
            lose()

    tracemalloc.start()
    try:
        report = heapgraph.find_growth(leak, iterations=700)
    finally:
        tracemalloc.stop()
    (row,) = report.growing
    assert report.verdict == "native"
    assert row.kind == "blocks"
    assert 3.5 <= row.elements_per_iteration <= 4.5
    line = f"{lose.__code__.co_filename}:{lose.__code__.co_firstlineno + 4}"
    assert line in row.allocated
    assert f"allocated at {line}" in str(report)


def test_text_that_is_gathered_is_told_with_what_gathers_it() -> None:
    lines = StringIO()
    report = heapgraph.find_growth(lambda: lines.write("a row was read\n"), iterations=300)
    [row] = report.growing
    assert report.verdict == "leaking"
    assert row.path.endswith("<local lines>")
    assert row.type_name == "_io.StringIO"
    assert row.share_bytes > 300 * 8


def test_a_name_that_says_how_much_is_used_says_nothing_of_what_a_program_has_named() -> None:
    name = f"{2**64 - 1} bytes with its text"

    def function() -> object:
        def named() -> None: ...

        named.__qualname__ = name
        return named

    kept: list[object] = []
    report = heapgraph.find_growth(
        lambda: kept.extend((function(), type(name, (), {}), ModuleType(name))), iterations=20
    )
    assert report.growing
    assert max(row.share_bytes for row in report.growing) < 2**30


def test_a_closed_buffer_of_text_has_none() -> None:
    buffers: deque[StringIO] = deque(maxlen=1)
    sizes = iter(range(100, 100_000))

    def work() -> None:
        buffer = StringIO("text " * next(sizes))
        buffer.close()
        buffers.append(buffer)

    assert not heapgraph.find_growth(work, iterations=300)


def test_lines_of_heapgraph_itself_are_not_named() -> None:
    class Session:
        pass

    sessions = [Session() for _ in range(100)]
    lines = BlockLines()
    tracemalloc.start()
    try:
        lines.begin()
        watches = [heapgraph.watch(session) for session in sessions]
        lines.end()
    finally:
        tracemalloc.stop()
    assert len(watches) == len(sessions)
    ours = (str(Path(heapgraph.__file__).parent), tracemalloc.__file__)
    assert not [line for line in lines.lines if line.startswith(ours)]


def test_memory_that_rises_beside_a_leak_is_told() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    log: list[object] = []

    def work() -> None:
        ctypes.memset(library.malloc(50_000), 1, 50_000)
        log.append(None)

    report = heapgraph.find_growth(work, iterations=200)
    assert [row.path.rpartition("<local ")[2] for row in report.growing] == ["log>"]
    assert "Resident memory rose by " in str(report)
    besides = report.to_dict()["besides"]
    assert besides["resident_bytes"] > 2 * besides["object_bytes"] + 200 * 40_000


def test_memory_beside_what_still_fills_up_is_told_and_not_judged() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    numbers = count()

    @lru_cache(maxsize=100_000)
    def cached(number: int) -> list[int]:
        return [number]

    def fills_up() -> None:
        cached(next(numbers))

    def fills_up_and_loses() -> None:
        fills_up()
        ctypes.memset(library.malloc(5000), 1, 5000)

    for scenario, is_more in ((fills_up, False), (fills_up_and_loses, True)):
        report = heapgraph.find_growth(scenario)
        assert [row.limit for row in report.bounded] == [100_000]
        assert ["memory rises besides" in line for line in report.missing] == [True] * is_more


def test_a_slow_scenario_is_watched_for_native_memory_too() -> None:
    """Memory is that of this process; each iteration takes a fiftieth of a second."""

    class machine(DrawnMachine):  # noqa: N801
        pass

    GrowthLoop.machine = machine
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]

    def work() -> None:
        ctypes.memset(library.malloc(400_000), 1, 400_000)
        machine.now += 0.02

    report = heapgraph.find_growth(work, iterations=150)
    assert report.verdict == "native"


def test_blocks_that_garbage_hides_while_it_lies_about() -> None:
    def leak() -> None:
        lose()
        for _ in range(50):
            cycle: list[object] = []
            cycle.append(cycle)

    (row,) = heapgraph.find_growth(leak, iterations=700).growing
    assert row.kind == "blocks"
    assert 0.9 <= row.elements_per_iteration <= 1.1


def test_what_the_program_has_frozen_stays_so() -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    heapgraph.find_growth(lambda: None, iterations=10)
    assert before * 0.9 <= gc.get_freeze_count() <= before


def test_nothing_else_is_frozen() -> None:
    # Of 3.12 some are frozen from the beginning.
    before = gc.get_freeze_count()
    heapgraph.find_growth(lambda: None, iterations=10)
    assert gc.get_freeze_count() <= before


def test_names_that_were_looked_up_on_types_are_no_leak() -> None:
    def work() -> None:
        class Handler:
            pass

        for event in ("start", "stop", "pause", "resume"):
            getattr(Handler(), f"on_{event}", None)

    report = heapgraph.find_growth(work)
    assert not report
    # Nothing was there to be watched.
    assert report.iterations < 600


def test_what_the_search_imports_is_no_growth() -> None:
    cache: dict[int, list[object]] = {}

    def work() -> None:
        cache[len(cache) % 30] = []

    text = str(heapgraph.find_growth(work))
    assert text.startswith("Bounded: what grew in 1 place has an end"), text
    assert "sys.modules" not in text


def test_lines_are_told_where_python_was_started_with_tracemalloc() -> None:
    lines = """
import heapgraph
held = []
def leak():
    held.append([1, 2])
print(*heapgraph.find_growth(leak, iterations=50).growing[0].allocated)
"""
    assert output_of("-X", "tracemalloc", "-c", lines) == "<string>:5\n"
