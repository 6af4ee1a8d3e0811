"""Chains that end where no module is: frames, threads, generators, contexts, exit callbacks."""

import atexit
import contextvars
import gc
import sys
import threading
import types
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import heapgraph


class Leak:
    """What should be gone."""


def the_leak() -> list[Any]:
    """The only object of the class, in a list of its own."""
    found = heapgraph.by_type(Leak)
    assert len(found) == 1
    return found


def chain_to_leak() -> list[Any]:
    return heapgraph.find_backref_chain(the_leak().pop(), heapgraph.is_root)


def first_lines(chain: list[Any]) -> tuple[str, str]:
    """The path, and the root in words."""
    path, _, root = heapgraph.describe_chain(chain).splitlines()[:3]
    return path, root.strip()


@contextmanager
def atexit_callback(*callback: Any) -> Iterator[None]:
    """Registers a function for a while; the caller must not keep it."""
    atexit.register(*callback)
    function = callback[0]
    del callback
    try:
        yield
    finally:
        atexit.unregister(function)


def test_a_local_of_a_caller_is_found() -> None:
    def asks() -> list[Any]:
        return chain_to_leak()

    def holds() -> tuple[str, str]:
        session = {"user": [Leak()]}
        chain = asks()
        assert isinstance(chain[0], types.FrameType)
        assert chain[1] is session
        return first_lines(chain)

    path, root = holds()
    assert path.endswith("['user'][0]")
    assert "holds in " in root
    assert __file__ in root
    assert root.endswith(", thread MainThread")


def test_the_frame_that_asks_is_named_only_if_nothing_else_is_found() -> None:
    mine = [Leak()]
    chain = heapgraph.find_backref_chain(mine[0], heapgraph.is_root)
    assert chain[0] is sys._getframe()
    assert chain[1] is mine

    ready, done = threading.Event(), threading.Event()

    def hold(boxes: list[Any]) -> None:
        box = {"one more": [boxes.pop()]}
        ready.set()
        done.wait()
        box.clear()

    thread = threading.Thread(target=hold, args=(mine[:],), name="holder")
    thread.start()
    ready.wait()
    chain = heapgraph.find_backref_chain(mine[0], heapgraph.is_root)
    assert chain[0].f_code is hold.__code__, "farther away, and no news"
    done.set()
    thread.join()


def test_a_module_is_preferred_however_far_it_is() -> None:
    module = types.ModuleType("root_test_module")
    sys.modules["root_test_module"] = module
    try:
        module.registry = [[[[Leak()]]]]  # type: ignore[attr-defined]
        near = the_leak()
        chain = heapgraph.find_backref_chain(near[0], heapgraph.is_root)
        assert chain[0] is module
        assert first_lines(chain)[0] == "root_test_module.registry[0][0][0][0]"
    finally:
        del sys.modules["root_test_module"]


def test_another_thread_is_named() -> None:
    ready, done = threading.Event(), threading.Event()

    def work() -> None:
        job = {"payload": Leak()}
        ready.set()
        done.wait()
        job.clear()

    thread = threading.Thread(target=work, name="worker-7")
    thread.start()
    ready.wait()
    path, root = first_lines(chain_to_leak())
    assert path == "<frame work><local job>['payload']" or path.endswith(
        ".work><local job>['payload']"
    )
    assert root.endswith("thread worker-7")
    done.set()
    thread.join()


def test_the_name_of_a_thread_runs_no_code() -> None:
    calls = []

    class Noisy(threading.Thread):
        @property
        def name(self) -> str:  # type: ignore[override]
            calls.append("name")
            return "noisy"

        def __getattribute__(self, name: str) -> Any:
            calls.append(name)
            return super().__getattribute__(name)

    ready, done = threading.Event(), threading.Event()

    def work() -> None:
        leak = Leak()
        ready.set()
        done.wait()
        del leak

    thread = Noisy(target=work)
    thread.start()
    ready.wait()
    before = len(calls)
    chain = chain_to_leak()
    assert len(calls) == before
    assert isinstance(chain[0], types.FrameType)
    done.set()
    thread.join()


def test_a_generator_that_a_loop_holds_is_a_root() -> None:
    def ticks() -> Generator[int, None, None]:
        leak = Leak()
        yield 1
        del leak

    for _ in ticks():
        chain = chain_to_leak()
        assert isinstance(chain[0], types.GeneratorType)
        path, root = first_lines(chain)
        assert root.startswith("suspended generator ")
        assert "ticks in " in root
        assert path.endswith("<local leak>")
        del chain


def test_a_suspended_coroutine_leads_to_its_task() -> None:
    # Large, and not for the heap of all tests.
    import asyncio

    async def inner() -> None:
        leak = Leak()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del leak

    async def main() -> str:
        task = asyncio.ensure_future(inner())
        await asyncio.sleep(0)
        chain = chain_to_leak()
        assert task in chain
        text = heapgraph.describe_chain(chain)
        await task
        return text

    text = asyncio.run(main())
    assert "._coro" in text
    assert "<local leak>" in text


def test_a_coroutine_that_is_awaited_is_found_from_the_one_that_waits() -> None:
    async def inner() -> None:
        leak = Leak()
        await pause()
        del leak

    async def outer() -> None:
        await inner()

    @types.coroutine
    def pause() -> Generator[None, None, None]:
        yield

    coroutine: Any = outer()
    coroutine.send(None)
    chain = chain_to_leak()
    assert coroutine in chain
    assert coroutine.cr_await in chain
    coroutine.close()


REQUEST: contextvars.ContextVar[Any] = contextvars.ContextVar("request")


def test_a_context_variable_of_a_running_context_is_found() -> None:
    def handle() -> list[Any]:
        REQUEST.set({"session": Leak()})
        return chain_to_leak()

    context = contextvars.Context()
    run = context.run
    del context
    chain = run(handle)
    assert isinstance(chain[0], (contextvars.Context, types.FrameType))
    path, _ = first_lines(chain)
    assert path.endswith("[<ContextVar 'request'>]['session']")


def test_the_context_of_a_thread_is_a_root() -> None:
    ready, done = threading.Event(), threading.Event()

    def work() -> None:
        REQUEST.set([Leak()])
        ready.set()
        done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    path, root = first_lines(chain_to_leak())
    assert path.endswith("[<ContextVar 'request'>][0]")
    if sys.version_info < (3, 14):
        # From 3.14 the Thread object holds it.
        assert root == "context variables of a thread"
    done.set()
    thread.join()


def test_a_function_called_at_exit_is_a_root() -> None:
    def register() -> Callable[[], None]:
        leak = Leak()

        def say_goodbye() -> None:
            print(leak)

        atexit.register(say_goodbye)
        return say_goodbye

    register()
    chain = chain_to_leak()
    try:
        path, root = first_lines(chain)
        assert path.endswith("<closure leak>")
        assert root.endswith("say_goodbye, called at exit")
        assert heapgraph.is_root(chain[0])
    finally:
        atexit.unregister(chain[0])


def test_a_bound_method_called_at_exit_is_a_root() -> None:
    class Service(Leak):
        def stop(self) -> None:
            pass

    service = Service()
    with atexit_callback(service.stop):
        del service
        chain = heapgraph.find_backref_chain(heapgraph.by_type(Service).pop(), heapgraph.is_root)
        # `with` keeps the method in the generator of the context manager too.
        assert any(isinstance(found, types.MethodType) for found in chain)


def test_looking_for_exit_callbacks_runs_no_eq_of_theirs() -> None:
    compared = []

    class Callback:
        def __call__(self) -> None:
            pass

        def __eq__(self, other: object) -> bool:
            compared.append(other)
            return False

        __hash__ = None  # type: ignore[assignment]

    callback = Callback()
    atexit.register(callback)
    leak = [Leak()]
    heapgraph.find_backref_chain(leak[0], heapgraph.is_root)
    seen = list(compared)
    atexit._clear()
    assert seen == []


def test_an_argument_of_an_exit_callback_is_found() -> None:
    atexit.register(print, Leak())
    try:
        chain = chain_to_leak()
        _, root = first_lines(chain)
        if sys.version_info < (3, 14):
            assert isinstance(chain[0], tuple)
            assert root.endswith("held from outside, 1 reference")
        else:
            assert isinstance(chain[0], list)
            assert root == "functions called at exit"
    finally:
        atexit.unregister(print)


def test_what_nothing_holds_has_no_chain() -> None:
    # Not in the `assert`, which would hold it in a local variable.
    chain = heapgraph.find_backref_chain(Leak(), heapgraph.is_root)
    assert len(chain) == 1
    chain = heapgraph.find_backref_chain(obj=Leak(), predicate=heapgraph.is_root)
    assert len(chain) == 1
    chain = heapgraph.find_backref_chain([Leak()], heapgraph.is_root)
    assert len(chain) == 1


def test_is_root() -> None:
    assert heapgraph.is_root(sys)
    assert heapgraph.is_root(sys._getframe())
    assert not heapgraph.is_root(types.ModuleType("sys"))
    assert not heapgraph.is_root([])
    assert not heapgraph.is_root(Leak)


def test_a_root_is_its_own_chain() -> None:
    frame = sys._getframe()
    assert heapgraph.find_backref_chain(frame, heapgraph.is_root) == [frame]
    assert heapgraph.find_backref_chain(sys, heapgraph.is_root) == [sys]


def test_a_root_can_be_searched_forward() -> None:
    box = {"module": sys}
    chain = heapgraph.find_ref_chain(box, heapgraph.is_root)
    assert chain == [box, sys]


def test_nothing_is_left_behind() -> None:
    leak = [Leak()]
    heapgraph.find_backref_chain(leak[0], heapgraph.is_root)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        count = sys.getrefcount(leak[0])
        heapgraph.find_backref_chain(leak[0], heapgraph.is_root)
        heapgraph.is_root(leak)
        count_now, now = sys.getrefcount(leak[0]), len(gc.get_objects())
        assert (count_now, now) == (count, before)
    finally:
        gc.enable()
