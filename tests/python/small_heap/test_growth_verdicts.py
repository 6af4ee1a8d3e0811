"""What is said of what grows, and that nothing of the program is run or changed for it."""

from __future__ import annotations

import ctypes
import gc
import io
import sys
import unittest
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import heapgraph
from drawn_machine import DrawnMachine, draw_time
from heapgraph._growth_loop import GrowthLoop
from heapgraph._growth_places import location_of
from heapgraph.testing import assert_no_growth
from raising import raising
from unloaded import unloaded_module

if TYPE_CHECKING:
    from collections.abc import Iterator


class Session:
    """Something to keep."""


class Stream(io.TextIOWrapper):
    """Something to be a key."""


STREAMS: WeakKeyDictionary[Stream, Stream] = WeakKeyDictionary()


class HostileError(RuntimeError):
    """What attributes raise that are not to be asked for."""


def fail(_: object) -> object:
    """Raise that."""
    raise HostileError


class Guarded:
    """Runs code, and fails, when its attributes are read in the usual way."""

    __slots__ = ("_limit", "sessions")

    def __init__(self) -> None:
        self.sessions: list[object] = []

    __dict__ = property(fail)

    __class__ = property(fail)


def test_no_attribute_of_the_program_is_asked_for() -> None:
    guarded = Guarded()
    report = heapgraph.find_growth(
        lambda: guarded.sessions.append(None), snapshots=2, iterations=50
    )
    assert [row.path.rpartition("<local guarded>")[2] for row in report.growing] == [".sessions"]


def test_what_holds_a_leak_stays_as_it_is() -> None:
    class Listed(list):  # type: ignore[type-arg]
        pass

    class Owner:
        def __init__(self) -> None:
            self.requests = Listed()
            self.retries = 3

    owner = Owner()
    before = len(gc.get_referents(owner)), len(gc.get_referents(owner.requests))
    report = heapgraph.find_growth(
        lambda: owner.requests.append(None), snapshots=2, iterations=50, trace=True
    )
    (row,) = report.growing
    assert row.path.endswith("<local owner>.requests")
    assert row.inserted
    assert row.inserted[0].startswith(f"{__file__}:")
    count = len(owner.requests)
    assert (len(gc.get_referents(owner)), len(gc.get_referents(owner.requests)) - count) == before


class Client:
    """Has numbers whose names sound like limits."""

    def __init__(self, **numbers: int) -> None:
        self.__dict__.update(numbers)
        self.sessions: list[object] = []
        self.urls: dict[int, object] = {}

    def call(self) -> None:
        self.sessions.append(None)

    def call_two(self) -> None:
        self.sessions += [None, None]
        self.urls[len(self.urls)] = None


def test_a_number_that_is_no_limit_excuses_nothing() -> None:
    for numbers in ({"limit": 100_000}, {"max_items": 10**18}, {"maxsize": 2**70}):
        client = Client(**numbers)
        report = heapgraph.find_growth(client.call, snapshots=2, iterations=50)
        assert [row.path.rpartition(".")[2] for row in report.growing] == ["sessions"]


def test_the_limit_of_one_container_is_not_that_of_all() -> None:
    client = Client(maxsize=100)
    report = heapgraph.find_growth(client.call_two, snapshots=2, iterations=20)
    assert report
    assert report.bounded == []
    alone = heapgraph.find_growth(Client(maxsize=200).call, snapshots=2, iterations=50)
    assert not alone
    (row,) = alone.bounded
    assert row.limit == 200
    assert row.evidence == "has a limit of 200 (attribute maxsize), now 112"
    assert "Grows up to a limit:" in str(alone)


def test_a_limit_that_is_far_away_excuses_nothing_and_accuses_nobody() -> None:
    report = heapgraph.find_growth(Client(maxsize=10_000).call, snapshots=2, iterations=50)
    assert (bool(report), report.verdict, report.bounded) == (False, "undecided", [])
    (row,) = report.undecided
    assert row.evidence == (
        "would be full after 9,888 more, if attribute maxsize is its limit (10,000), now 112"
    )


def test_a_heap_that_is_emptied_is_draining() -> None:
    backlog = [[] for _ in range(200_000)]  # type: ignore[var-annotated]

    def work() -> None:
        del backlog[-3_000:]

    report = heapgraph.find_growth(work, iterations=0)
    assert (bool(report), report.verdict) == (False, "draining")
    assert "Still draining" in str(report)


def test_what_grows_once_more_after_the_first_snapshot_is_warming_up() -> None:
    seen: list[object] = []
    calls = count(1)

    def work() -> None:
        # Full after the second snapshot, which is at the twelfth call.
        if next(calls) <= 12:
            seen.append(None)

    report = heapgraph.find_growth(work, iterations=0)
    assert (bool(report), report.verdict) == (False, "warm-up")


def test_an_unrelated_leak_is_another_report() -> None:
    connection = Session()
    log: list[object] = []
    lose = ctypes.pythonapi.Py_IncRef
    lose.argtypes, lose.restype = [ctypes.py_object], None

    def work() -> None:
        lose(connection)
        log.append(None)

    report = heapgraph.find_growth(work, snapshots=2, iterations=50)
    assert [row.path.rpartition("<local ")[2] for row in report.growing] == ["log>"]
    assert [row.path.rpartition("<local ")[2] for row in report.remarks] == ["connection>"]


def test_a_suspended_generator_is_not_traced_any_more() -> None:
    started: list[object] = []

    def generate_more() -> Iterator[int]:
        yield 1
        yield 2

    def work() -> None:
        generator = generate_more()
        next(generator)
        started.append(generator)

    def other_tracer(*_: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(other_tracer)
    try:
        report = heapgraph.find_growth(work, snapshots=2, iterations=20, trace=True)
        assert sys.gettrace() is other_tracer
    finally:
        sys.settrace(before)
    (row,) = report.growing
    assert row.inserted == [f"{__file__}:{work.__code__.co_firstlineno + 3} in work"]
    assert {generator.gi_frame.f_trace for generator in started} == {None}  # type: ignore[attr-defined]


def test_a_module_that_is_not_loaded_yet_stays_so() -> None:
    with TemporaryDirectory() as folder, unloaded_module(Path(folder) / "lazily_loaded.py"):
        assert location_of("lazily_loaded.items[x]") is not None


def test_a_heap_that_drains_slowly_is_draining_too() -> None:
    rest = [Session() for _ in range(2000)]

    def work() -> None:
        del rest[-2:]

    assert heapgraph.find_growth(work).verdict == "draining"


def test_a_loop_that_is_left_knows_what_it_has_seen() -> None:
    for keys, verdict in ((30, "undecided"), (1_000_000, "leaking")):
        cache: dict[int, object] = {}
        with heapgraph.GrowthLoop() as loop:
            for number in loop:
                cache[number % keys] = Session()
                if number == 60:
                    break
        report = loop.report
        assert (report.verdict, report.iterations) == (verdict, 60)
        assert "left after 60 iterations" in str(report)


def test_a_weak_map_whose_values_keep_its_keys_is_named() -> None:
    def work() -> None:
        # Up to 3.11 nothing shows that a stream holds its decoder: that grows from outside.
        stream = Stream(io.BytesIO())
        STREAMS[stream] = stream

    report = heapgraph.find_growth(work, iterations=100)
    assert report.growing[0].path == f"{__name__}.STREAMS"


def test_what_has_more_elements_may_have_fewer_bytes() -> None:
    held: list[bytes] = [bytes(100_000)]

    def work() -> None:
        held.append(b"")
        held[0] = bytes(len(held[0]) - 500)

    with raising(AssertionError, r"\+1 element, -49\d bytes"):
        assert_no_growth(work, iterations=100)


def test_a_scenario_may_skip_its_test() -> None:
    def scenario() -> None:
        reason = "not here"
        raise unittest.SkipTest(reason)

    with raising(unittest.SkipTest, "not here"):
        assert_no_growth(scenario)


def test_what_comes_by_the_clock_may_pause_where_the_iterations_end() -> None:
    """A table has a place for each of 400 milliseconds; an iteration takes a fiftieth, or none."""
    machine = draw_time()
    numbers = count()
    table: dict[int, int] = {}
    # What rises at first and then wavers, and has no length to look at, makes snapshots follow.
    texts: list[object] = [None]

    def work() -> None:
        number = next(numbers)
        texts[0] = bytearray(1000 + (number if number < 60 else number * 37 % 60))
        if not 1330 < number < 2100:
            machine.now += 0.001 if number < 40 else 0.00002
        table[int(machine.now * 1000) % 400] = number

    report = heapgraph.find_growth(work)
    assert not report, report
    assert table.keys() == set(range(400))


def test_a_table_of_times_is_no_leak_while_it_is_filled() -> None:
    """It has 5,000 milliseconds, and an iteration takes a fiftieth of one."""
    machine = draw_time()
    numbers = count()
    table: dict[int, int] = {}

    def work() -> None:
        number = next(numbers)
        machine.now += 0.001 if number < 40 else 0.00002
        table[int(machine.now * 1000) % 5000] = number

    report = heapgraph.find_growth(work)
    assert not report, report
    assert report.verdict == "undecided"
    assert "comes by the clock" in str(report)


def test_a_table_of_times_is_none_where_the_program_waits_for_a_processor() -> None:
    """An iteration takes a fiftieth of a millisecond and waits for two more of them."""

    class machine(DrawnMachine):  # noqa: N801
        waited = 0.0

        @classmethod
        def seconds_on_the_wall(cls) -> float:
            return cls.now + cls.waited

    GrowthLoop.machine = machine
    numbers = count()
    table: dict[int, int] = {}

    def work() -> None:
        number = next(numbers)
        machine.now += 0.001 if number < 40 else 0.00002
        machine.waited += 0.00004
        table[int(machine.seconds_on_the_wall() * 1000) % 20_000] = number

    report = heapgraph.find_growth(work)
    assert "comes by the clock" in str(report), report


def test_a_table_of_times_is_none_either_where_the_search_begins_anew() -> None:
    """A leak that comes rarely is found after the table was watched.

    The table has 100,000 milliseconds. A snapshot takes a hundred of them, an iteration a fiftieth.
    Nothing comes for a while when it is watched first.
    """

    class machine(DrawnMachine):  # noqa: N801
        @classmethod
        def used_memory(cls) -> tuple[int, int]:
            # Before a snapshot and after it.
            cls.now += 0.05
            return super().used_memory()

    GrowthLoop.machine = machine
    numbers = count()
    table: dict[int, None] = {}
    rare: list[object] = []

    def work() -> None:
        number = next(numbers)
        machine.now += 0.00002
        if not 25 < number < 150:
            table.update(dict.fromkeys(range(len(table), min(100_000, int(machine.now * 1000)))))
        if number > 40 and number % 25 == 0:
            rare.append(object())

    report = heapgraph.find_growth(work)
    [leak] = report.growing
    assert "<local rare>" in leak.path
    [undecided] = report.undecided
    assert "<local table>" in undecided.path
    assert "comes by the clock" in str(report)


def test_what_comes_in_few_iterations_is_a_leak_however_slow_they_are() -> None:
    """One in fifty; an iteration takes a fiftieth of a millisecond, which is not what counts."""
    machine = draw_time()
    numbers = count()
    table: dict[int, int] = {}

    def work() -> None:
        number = next(numbers)
        machine.now += 0.00002
        table[number if number < 40 else number // 50 * 50] = number

    report = heapgraph.find_growth(work)
    assert report.verdict == "leaking", report
