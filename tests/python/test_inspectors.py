"""What is known of the objects of a chain, and where the cause can be then."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import os
import socket
import sys
import threading
import types
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import heapgraph
from heapgraph import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Account:
    """What others of these tests hold."""

    holds: object = None


class Session(Account):
    """Derived from another class with an inspector."""


@pytest.fixture
def app() -> Iterator[Any]:
    name = "app_of_inspectors"
    module = sys.modules[name] = types.ModuleType(name)
    yield module
    del sys.modules[name]


@pytest.fixture(autouse=True)
def no_inspectors() -> Iterator[None]:
    yield
    for cls in (Account, Session):
        heapgraph.unregister_inspector(cls)


def verdicts(answer: heapgraph.Why | None) -> list[tuple[str, str | None]]:
    """The verdicts on the objects of the only chain behind the module."""
    assert answer is not None
    (explanation,) = answer.to_dict()["explanations"]
    return [(one["verdict"], one["reason"]) for one in explanation["objects"][1:]]


def suspects(answer: heapgraph.Why) -> list[str]:
    (explanation,) = answer.to_dict()["explanations"]
    return [one["name"] for one in explanation["references"] if one["is_suspect"]]


def lines_of(answer: heapgraph.Why, words: str) -> list[str]:
    return [line for line in str(answer).splitlines() if words in line]


def files() -> Iterator[tuple[Any, str]]:
    yield io.BytesIO(b"data"), "the file is closed"
    yield io.StringIO("data"), "the file is closed"
    yield os.fdopen(os.open(os.devnull, os.O_RDONLY)), "the file is closed"
    for mode, buffering in (("rb", 0), ("rb", -1), ("wb", -1)):
        number = os.open(os.devnull, os.O_RDWR)
        yield os.fdopen(number, mode, buffering), "the file is closed"
    yield socket.socket(), "the socket is closed"


@pytest.mark.parametrize("position", range(7))
def test_a_closed_file_or_socket_should_be_gone(app: Any, position: int) -> None:
    # Where what was given before is still held, each would be the other's neighbour.
    for number, (found, reason) in enumerate(files()):
        if number != position:
            found.close()
            continue
        app.file, expected = found, reason
    del found
    assert verdicts(heapgraph.why(app.file)) == [("unknown", None)]
    app.file.close()
    answer = heapgraph.why(app.file)
    assert verdicts(answer) == [("gone", expected)]
    (line,) = lines_of(answer, "should be gone")
    assert f"should be gone: {expected}; retains " in line


class HostileRaw(io.RawIOBase):
    """A file whose every look runs code of the program."""

    looked: ClassVar[list[str]] = []

    def readable(self) -> bool:
        return True

    @property
    def closed(self) -> bool:
        self.looked.append("closed")
        return True


def test_no_code_of_the_program_says_whether_a_file_is_closed(app: Any) -> None:
    app.file = io.BufferedReader(HostileRaw())
    HostileRaw.looked.clear()
    assert verdicts(heapgraph.why(app.file)) == [("unknown", None)]
    assert HostileRaw.looked == []


def test_a_socket_that_was_given_away_should_be_gone(app: Any) -> None:
    first, second = socket.socketpair()
    with second, socket.socket(fileno=first.detach()) as app.socket:
        app.empty = first
        del first
        assert verdicts(heapgraph.why(app.empty)) == [("gone", "the socket is closed")]
        assert verdicts(heapgraph.why(app.socket)) == [("unknown", None)]


def test_finished_tasks_and_futures_and_closed_loops_should_be_gone(app: Any) -> None:
    async def work() -> None:
        await asyncio.sleep(0)

    async def fill() -> None:
        loop = asyncio.get_running_loop()
        app.finished = loop.create_task(work())
        await app.finished
        app.cancelled = loop.create_future()
        app.cancelled.cancel()
        app.pending = loop.create_future()

    app.loop = asyncio.new_event_loop()
    app.loop.run_until_complete(fill())
    found = {name: verdicts(heapgraph.why(vars(app)[name])) for name in ("finished", "cancelled")}
    assert found == {
        "finished": [("gone", "the task is finished")],
        "cancelled": [("gone", "the future is finished")],
    }
    assert verdicts(heapgraph.why(app.pending)) == [("unknown", None)]
    assert verdicts(heapgraph.why(app.loop)) == [("unknown", None)]
    app.loop.close()
    assert verdicts(heapgraph.why(app.loop)) == [("gone", "the loop is closed")]


def test_futures_written_in_python_are_looked_at_too(app: Any) -> None:
    loop = asyncio.new_event_loop()
    app.future = asyncio.futures._PyFuture(loop=loop)  # type: ignore[attr-defined]
    assert verdicts(heapgraph.why(app.future)) == [("unknown", None)]
    app.future.set_result(None)
    loop.close()
    assert verdicts(heapgraph.why(app.future)) == [("gone", "the future is finished")]


def test_a_thread_that_has_ended_should_be_gone(app: Any) -> None:
    go_on = threading.Event()
    app.thread = threading.Thread(target=go_on.wait)
    number = id(app.thread)
    assert verdicts(heapgraph.why(number)) == [("unknown", None)]
    app.thread.start()
    running = heapgraph.why(number)
    assert not lines_of(running, "should be gone")
    go_on.set()
    app.thread.join()
    assert verdicts(heapgraph.why(number)) == [("gone", "the thread has ended")]


def test_a_function_that_has_run_to_its_end_should_be_gone(app: Any) -> None:
    def numbers() -> Iterator[int]:
        yield 1

    async def work() -> None:
        pass

    app.new, app.suspended, app.exhausted, app.coroutine = numbers(), numbers(), numbers(), work()
    next(app.suspended)
    list(app.exhausted)
    app.coroutine.close()
    assert verdicts(heapgraph.why(app.exhausted)) == [
        ("gone", "the generator is exhausted or closed")
    ]
    assert verdicts(heapgraph.why(app.coroutine)) == [
        ("gone", "the coroutine is finished or closed")
    ]
    for generator in (app.new, app.suspended):
        assert not lines_of(heapgraph.why(generator), "should be gone")
        generator.close()


def make_chain(app: Any, *objects: Any) -> Any:
    """Objects that hold each other, the first held by a module. Gives the number of the last."""
    for holder, held in itertools.pairwise(objects):
        holder.holds = held
    app.first = objects[0]
    return id(objects[-1])


def test_an_inspector_narrows_where_the_cause_is(app: Any) -> None:
    app.verdicts = {}
    heapgraph.register_inspector(Account, lambda account: app.verdicts.get(id(account)))
    accounts = [Account() for _ in range(4)]
    last = make_chain(app, *accounts)
    first, second, third, _ = map(id, accounts)
    del accounts
    everything = [".first", ".holds", ".holds", ".holds"]
    assert suspects(heapgraph.why(last)) == everything
    app.verdicts[third] = Verdict.gone("signed out")
    assert suspects(heapgraph.why(last)) == everything[:3]
    app.verdicts[first] = Verdict.stays("the only bank")
    answer = heapgraph.why(last)
    assert suspects(answer) == [".holds", ".holds"]
    assert verdicts(answer) == [
        ("alive", "stays: the only bank"),
        ("unknown", None),
        ("gone", "signed out"),
        ("gone", "what holds it should be"),
    ]
    app.verdicts = {second: Verdict.stays("in use")}
    assert verdicts(heapgraph.why(last))[:3] == [
        ("alive", "what it leads to stays"),
        ("alive", "stays: in use"),
        ("unknown", None),
    ]


def test_conflicts_are_shown(app: Any) -> None:
    def say(account: Account) -> Verdict | None:
        return app.verdicts.get(id(account))  # type: ignore[no-any-return]

    accounts = [Account() for _ in range(3)]
    last = make_chain(app, *accounts)
    app.verdicts = {
        id(accounts[0]): Verdict.gone("signed out"),
        id(accounts[1]): Verdict.stays("in use"),
    }
    del accounts
    heapgraph.register_inspector(Account, say)
    answer = heapgraph.why(last)
    (line,) = lines_of(answer, "signed out")
    assert line.endswith("what it leads to stays, although it should be gone: signed out")
    assert answer.to_dict()["explanations"][0]["objects"][1]["conflicts"] == ["signed out"]
    assert suspects(answer) == [".holds"]


def test_inspectors_of_base_classes_are_asked_too(app: Any) -> None:
    heapgraph.register_inspector(Account, lambda account: Verdict.stays("a bank"))
    heapgraph.register_inspector(Session, lambda session: Verdict.gone("signed out"))
    last = make_chain(app, Session())
    (line,) = lines_of(heapgraph.why(last), "signed out")
    assert "should be gone: signed out, although it should not: stays: a bank; retains" in line
    last = make_chain(app, Session(), Account())
    (line,) = lines_of(heapgraph.why(last), "signed out")
    assert line.endswith("stays: a bank, although it should be gone: signed out")


class RudeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raise_rudely(account: object) -> None:
    raise RudeError


def raise_zero_division(account: object) -> float:
    return 1 / 0


class NoVerdict:
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return Verdict


@pytest.mark.parametrize(
    ("inspector", "words"),
    [
        (raise_zero_division, "inspector raise_zero_division of Account raised ZeroDivisionError"),
        (raise_rudely, "inspector raise_rudely of Account raised RudeError"),
        (lambda account: "gone", " of Account gave str, which is no Verdict and not None"),
        (
            lambda account: NoVerdict(),
            " of Account gave NoVerdict, which is no Verdict and not None",
        ),
        (lambda: None, " of Account raised TypeError"),
    ],
)
def test_an_inspector_that_fails_is_named(
    app: Any, inspector: Callable[[object], Any], words: str
) -> None:
    last = make_chain(app, Account())
    before = heapgraph.why(last)
    heapgraph.register_inspector(Account, inspector)
    answer = heapgraph.why(last)
    (line,) = lines_of(answer, words)
    assert line.startswith("   ! inspector ")
    others = [other for other in str(answer).splitlines() if other != line]
    assert others == str(before).splitlines()
    (failure,) = answer.to_dict()["explanations"][0]["objects"][1]["failures"]
    assert words in failure


def test_a_reason_that_is_no_utf_8_is_spelled(app: Any) -> None:
    app.account = Account()
    heapgraph.register_inspector(Account, lambda account: Verdict.gone("no file \udcff"))
    assert verdicts(heapgraph.why(app.account)) == [("gone", "no file \\udcff")]

    def fail(account: Account) -> Verdict:
        raise ValueError("no file \udcff")

    heapgraph.register_inspector(Account, fail)
    (line,) = lines_of(heapgraph.why(app.account), "raised")
    assert line.endswith("raised ValueError: no file \\udcff")


def test_an_inspector_may_let_go_of_the_object(app: Any) -> None:
    def let_go(account: Account) -> Verdict:
        del app.first
        gc.collect()
        return Verdict.gone("let go of")

    heapgraph.register_inspector(Account, let_go)
    answer = heapgraph.why(make_chain(app, Account()))
    assert verdicts(answer) == [("gone", "let go of")]


def test_what_can_not_be_registered() -> None:
    with pytest.raises(TypeError, match="a class is needed, not an object of type str"):
        heapgraph.register_inspector("app.Session", print)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="inspector is a function of one object, not int"):
        heapgraph.register_inspector(Account, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the reason of a verdict is a str, not int"):
        Verdict.gone(404)  # type: ignore[arg-type]
    heapgraph.unregister_inspector(Account)
