"""The calls into compiled code that make something grow."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import importlib.util
import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from compiled import compiled
from drawn_machine import DrawnMachine
from heapgraph._growth_calls import CallSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType

SOURCE = Path(__file__).with_name("lossy.c")
ITERATIONS = 6
IS_MONITORED = sys.version_info >= (3, 12)

REFERENCE, NEW_OBJECT, UNTRACKED_OBJECT, BLOCK, MEMORY, NOTHING = range(6)
LOSSES = {
    REFERENCE: f"takes 1 reference to {__name__}.Target",
    NEW_OBJECT: "leaves 1 lossy.Item that nothing in the heap holds",
    UNTRACKED_OBJECT: "leaves 1 block",
    BLOCK: "leaves 1 block",
    MEMORY: "leaves 112 bytes of the C allocator",
}
WAYS = {
    "function": "lossy.function()",
    "method": "lossy.Thing.method()",
    "getter": None,
    "constructor": "lossy.Made()",
    "callable": "lossy.Thing.__call__()",
}


TOO_LONG = "watching the calls into compiled code took too long: allow more seconds"


class Target:
    """What compiled code takes references to."""


TARGET = Target()


class Nothing:
    """A report of nothing."""

    growing = ()


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    library = compiled(SOURCE, tmp_path_factory.mktemp("compiled"))
    spec = importlib.util.spec_from_file_location("lossy", library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["lossy"] = module
    return module


@pytest.fixture
def ways(lossy: ModuleType) -> dict[str, Callable[[], object]]:
    """Scenarios that call compiled code, each in its own way."""
    thing = lossy.Thing()

    def function() -> None:
        lossy.function()

    def method() -> None:
        thing.method()

    def getter() -> None:
        thing.value  # noqa: B018

    def constructor() -> None:
        lossy.Made()

    def callable() -> None:  # noqa: A001
        thing()

    return {
        scenario.__name__: scenario
        for scenario in (function, method, getter, constructor, callable)
    }


def search(machine: type[DrawnMachine] = DrawnMachine, seconds: float = 1e6) -> CallSearch:
    last = float("inf")
    nothing: Any = Nothing()
    return CallSearch(nothing, machine, seconds, last, ITERATIONS)


def runs_of(search: CallSearch, loss: int, lossy: ModuleType) -> Generator[None, None, list[str]]:
    """The question that finds a loss."""
    if loss == REFERENCE:
        return search.references(TARGET)
    if loss == NEW_OBJECT:
        return search.new_objects(lossy.Item)
    return search.bytes() if loss == MEMORY else search.blocks()


def told(loss: int, lossy: ModuleType, scenario: Callable[[], object]) -> list[str]:
    """What the search says of a scenario that loses something."""
    lossy.prepare(loss, TARGET)
    # What the allocators keep free is used up first.
    for _ in range(300):
        scenario()
    return finish(runs_of(search(), loss, lossy), scenario)


def finish(runs: Generator[None, None, list[str]], scenario: Callable[[], object]) -> list[str]:
    try:
        while True:
            next(runs)
            scenario()
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def place(scenario: Any) -> str:
    code = scenario.__code__
    return f"{code.co_filename}:{code.co_firstlineno + 1} in {code.co_name}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss(
    loss: int, way: str, lossy: ModuleType, ways: dict[str, Callable[[], object]]
) -> None:
    scenario, name = ways[way], WAYS[way]
    is_traced = loss in (UNTRACKED_OBJECT, BLOCK)
    times = f"({ITERATIONS} of {ITERATIONS})"
    if name is not None and (IS_MONITORED or way in ("function", "method")):
        sentence = f"{place(scenario)}: {name} {LOSSES[loss]} with each call {times}"
    else:
        words = LOSSES[loss]
        if loss != NEW_OBJECT:
            words = words.replace("leaves", "allocates")
        words += " that stay" * (loss == MEMORY) + " that stays" * is_traced
        where = place(scenario).partition(" in ")[0] if is_traced else place(scenario)
        sentence = f"{where} {words} {'in each iteration' if is_traced else f'each time {times}'}"
    # The C allocator gives a little more where it cannot use the rest.
    found = [re.sub("1[1-4]. bytes", "112 bytes", one) for one in told(loss, lossy, scenario)]
    assert found == [sentence]


def test_an_error_is_an_end_of_a_call(lossy: ModuleType) -> None:
    def fail() -> None:
        with contextlib.suppress(TypeError):
            lossy.fail()

    [sentence] = told(REFERENCE, lossy, fail)
    line = fail.__code__.co_firstlineno + 2
    assert f":{line} in fail: lossy.fail() takes 1 reference" in sentence


def test_a_result_that_is_lost_later_is_not_lost_by_the_call_that_made_it() -> None:
    lose = ctypes.pythonapi.Py_IncRef
    lose.argtypes, lose.restype = [ctypes.py_object], None
    data = [bytes(range(30)), bytes(range(40))]

    def work() -> None:
        joined = b"-".join(data)
        lose(joined)

    [sentence] = finish(search().blocks(), work)
    line = work.__code__.co_firstlineno + 1
    every = f"with each call ({ITERATIONS} of {ITERATIONS})"
    assert sentence.endswith(f":{line} in work: bytes.join() allocates 1 block that stays {every}")


def test_the_innermost_call_is_told(lossy: ModuleType) -> None:
    def nested() -> None:
        held: list[object] = [TARGET]
        sorted([3, 1, 2], key=lambda number: lossy.function() or number)
        held.extend([TARGET, held])

    lossy.prepare(REFERENCE, TARGET)
    [sentence] = finish(search().references(TARGET), nested)
    times = f"({3 * ITERATIONS} of {3 * ITERATIONS})"
    assert sentence.endswith(f"{__name__}.Target with each call {times}")


def test_two_calls_that_lose_are_both_told(lossy: ModuleType) -> None:
    thing = lossy.Thing()

    def work() -> None:
        lossy.function()
        thing.method()

    for loss in (REFERENCE, BLOCK, MEMORY):
        names = [re.split(r": |\(", sentence)[1] for sentence in told(loss, lossy, work)]
        assert sorted(names) == ["lossy.Thing.method", "lossy.function"]


class Cached:
    """Work that allocates, keeps what it may, and loses nothing."""

    def __init__(self, lossy: ModuleType) -> None:
        self.lossy = lossy
        self.last: object = None
        self.names: dict[str, int] = {}
        self.recent: collections.deque[object] = collections.deque(maxlen=3)
        self.pattern = 0

    def __call__(self) -> None:
        thing = self.lossy.Thing()
        thing.method()
        thing()
        thing.value  # noqa: B018
        self.lossy.Made()
        self.last = [TARGET, thing]
        self.recent.append((TARGET, json.loads('{"a": [1.5, {"b": null}]}')))
        self.pattern += 1
        re.compile(f"{self.pattern % 3}+")
        self.names.setdefault(sys.intern(f"name {self.pattern % 4}"), 0)
        boxes = list(map(Target.__class__, [TARGET, thing]))
        memory = bytearray(2000)
        assert len(boxes) + len(memory) == 2002


def test_who_loses_nothing_is_not_told(lossy: ModuleType) -> None:
    work = Cached(lossy)
    for loss in (REFERENCE, NEW_OBJECT, BLOCK, MEMORY):
        lossy.prepare(NOTHING, TARGET)
        for _ in range(20):
            work()
        assert finish(runs_of(search(), loss, lossy), work) == []


def test_innocents_beside_a_loss(lossy: ModuleType) -> None:
    innocent = Cached(lossy)

    def work() -> None:
        innocent()
        lossy.prepare(loss, TARGET)
        lossy.function()
        lossy.prepare(NOTHING, TARGET)

    for loss in (REFERENCE, NEW_OBJECT, BLOCK, MEMORY):
        for _ in range(300):
            work()
        told = finish(runs_of(search(), loss, lossy), work)
        assert [": lossy.function() " in sentence for sentence in told] == [True], told


def test_calls_of_other_threads_are_not_told(lossy: ModuleType) -> None:
    is_over = threading.Event()

    def call_too() -> None:
        while not is_over.is_set():
            lossy.function()

    def work() -> None:
        time.sleep(0.001)

    lossy.prepare(REFERENCE, TARGET)
    thread = threading.Thread(target=call_too)
    thread.start()
    try:
        assert finish(search().references(TARGET), work) == []
    finally:
        is_over.set()
        thread.join()


def test_a_call_that_takes_references_to_a_class_is_in_the_report() -> None:
    take = ctypes.pythonapi.Py_IncRef
    report = heapgraph.find_growth(lambda: take(ctypes.py_object(Target)), iterations=60)
    [row] = report.remarks
    assert row.type_name == "builtins.type"
    [call] = row.calls
    assert f"takes 1 reference to the class {__name__}.Target" in call


def test_calls_are_in_the_report(lossy: ModuleType) -> None:
    assert lossy.__file__ is not None
    program = Path(__file__).with_name("growth_with_calls.py")
    command = [sys.executable, str(program), str(Path(lossy.__file__).parent)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    (text, taken), (_, lost) = json.loads(done.stdout)
    [row] = taken["remarks"]
    assert row["kind"] == "references"
    [call] = row["calls"]
    assert re.fullmatch(
        r".*growth_with_calls.py:30 in decode: lossy.function\(\) takes 1 reference to "
        r"__main__.Options with each call \((\d+) of \1\)",
        call,
    )
    assert f"; {call}\n" in text
    # In the body of a loop, in a coroutine.
    [row] = lost["growing"]
    assert row["kind"] == "outside"
    [call] = row["calls"]
    assert " in read: lossy.function() leaves 1 lossy.Item that nothing in the heap holds" in call


def test_who_watches_already_is_left_alone(lossy: ModuleType) -> None:
    events: list[str] = []

    def profile(_frame: object, event: str, _called: object) -> None:
        events.append(event)

    def trace(_frame: object, event: str, _argument: object) -> None:
        events.append(event)

    lossy.prepare(REFERENCE, TARGET)
    looking = search()
    traced = sys.gettrace()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        sentences = finish(looking.references(TARGET), lambda: lossy.function())
        found = sys.getprofile(), sys.gettrace()
    finally:
        sys.setprofile(None)
        sys.settrace(traced)
    assert found == (profile, trace)
    assert "c_call" in events
    if IS_MONITORED:
        assert len(sentences) == 1
    else:
        assert sentences == []
        obstacle = "the calls into compiled code were not watched: a profiling function is set"
        assert set(looking._missing) == {obstacle}


@pytest.mark.skipif(not IS_MONITORED, reason="needs sys.monitoring, which CPython has from 3.12 on")
def test_tools_of_others_are_left_alone(lossy: ModuleType) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
    free = [tool for tool in (2, 3, 4) if monitoring.get_tool(tool) is None]
    for tool in free:
        monitoring.use_tool_id(tool, "another")
    looking = search()
    try:
        assert finish(looking.references(TARGET), lambda: lossy.function()) == []
    finally:
        for tool in free:
            monitoring.free_tool_id(tool)
    assert set(looking._missing) == {
        "the calls into compiled code were not watched: all tools of sys.monitoring are in use"
    }
    lossy.prepare(REFERENCE, TARGET)
    assert len(finish(search().references(TARGET), lambda: lossy.function())) == 1
    assert [tool for tool in (2, 3, 4) if monitoring.get_tool(tool) is None] == free


def test_a_search_that_is_left_takes_everything_away(lossy: ModuleType) -> None:
    watching = search().references(TARGET)
    before = sys.getprofile(), sys.gettrace()
    next(watching)
    watching.close()
    assert (sys.getprofile(), sys.gettrace()) == before
    lossy.function()


def test_a_scenario_that_takes_long_is_not_watched_for_long(lossy: ModuleType) -> None:
    lossy.prepare(REFERENCE, TARGET)
    # The time of the thread is over at the first event.
    looking = search(seconds=0)

    def work() -> None:
        for _ in range(1000):
            len([])
        lossy.function()

    assert finish(looking.references(TARGET), work) == []
    assert looking._missing == [TOO_LONG]


@pytest.mark.parametrize("loss", [REFERENCE, NEW_OBJECT, BLOCK, MEMORY])
@pytest.mark.parametrize(("seconds_each", "most"), [(1.0, 8), (3.0, 2), (30.0, 1)])
def test_slow_iterations_run_while_there_is_time(
    loss: int, seconds_each: float, most: int, lossy: ModuleType
) -> None:
    """A quarter of 32 seconds: iterations of one second, of three, and of more than that."""

    class machine(DrawnMachine):  # noqa: N801
        pass

    looking = search(machine, seconds=32.0)
    runs = [0]

    def work() -> None:
        machine.now += seconds_each
        runs[0] += 1
        lossy.function()

    lossy.prepare(loss, TARGET)
    found = finish(runs_of(looking, loss, lossy), work)
    assert runs[0] <= most
    # Two before and five more tell of new objects; other questions watch twice.
    is_known = loss == NEW_OBJECT and seconds_each == 1
    assert len(found) == is_known
    assert set(looking._missing) == (set() if is_known else {TOO_LONG})
