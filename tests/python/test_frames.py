"""Running frames and their locals, which no traverse shows."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from heapgraph._core import CapturedHeap, named_referents

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator


class Held:
    pass


def names_of(frame: object) -> dict[str, Any]:
    return dict(named_referents(frame))


def names_in(suspended: object) -> dict[str, Any]:
    """Names of a generator or coroutine; in 3.10 it is its frame that holds the locals."""
    named = names_of(suspended)
    for frame in ("gi_frame", "cr_frame", "ag_frame"):
        if f".{frame}" in named:
            named.update(names_of(named[f".{frame}"]))
    return named


def chain_types(held: object) -> list[str]:
    chain = heapgraph.find_backref_chain(held, lambda item: type(item).__name__ == "frame")
    return [type(item).__name__ for item in chain]


def test_locals_of_the_calling_functions() -> None:
    held = Held()

    def inner(argument: Held, *rest: Held, **options: Held) -> dict[str, Any]:
        return names_of(sys._getframe())

    named = inner(held, held, option=held)
    assert named["local argument"] is held
    assert named["local rest"] == (held,)
    assert named["local options"] == {"option": held}
    assert named[".f_code"] is inner.__code__
    assert named[".f_globals"] is globals()
    assert named[".f_back"] is sys._getframe()
    assert names_of(sys._getframe())["local held"] is held
    assert chain_types(held) == ["frame", "Held"]


def test_a_frame_holds_what_its_locals_are() -> None:
    held = Held()
    frame = sys._getframe()
    heap = CapturedHeap()
    assert id(held) in heap.referents(id(frame))
    assert heap.referrers(id(held)) == [id(frame)]


def test_cells_and_free_variables() -> None:
    shared = Held()

    def outer() -> dict[str, Any]:
        own = Held()

        def inner() -> tuple[Held, Held]:
            return own, shared

        assert inner()
        named = names_of(sys._getframe())
        assert named["local own"].cell_contents is own
        return named

    assert outer()["local shared"].cell_contents is shared


def test_a_variable_that_functions_share_is_held_by_its_cell_alone() -> None:
    shared = Held()

    def inner() -> Held:
        return shared

    frame = sys._getframe()
    heap = CapturedHeap()
    cell = id(inner.__closure__[0])  # type: ignore[index]
    assert heap.referrers(id(shared)) == [cell]
    assert id(frame) in heap.referrers(cell)
    assert "<local shared>" in str(heapgraph.why(shared))


def test_class_bodies() -> None:
    found: dict[str, Any] = {}

    class Body:
        attribute = Held()
        found.update(names_of(sys._getframe()))
        assert found[".f_locals"]["attribute"] is attribute

    assert Body.attribute is found[".f_locals"]["attribute"]


def test_exec_with_a_namespace_of_its_own() -> None:
    namespace: dict[str, Any] = {}
    source = "held = Held(); named = names_of(sys._getframe())"
    exec(source, {"Held": Held, "names_of": names_of, "sys": sys}, namespace)
    assert namespace["named"][".f_locals"] is namespace
    assert "local held" not in namespace["named"]


def test_the_namespace_of_a_module_is_held_once() -> None:
    namespace: dict[str, Any] = {"names_of": names_of, "sys": sys}
    exec("named = names_of(sys._getframe())", namespace)
    assert namespace["named"][".f_globals"] is namespace
    assert ".f_locals" not in namespace["named"]


SCOPES = """
import sys, heapgraph
from heapgraph._core import CapturedHeap, named_referents

class Held:
    pass

x = Held()
print([named_referents(sys._getframe())[0][0] for name in "ab"])
print([len(heapgraph.find_backref_chain(x, heapgraph.is_proper_module)) for name in "ab"])
print([len(heapgraph.find_ref_chain(x, lambda item: item is Held)) for hidden in [[1], [2]]])

class Body:
    y = [CapturedHeap().node_count > 100 for inner in "ab"]
    z = [len(named_referents(x)) for inner in [[x]]]
"""


def test_comprehensions_in_modules_and_classes() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", SCOPES], capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == ["['.f_code', '.f_code']", "[3, 3]", "[1, 1]"]


def test_comprehensions_in_functions() -> None:
    held = Held()
    found = [dict(named_referents(sys._getframe()))["local each"] is held for each in [held]]
    assert found == [True]


def numbers(held: Held) -> Generator[Any, None, None]:
    inner = [held]
    yield inner
    yield dict(named_referents(sys._getframe()))


def test_generators_suspended_and_running() -> None:
    held = Held()
    suspended = numbers(held)
    inner = next(suspended)
    named = names_in(suspended)
    assert named["local held"] is held
    assert named["local inner"] is inner
    running = next(suspended)
    assert running["local held"] is held
    assert running["local inner"] is inner


def test_coroutines_and_asynchronous_generators() -> None:
    # Large, and not for the heap of all tests.
    import asyncio

    held = Held()
    seen: dict[str, Any] = {}

    async def produce(argument: Held) -> AsyncGenerator[Held, None]:
        yield argument

    async def wait(argument: Held) -> None:
        await asyncio.sleep(0)
        seen["running"] = dict(named_referents(sys._getframe()))

    async def main() -> None:
        waiting: Coroutine[Any, Any, None] = wait(held)
        task = asyncio.ensure_future(waiting)
        produced = produce(held)
        async for _ in produced:
            seen["generator"] = names_in(produced)
            break
        seen["coroutine"] = names_in(waiting)
        await task
        await produced.aclose()

    asyncio.run(main())
    assert seen["running"]["local argument"] is held
    assert seen["generator"]["local argument"] is held
    assert seen["coroutine"]["local argument"] is held


def test_frames_of_other_threads() -> None:
    held = Held()
    ready, done = threading.Event(), threading.Event()
    frames: list[Any] = []

    def wait(argument: Held) -> None:
        local = [argument]
        frames.append(sys._getframe())
        ready.set()
        done.wait()
        local.clear()

    thread = threading.Thread(target=wait, args=(held,))
    thread.start()
    ready.wait()
    try:
        named = names_of(frames.pop())
    finally:
        done.set()
        thread.join()
    assert named["local argument"] is held
    assert named["local local"] == []


def test_frames_kept_by_a_traceback() -> None:
    def fail(argument: Held) -> None:
        raise ValueError(argument)

    held = Held()
    try:
        fail(held)
    except ValueError as error:
        kept = error.__traceback__
    assert kept is not None
    assert kept.tb_next is not None
    assert names_of(kept)[".tb_frame"] is sys._getframe()
    assert names_of(kept.tb_next.tb_frame)["local argument"] is held


def test_locals_are_not_kept_alive() -> None:
    held = Held()
    gone = weakref.ref(held)
    CapturedHeap()
    named_referents(sys._getframe())
    del held
    assert gone() is None


def test_locals_of_a_generator_are_not_kept_alive() -> None:
    def hold() -> Generator[weakref.ref[Held], None, None]:
        held = Held()
        yield weakref.ref(held)
        del held
        yield weakref.ref(Held)  # type: ignore[arg-type]

    suspended = hold()
    gone = next(suspended)
    named_referents(suspended)
    CapturedHeap()
    next(suspended)
    assert gone() is None


@pytest.mark.parametrize("ask", [CapturedHeap, lambda: named_referents(sys._getframe(1))])
def test_dicts_of_locals_that_somebody_holds_are_left_alone(ask: Callable[[], object]) -> None:
    held = Held()
    by_locals = locals()
    by_debugger = sys._getframe().f_locals
    ask()
    assert by_locals["held"] is held
    assert by_debugger["held"] is held


def test_names_that_exec_put_among_the_locals_stay() -> None:
    frame = sys._getframe()
    frame.f_locals["invented"] = 1
    CapturedHeap()
    assert frame.f_locals["invented"] == 1


def traced(trace: Callable[[Any], None], work: Callable[[], object]) -> object:
    trace(lambda frame, event, argument: CapturedHeap() and None)
    try:
        return work()
    finally:
        trace(None)


@pytest.mark.parametrize("trace", [sys.settrace, sys.setprofile])
def test_a_capture_in_a_trace_function_does_not_touch_locals(trace: Callable[[Any], None]) -> None:
    """Up to 3.12 the interpreter writes the dict of locals back when a trace function returns."""

    def work(argument: Held) -> tuple[Held, int]:
        number = 1
        own = argument
        len("a call")
        return own, number

    held = Held()
    before = sys.gettrace(), sys.getprofile()
    try:
        assert traced(trace, lambda: work(held)) == (held, 1)
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])


def test_a_capture_in_a_line_trace_does_not_touch_locals() -> None:
    def trace(frame: object, event: str, argument: object) -> Callable[..., Any]:
        CapturedHeap()
        return trace

    def work(argument: Held) -> tuple[Held, int]:
        number = 1
        own = argument
        return own, number

    held = Held()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = work(held)
    finally:
        sys.settrace(before)
    assert answer == (held, 1)


def test_reading_locals_leaves_nothing_behind() -> None:
    gc.collect()
    held = Held()
    before = len(gc.get_objects())
    CapturedHeap()
    named_referents(sys._getframe())
    assert len(gc.get_objects()) == before
    assert held


class Awaited:
    def __await__(self) -> Iterator[None]:
        yield


async def waiting(awaited: Any) -> Any:
    with contextlib.nullcontext(["beside it on the value stack"]):
        await awaited


@pytest.mark.skipif(sys.version_info < (3, 11), reason="its frame holds it")
def test_what_a_suspended_coroutine_waits_for() -> None:
    inner: Any = waiting(Awaited())
    outer, unstarted = waiting(inner), waiting([])
    outer.send(None)
    for coroutine, awaited in ((outer, inner), (inner, inner.cr_await), (unstarted, None)):
        found = [held for name, held in named_referents(coroutine) if name == ".cr_await"]
        assert found == ([] if awaited is None else [awaited])
    for coroutine in (outer, inner, unstarted):
        coroutine.close()
