"""Asks everything in a process that is larger than most, or that something else looks into.

usage: strained.py SITUATION [SIZE]
"""

from __future__ import annotations

import io
import pdb
import sys
import threading
import tracemalloc
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import heapgraph
from questions import HOLDER, Marker, ask_everything, ask_growth

if TYPE_CHECKING:
    from collections.abc import Iterator


def ask() -> None:
    """All that takes a walk or a few."""
    ask_everything()


def ask_all() -> None:
    """Everything, also what takes many snapshots."""
    ask_everything()
    ask_growth()


@contextmanager
def threads(size: int) -> Iterator[None]:
    """That many threads, each with a frame that waits."""
    done = threading.Event()
    threading.stack_size(1 << 16)
    waiting = [threading.Thread(target=done.wait, daemon=True) for _ in range(size)]
    for thread in waiting:
        thread.start()
    yield
    done.set()
    for thread in waiting:
        thread.join()


@contextmanager
def modules(size: int) -> Iterator[None]:
    """That many modules in `sys.modules`."""
    for number in range(size):
        sys.modules[f"made_{number}"] = ModuleType(f"made_{number}")
    yield


@contextmanager
def long_key(size: int) -> Iterator[None]:
    """A key of that many characters, and one that is no text that can be written."""
    HOLDER.append({"k" * size: [HOLDER[0]], "\ud800" * 9: [ModuleType("\ud800" * (size // 50))]})
    yield
    assert len(str(heapgraph.why(HOLDER[1]))) < 10_000
    held = next(iter(HOLDER[1].values()))
    assert len(str(heapgraph.why(held))) < 10_000
    chain = heapgraph.find_backref_chain(held, heapgraph.is_proper_module)
    assert len(heapgraph.describe_chain(chain)) < 10_000


@contextmanager
def wide_list(size: int) -> Iterator[None]:
    """One list with that many references."""
    HOLDER.append([None] * size)
    yield


@contextmanager
def traced_memory(size: int) -> Iterator[None]:
    """Each allocation is recorded with that many frames."""
    tracemalloc.start(size)
    yield
    tracemalloc.stop()


@contextmanager
def tracer(size: int) -> Iterator[None]:
    """A tracer and a profiler see every call, line and return."""

    def trace(frame: object, event: str, argument: object) -> Any:
        seen.add(event)
        return trace

    seen: set[str] = set()
    threading.settrace(trace)
    sys.setprofile(trace)
    sys.settrace(trace)
    yield
    assert sys.gettrace() is sys.getprofile() is trace
    sys.settrace(None)
    sys.setprofile(None)
    assert {"call", "line", "return", "c_call"} <= seen


@contextmanager
def monitoring(size: int) -> Iterator[None]:
    """Tools of `sys.monitoring` see every event."""
    if sys.version_info < (3, 12):
        yield
        return
    sys.monitoring.use_tool_id(3, "strained")
    events = sys.monitoring.events
    seen: set[int] = set()
    for event in (events.PY_START, events.CALL, events.LINE, events.PY_RETURN):
        sys.monitoring.register_callback(3, event, lambda *_, event=event: seen.add(event))
    sys.monitoring.set_events(3, events.PY_START | events.CALL | events.LINE | events.PY_RETURN)
    yield
    assert sys.monitoring.get_tool(3) == "strained"
    sys.monitoring.free_tool_id(3)
    assert len(seen) == 4


@contextmanager
def coverage(size: int) -> Iterator[None]:
    """Measured by coverage, in the core that COVERAGE_CORE names."""
    from coverage import Coverage

    measured = Coverage(data_file=None, include=[__file__])
    measured.start()
    yield
    measured.stop()
    assert measured.get_data().lines(__file__)


@contextmanager
def greenlets(size: int) -> Iterator[None]:
    """That many stacks that are switched away, each of which holds an object."""
    from greenlet import getcurrent, greenlet

    def hold(marker: object) -> object:
        return getcurrent().parent.switch([marker]), marker

    suspended = [greenlet(hold) for _ in range(size)]
    HOLDER.append([switched.switch(Marker) for switched in suspended])
    yield
    # Each goes on where it was.
    assert [switched.switch(3) for switched in suspended] == [(3, Marker)] * size
    assert all(switched.dead for switched in suspended)


def deep_in_frames(size: int) -> None:
    """Ask with that many frames on the stack, in a thread whose stack is large enough."""

    def descend(depth: int) -> None:
        if depth:
            descend(depth - 1)
        else:
            ask()

    def run() -> None:
        try:
            descend(size)
        except BaseException as error:
            failures.append(error)

    failures: list[BaseException] = []
    sys.setrecursionlimit(size + 10_000)
    threading.stack_size(1 << 30)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        # Its traceback is as deep as the stack was.
        raise failures[0].with_traceback(None)


def in_a_debugger(size: int) -> None:
    """Ask at the prompt of pdb, and while it steps through a function."""
    ask_there = "p ask_all()"
    commands = [ask_there, "next", "next", ask_there, "step", "up", ask_there, "continue"]
    printed = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("\n".join(commands)), stdout=printed, nosigint=True)
    debugger.set_trace()
    local = [size]
    local.append(len(local))
    print(local)
    assert printed.getvalue().count("None\n") == 3, printed.getvalue()


SITUATIONS = (
    threads,
    modules,
    long_key,
    wide_list,
    traced_memory,
    tracer,
    monitoring,
    coverage,
    greenlets,
)
CALLERS = (deep_in_frames, in_a_debugger)
ONLY_LARGE = (modules, long_key, wide_list)
"""What only makes each walk longer: many walks there find what one does."""


def main() -> None:
    name, size = sys.argv[1], int(sys.argv[2])
    for situation in SITUATIONS:
        if situation.__name__ == name:
            with situation(size):
                (ask if situation in ONLY_LARGE else ask_all)()
    for caller in CALLERS:
        if caller.__name__ == name:
            caller(size)
    if name == "nothing":
        ask_all()


if __name__ == "__main__":
    main()
