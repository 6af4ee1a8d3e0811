"""What grows while a scenario runs again and again: arguments, ways to run, evidence."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
import weakref
from collections import deque
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import heapgraph
from raising import raising

FEW = 150
"""Iterations to watch in tests of what does not depend on how many there are."""


class Session:
    """Something kept."""


SESSIONS: list[Session] = []
MESSAGES: list[list[str]] = []
OTHERS: list[Session] = []
KNOWN: list[int] = []
NUMBERS = count()


def keep() -> None:
    SESSIONS.append(Session())


def keep_message() -> None:
    MESSAGES.append(["hello"])


def test_a_leak_is_named_with_all_that_is_known_of_it() -> None:
    SESSIONS.clear()
    report = heapgraph.find_growth(keep, iterations=FEW)
    assert report
    assert report.verdict == "leaking"
    (row,) = report.growing
    assert row.path == f"{__name__}.SESSIONS"
    assert (row.type_name, row.kind) == ("builtins.list", "elements")
    assert row.elements_per_iteration == 1.0
    assert row.elements == {f"{__name__}.Session": 1.0}
    assert row.series[0] == 7
    assert row.series[-1] == report.iterations == len(SESSIONS)
    assert row.bytes_per_iteration > sys.getsizeof(SESSIONS[0]) - 40
    assert row.location is not None
    file, _, line = row.location.rpartition(":")
    assert "SESSIONS: list" in Path(file).read_text("utf-8").splitlines()[int(line) - 1]
    assert len(row.fingerprint) == 16
    assert f"goes on rising after {FEW:,} more iterations" in row.evidence
    why = row.why()
    assert why is not None
    assert "SESSIONS" in str(why)
    text = str(report)
    assert text.startswith("Leaking: 1 place still growing")
    assert row.path in text
    assert report.to_dict()["growing"][0]["path"] == row.path
    assert report._repr_html_().startswith("<pre>")


def test_nothing_grows_and_two_snapshots_are_enough() -> None:
    report = heapgraph.find_growth(Session, iterations=0)
    assert not report
    assert report.growing == []
    assert report.verdict == "nothing"
    assert report.iterations == 2 + 2 * 5


def test_what_rises_and_falls_by_chance_is_no_leak() -> None:
    basket: list[object] = []
    # Rises at the first snapshots, and is at its highest at the last.
    amounts = {7: 10, 12: 20, 17: 30, 22: 40, 421: 800}

    def replace() -> None:
        iteration = next(iterations)
        basket[:] = [None] * amounts.get(iteration, iteration * 7919 % (iteration * 3 // 2 + 1))

    iterations = count(1)
    report = heapgraph.find_growth(replace, iterations=399)
    assert not report, str(report)
    # It has just come higher than ever.
    (row,) = report.undecided
    assert row.path.endswith("<local basket>")


def test_a_cache_that_fills_up_is_no_leak() -> None:
    cache: dict[int, Session] = {}

    def look_up() -> None:
        if len(cache) < 60:
            cache[next(NUMBERS)] = Session()

    report = heapgraph.find_growth(look_up)
    assert not report
    assert report.verdict == "bounded"
    assert "no more than 60" in report.bounded[0].evidence


def test_limits_are_read() -> None:
    @lru_cache(maxsize=100_000)
    def parse(number: int) -> Session:
        return Session()

    recent: deque[Session] = deque(maxlen=100_000)

    def run() -> None:
        parse(next(NUMBERS))
        recent.append(Session())

    report = heapgraph.find_growth(run)
    assert not report, str(report)
    assert {row.limit for row in report.bounded} == {100_000}
    # Both are kept to: only what may come beside them is to be waited for.
    assert report.iterations < 200


def test_the_limit_of_a_deque_is_not_that_of_what_is_in_it() -> None:
    recent: deque[list[Session]] = deque([[]], maxlen=1000)
    report = heapgraph.find_growth(lambda: recent[0].append(Session()), snapshots=2, iterations=FEW)
    assert [row.type_name for row in report.growing] == ["builtins.list"]


def test_a_deque_without_a_limit_is_not_excused_by_another() -> None:
    queues: list[deque[Session]] = [deque(maxlen=1000), deque()]

    def run() -> None:
        for queue in queues:
            queue.append(Session())

    report = heapgraph.find_growth(run, snapshots=2, iterations=FEW)
    assert report, str(report)


def test_what_may_grow_does_not_count() -> None:
    report = heapgraph.find_growth(keep, iterations=0, ignore=[f"{__name__}.SESS*"])
    assert not report
    assert [row.path for row in report.ignored] == [f"{__name__}.SESSIONS"]


def test_the_lines_that_insert_and_allocate_are_found() -> None:
    tracemalloc.start()
    try:
        # Not an instance: tracemalloc does not find where 3.11 allocates those.
        report = heapgraph.find_growth(keep_message, snapshots=2, iterations=20, trace=True)
    finally:
        tracemalloc.stop()
    (row,) = report.growing
    code = keep_message.__code__
    line = f"{code.co_filename}:{code.co_firstlineno + 1}"
    assert row.inserted == [f"{line} in keep_message"]
    assert row.allocated == [line]
    assert sys.gettrace() is None


def test_names_of_one_module_are_places_of_their_own_unless_something_connects_them() -> None:
    def keep_two() -> None:
        keep()
        OTHERS.append(Session())

    def keep_one_twice() -> None:
        keep()
        OTHERS.append(SESSIONS[-1])

    def keep_with_its_number() -> None:
        keep()
        KNOWN.append(id(SESSIONS[-1]))

    of_sessions, of_others, of_known = (
        f"{__name__}.{name}" for name in ("SESSIONS", "OTHERS", "KNOWN")
    )
    report = heapgraph.find_growth(keep_two, iterations=FEW)
    assert {row.path for row in report.growing} == {of_sessions, of_others}
    (row,) = heapgraph.find_growth(keep_one_twice, iterations=FEW).growing
    assert {row.path, *row.also} == {of_sessions, of_others}
    (row,) = heapgraph.find_growth(keep_with_its_number, iterations=FEW).growing
    assert [row.path, *row.also] == [of_sessions, of_known]


def test_a_loop_of_ones_own() -> None:
    kept: list[Session] = []
    with heapgraph.GrowthLoop(loops=3, warmup=1, iterations=10) as loop:
        for iteration in loop:
            assert iteration == len(kept) + 1
            kept.append(Session())
    assert loop.report
    assert loop.report.growing[0].series[:4] == [4, 7, 10, 13]
    with raising(RuntimeError, "runs once"):
        iter(loop)


def test_a_loop_that_has_ended_holds_nothing_of_the_program() -> None:
    def leak() -> weakref.ref[Session]:
        kept = [Session()]
        with heapgraph.GrowthLoop(loops=2, snapshots=2, warmup=1, iterations=10) as loop:
            for _ in loop:
                kept.append(Session())
        # Were the frame held by the loop, which it holds, no collection would free them.
        assert loop.report.growing[0].path.endswith("<local kept>")
        return weakref.ref(kept[0])

    leaked = leak()
    gc.collect()
    assert leaked() is None


def test_a_loop_is_entered_first() -> None:
    with raising(RuntimeError, "entered by a `with` statement"):
        iter(heapgraph.GrowthLoop())


def test_a_loop_that_is_left_while_garbage_is_counted_lets_the_collector_run() -> None:
    def leave() -> None:
        cycle: list[object] = []
        cycle.append(cycle)

    gc.enable()
    with heapgraph.GrowthLoop() as loop:
        for _ in loop:
            for _ in range(20):
                leave()
            if not gc.isenabled():
                break
        else:
            message = "the collector was never paused"
            raise AssertionError(message)
    assert gc.isenabled()


def test_what_rises_and_is_not_watched_is_said_to_be_so() -> None:
    report = heapgraph.find_growth(keep, iterations=0)
    assert report
    assert "was not watched" in report.missing[0]
    assert "To be surer" in str(report)


def test_a_loop_that_is_left_early() -> None:
    with heapgraph.GrowthLoop() as loop:
        for _ in loop:
            break
    with raising(RuntimeError, "left after 1 iterations"):
        _ = loop.report


def test_coroutine_functions_are_awaited_in_one_loop() -> None:
    loops = set()

    async def scenario() -> None:
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        SESSIONS.append(Session())

    report = heapgraph.find_growth(scenario, snapshots=2, iterations=20)
    assert [row.path for row in report.growing] == [f"{__name__}.SESSIONS"]
    assert len(loops) == 1
    assert loops.pop().is_closed()


def test_what_raises_says_when() -> None:
    calls = count(1)

    def fail() -> None:
        if next(calls) == 4:
            message = "the fourth"
            raise LookupError(message)

    with raising(heapgraph.ScenarioError, "LookupError in iteration 4") as caught:
        heapgraph.find_growth(fail)
    assert isinstance(caught.error.__cause__, LookupError)
    assert caught.error.__cause__.__traceback__ is not None


def generate() -> object:
    yield 1


async def wait() -> None:
    await asyncio.sleep(0)


class Awaited:
    """What is called like a coroutine function."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    async def __call__(self) -> None:
        await asyncio.sleep(0)
        self.seen.append(None)


def test_scenarios_that_do_nothing_are_refused() -> None:
    scenarios: list[tuple[Any, str]] = [
        (generate, "is a generator function"),
        (lambda: generate(), "made a generator"),
        (lambda: wait(), "pass the coroutine function itself"),
        (3, "must be a function"),
    ]
    for scenario, message in scenarios:
        with raising(TypeError, message):
            heapgraph.find_growth(scenario)


def test_what_is_called_like_a_coroutine_function_is_awaited() -> None:
    scenario = Awaited()
    report = heapgraph.find_growth(scenario, snapshots=2, iterations=50)
    assert [row.path.rpartition("<local scenario>")[2] for row in report.growing] == [".seen"]


def test_tasks_that_are_left_are_cancelled() -> None:
    cancelled = []

    async def linger() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    tasks: list[object] = []

    async def scenario() -> None:
        if not tasks:
            tasks.append(asyncio.ensure_future(linger()))
        await asyncio.sleep(0)

    heapgraph.find_growth(scenario, iterations=0)
    assert cancelled == [1]


def test_too_little_is_refused() -> None:
    too_little: list[tuple[str, Any]] = [
        ("loops", 0),
        ("loops", 2.5),
        ("loops", "5"),
        ("snapshots", 1),
        ("warmup", -1),
        ("iterations", -1),
        ("iterations", True),
        ("seconds", -0.5),
        ("settle", -1),
    ]
    for name, wrong in too_little:
        with raising(ValueError, f"{name} must be a (whole )?number of at least"):
            heapgraph.find_growth(Session, **{name: wrong})


def test_settling_is_waited_for() -> None:
    settled: list[int] = []
    heapgraph.find_growth(Session, settle=partial(settled.append, 1), iterations=0)
    assert len(settled) >= 2


def test_cycles_that_wait_for_the_collector() -> None:
    class Link:
        other: object = None

    def leave() -> None:
        for _ in range(20):
            one, other = Link(), Link()
            one.other, other.other = other, one

    was_enabled = gc.isenabled()
    report = heapgraph.find_growth(leave)
    assert not report, str(report)
    assert report.verdict == "garbage"
    garbage = report.to_dict()["garbage"]
    assert garbage["objects"] >= 5 * 40
    assert "A collection frees" in str(report)
    assert gc.isenabled() == was_enabled


def test_snapshots_that_were_saved() -> None:
    with TemporaryDirectory() as folder:
        save_and_compare(Path(folder))


def save_and_compare(tmp_path: Path) -> None:
    kept = []
    paths = [tmp_path / f"{name}.parquet" for name in "bca"]
    for path in paths:
        kept += [Session() for _ in range(3)]
        heapgraph.take_snapshot().save(path)
    (tmp_path / "notes.txt").write_text("not a snapshot")
    told = [
        heapgraph.find_growth_in(snapshots, loops=3)
        for snapshots in (tmp_path, str(tmp_path), paths, map(heapgraph.load_snapshot, paths))
    ]
    (row,) = [row for row in told[0].growing if row.path.endswith("<local kept>")]
    assert row.elements_per_iteration == 1.0
    assert row.series == [3, 6, 9]
    assert {str(report) for report in told} == {str(told[0])}
    # All are taken in the order of their capture.
    assert str(heapgraph.find_growth_in(reversed(paths), loops=3)) == str(told[0])
    backwards = map(heapgraph.load_snapshot, reversed(paths))
    assert str(heapgraph.find_growth_in(backwards, loops=3)) == str(told[0])
    with raising(ValueError, "two snapshots at least"):
        heapgraph.find_growth_in(paths[:1])
    with raising(heapgraph.SnapshotError, "nowhere"):
        heapgraph.find_growth_in(tmp_path / "nowhere")


def test_a_snapshot_without_names_is_refused() -> None:
    snapshot = heapgraph.take_snapshot(names=False)
    with raising(ValueError, "without names"):
        heapgraph.explain_delta(snapshot, snapshot)


def test_the_bytes_of_a_delta_add_up() -> None:
    base = heapgraph.take_snapshot()
    kept = bytearray(1_000_000)
    current = heapgraph.take_snapshot()
    delta = heapgraph.explain_delta(base, current)
    assert sum(row.bytes for row in delta.rows) == delta.bytes
    assert delta.bytes == current.shallow_size - base.shallow_size
    assert delta.rows[0].bytes > 1_000_000
    assert "kept" in delta.rows[0].owner
    assert str(delta).startswith(f"{delta.bytes:+,} bytes")
    assert len(kept) == 1_000_000


def test_nothing_is_left_behind() -> None:
    heapgraph.find_growth(Session, iterations=0)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(3):
        heapgraph.find_growth(Session, iterations=0)
    gc.collect()
    assert len(gc.get_objects()) - before <= 3
