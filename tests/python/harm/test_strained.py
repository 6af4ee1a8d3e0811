"""Processes that are larger than most, that are looked into, or whose allocator checks."""

from __future__ import annotations

import sys

import pytest

from children import survives

SIZES = {
    "deep_in_frames": 50_000,
    "in_a_debugger": 1,
    "long_key": 50_000_000,
    "modules": 100_000,
    "monitoring": 1,
    "threads": 2_000,
    "traced_memory": 25,
    "tracer": 1,
    "wide_list": 10_000_000,
}


@pytest.mark.parametrize("situation", SIZES)
def test_a_strained_process_answers(situation: str) -> None:
    survives("strained.py", situation, str(SIZES[situation]))


def test_a_process_with_stacks_that_are_switched_away() -> None:
    pytest.importorskip("greenlet")
    survives("strained.py", "greenlets", "2000")


CORES = ["ctrace", "pytrace", *["sysmon"] * (sys.version_info >= (3, 12))]


@pytest.mark.parametrize("core", CORES)
def test_a_process_that_is_measured_by_coverage(core: str) -> None:
    pytest.importorskip("coverage")
    survives("strained.py", "coverage", "1", environment={"COVERAGE_CORE": core})


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {"PYTHONMALLOC": "debug"}),
        ((), {"PYTHONMALLOC": "malloc"}),
        ((), {"PYTHONMALLOC": "malloc_debug"}),
        (("-X", "dev"), {}),
        (("-X", "dev", "-X", "tracemalloc=5", "-W", "error"), {}),
        (("-O", "-B", "-X", "importtime"), {}),
    ],
    ids=["debug", "malloc", "malloc_debug", "dev", "dev and tracemalloc", "optimized"],
)
def test_a_process_with_options(options: tuple[str, ...], environment: dict[str, str]) -> None:
    survives("strained.py", "nothing", "0", options=options, environment=environment)
