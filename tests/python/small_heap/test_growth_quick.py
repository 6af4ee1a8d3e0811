"""Checks of tests look first whether anything grows at all."""

from __future__ import annotations

import ctypes
import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from heapgraph import _core
from heapgraph._advice import advice_on_growth
from heapgraph._find_growth import ScenarioError, run_in
from heapgraph._growth_quick import QuickLoop
from raising import raising

if TYPE_CHECKING:
    from collections.abc import Callable


class Session:
    """Something to keep."""

    def __init__(self) -> None:
        self.user = "somebody"


kept: list[object] = []
warmed: dict[str, object] = {}
calls = [0]


def counted() -> None:
    calls[0] += 1
    Session()


def late_to_warm_up() -> None:
    calls[0] += 1
    if calls[0] == 4:
        warmed["settings"] = Session()


def run(
    scenario: Callable[[], object], loops: int = 5, warmup: int = 2, iterations: int = 2000
) -> QuickLoop:
    loop = QuickLoop(loops=loops, warmup=warmup, iterations=iterations)
    run_in(loop, scenario)
    return loop


def test_nothing_grows_and_no_snapshot_is_taken() -> None:
    loop = run(counted, loops=3, warmup=1, iterations=10)
    assert loop.is_quiet
    # The warm-up, one pair of looks, and the probe of memory, once or twice.
    assert calls[0] in (1 + 3 + 10, 1 + 3 + 2 * 10)
    with raising(RuntimeError, "nothing has grown"):
        _ = loop.report


def test_what_grows_once_is_quiet_after_another_look() -> None:
    loop = run(late_to_warm_up, loops=3, warmup=1, iterations=0)
    assert loop.is_quiet
    assert calls[0] == 1 + 3 + 3


def assert_is_named(scenario: Callable[[], object], path: str) -> None:
    loop = run(scenario, iterations=50)
    assert not loop.is_quiet
    [row] = loop.report.growing
    assert row.path.startswith(f"{__name__}.{path}")


def test_objects_that_are_kept_are_named() -> None:
    assert_is_named(lambda: kept.append(Session()), "kept")


def test_the_same_object_again_and_again_is_named() -> None:
    """No object, no block of memory is new."""
    assert_is_named(lambda: kept.append(None), "kept")


def test_bytes_that_are_kept_are_named() -> None:
    text = warmed["text"] = bytearray()
    assert_is_named(lambda: text.extend(bytes(100)), "warmed")


def test_a_chain_that_is_held_anew_is_named() -> None:
    assert_is_named(lambda: warmed.update(chain=(warmed.get("chain"),)), "warmed")


def test_a_backlog_that_is_worked_off_hides_no_leak() -> None:
    backlog: list[object] = [Session() for _ in range(200)]

    def work() -> None:
        del backlog[-2:]
        kept[:] = [Session(), kept[:]]

    loop = run(work, iterations=50)
    assert not loop.is_quiet


def test_objects_that_only_compiled_code_knows_are_seen_by_the_probe() -> None:
    take = ctypes.pythonapi.Py_IncRef

    def leak() -> None:
        calls[0] += 1
        for part in range(4):
            take(ctypes.py_object((calls[0] + part) / 3))

    loop = run(leak)
    assert not loop.is_quiet
    assert [path.kind for path in loop.report.growing] == ["blocks"]


def test_what_to_try_depends_on_where_memory_has_gone() -> None:
    for cause, advice in {
        "leak": "close or free",
        "native": "close or free",
        "fragmentation": "fewer small allocations",
        "mapping": "Close what maps",
    }.items():
        row: Any = SimpleNamespace(kind="native", type_name=cause)
        assert advice in advice_on_growth(row)


def test_a_scenario_that_raises_ends_the_looks() -> None:
    def fail() -> None:
        calls[0] += 1
        if calls[0] == 5:
            raise ValueError

    with raising(ScenarioError, "in iteration 5"):
        run(fail)


def test_a_history_is_not_in_the_heap_that_it_looks_at() -> None:
    history = _core.GrowthHistory([])
    assert history.has_grown()
    grown = [True, True]
    for look in range(2):
        gc.collect()
        grown[look] = history.has_grown()
    assert not grown[1]
    sessions = [Session() for _ in range(10)]
    assert history.has_grown()
    assert not history.has_grown()
    # What has gone may hide what has come.
    del sessions[5:]
    assert history.has_grown()
    assert len(sessions) == 5
