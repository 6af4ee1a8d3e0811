"""Why objects are alive: the text, the holders, the order of preference."""

from __future__ import annotations

import functools
import gc
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from why_text import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Session:
    def __init__(self, user: str) -> None:
        self.user = user
        self.listeners = [Listener()]


class Listener:
    """What a session has."""


class Registry:
    def __init__(self) -> None:
        self.by_name: dict[str, object] = {}
        self.order: list[object] = []


def make_module(name: str) -> Any:
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module


@pytest.fixture
def app() -> Iterator[Any]:
    """A module whose classes are its own."""
    yield make_module("app_of_why")
    for name in [name for name in sys.modules if name.startswith("app_of_why")]:
        del sys.modules[name]


def text(answer: heapgraph.Why) -> str:
    return masked(str(answer))


def path(target: object) -> str:
    return heapgraph.why(target).chains[0].path


def test_the_text(app: Any) -> None:
    app.registry = Registry()
    for number in range(3):
        session = Session(f"u{number}")
        app.registry.by_name[session.user] = session
        app.registry.order.append(session)
    del session
    assert text(heapgraph.why(Session)) == (
        """\
test_why.Session at ...
1 of 3 like it, fingerprint ...

app_of_why.registry.by_name['u0']

┬─ module app_of_why  a module stays
│    .registry
│    ~~~~~~~~~
├─ Registry           retains ...
│    .by_name
│    ~~~~~~~~
├─ dict 3 items       retains ...
│    ['u0']
│    ~~~~~~
╰→ Session            retains ...

Cutting app_of_why.registry frees all 3 of them: ....
To free this object and not those beside it:
Held by 2 independent references
  (1) app_of_why.registry.by_name['u0']: cutting it alone frees nothing
  (2) app_of_why.registry.order[0]: cutting it alone frees nothing
Cutting all of them frees ....
""".replace("test_why", Session.__module__)
    )


def test_two_owners(app: Any) -> None:
    session = Session("u1")
    app.sessions = {"u1": session}
    app.log = [session]
    del session
    answer = heapgraph.why(Session)
    (explanation,) = answer.chains
    assert [holder.path for holder in explanation.holders] == [
        "app_of_why.sessions['u1']",
        "app_of_why.log[0]",
    ]
    lines = str(answer).splitlines()
    assert "Held by 2 independent references" in lines
    assert "  (2) app_of_why.log[0]: cutting it alone frees nothing" in lines
    del app.log[0]
    (explanation,) = heapgraph.why(Session).chains
    assert [holder.path for holder in explanation.holders] == ["app_of_why.sessions['u1']"]
    # The session, its list and its listener; what else it has is the interpreter's own.
    before = explanation.freed_size
    assert before is not None
    assert before >= sum(map(sys.getsizeof, [app.sessions["u1"], app.sessions["u1"].listeners]))
    app.sessions.clear()
    gc.collect()
    with pytest.raises(KeyError, match=r"no object of type .*Session in the snapshot"):
        heapgraph.why(Session)


def test_a_module_is_preferred_to_a_frame_and_a_frame_to_a_traceback(
    app: Any,
) -> None:
    def fail() -> None:
        in_traceback = Listener()
        in_frame.append(in_traceback)
        raise ValueError

    in_frame: list[Listener] = []
    try:
        fail()
    except ValueError as error:
        app.error = error
    number = id(in_frame[0])
    # The frame of this function, which holds the list, is preferred to that of the one that failed.
    assert path(number).endswith("<local in_frame>[0]")
    app.listener = in_frame.pop()
    assert path(number) == "app_of_why.listener"
    del app.listener
    found = path(number)
    assert found.startswith("app_of_why.error.__traceback__.tb_next.tb_frame"), found
    assert found.endswith("<local in_traceback>"), found


def test_what_a_cache_holds_is_explained_by_another_holder(app: Any) -> None:
    @functools.lru_cache
    def cached(number: int) -> Listener:
        return Listener()

    app.cached = cached
    listener = cached(1)
    number = id(listener)
    app.deep = [[[[[[listener]]]]]]
    del listener
    assert path(number) == "app_of_why.deep" + "[0]" * 6
    app.deep = None
    assert path(number).startswith("app_of_why.cached")


def test_a_chain_starts_where_things_are_at_home(app: Any) -> None:
    home = make_module("app_of_why.long_name_of_a_module")
    source = "class Manager: pass\ndef function(): pass\nmanager = Manager()\nmanager.names = []"
    exec(source, vars(home))
    app.Manager, app.function, app.manager = home.Manager, home.function, home.manager
    snapshot = heapgraph.take_snapshot()
    for name, obj in {
        "manager": home.manager,
        "function": home.function,
        "manager.names": home.manager.names,
        "Manager": id(home.Manager),
    }.items():
        found = snapshot.why(obj).chains[0].path
        assert found == f"app_of_why.long_name_of_a_module.{name}"


def test_chains_of_many_kinds(app: Any) -> None:
    class Slotted:
        __slots__ = ("value",)
        value: object

    def make(variable: object) -> Callable[[], object]:
        return lambda: variable

    def with_default(value: object = Listener()) -> object:
        return value

    slotted = Slotted()
    slotted.value = Listener()
    app.slotted = slotted
    app.closure = make(Listener())
    app.default = with_default
    app.method = functools.partial(print, Listener())
    app.keys = {(1, "k"): [Listener()]}
    app.set = {frozenset([Listener()])}
    found = [
        slotted.value,
        app.closure(),
        with_default(),
        app.method.args[0],
        app.keys[1, "k"][0],
    ]
    numbers = [id(listener) for listener in found]
    del found, slotted, with_default
    snapshot = heapgraph.take_snapshot()
    assert [snapshot.why(number).chains[0].path for number in numbers] == [
        "app_of_why.slotted.value",
        "app_of_why.closure<closure variable>",
        "app_of_why.default.__defaults__[0]",
        "app_of_why.method.args[0]",
        "app_of_why.keys[(1, 'k')][0]",
    ]


class Link:
    def __init__(self, following: Link | None) -> None:
        self.following = following


def test_long_chains_are_folded(app: Any) -> None:
    last = following = Link(None)
    for _ in range(100_000):
        following = Link(following)
    app.first = following
    number = id(last)
    del following, last
    answer = heapgraph.why(number)
    assert text(answer).splitlines()[2:] == [
        "",
        "app_of_why.first(.following)\N{MULTIPLICATION SIGN}100,000",
        "",
        "┬─ module app_of_why  a module stays",
        "│    .first",
        "│    ~~~~~~",
        "├─ Link               retains ...",
        "│    .following",
        "│    ~~~~~~~~~~",
        "├─ Link               retains ...",
        "│    … 99,998 more of these",
        "│    .following",
        "│    ~~~~~~~~~~",
        "╰→ Link               retains ...",
        "",
        "Cutting app_of_why.first(.following)\N{MULTIPLICATION SIGN}100,000 frees ....",
    ]
    # Of all links the first explains the others.
    answer = heapgraph.why(Link)
    assert [explanation.path for explanation in answer.chains] == ["app_of_why.first"]
    assert str(answer).endswith("\n100,000 held only by others of them\n")


def test_what_is_held_in_the_same_way_is_one_explanation(app: Any) -> None:
    app.sessions = {str(n): Session(str(n)) for n in range(20)}
    app.favourite = Session("favourite")
    answer = heapgraph.why(Session)
    assert [(one.path, one.alike) for one in answer.chains] == [
        ("app_of_why.sessions['0']", 20),
        ("app_of_why.favourite", 1),
    ]
    assert answer.to_dict()["explanations"][0]["alike"] == 20
    limited = heapgraph.why(Session, limit=1)
    assert len(limited) == 1
    assert str(limited).endswith("\n1 held in another way\n")


def test_garbage_is_said_to_be_garbage() -> None:
    gc.collect()
    gc.disable()
    try:
        session = Session("u")
        session.listeners.append(session)  # type: ignore[arg-type]
        del session
        answer = heapgraph.why(Session, collect=False)
    finally:
        gc.enable()
    assert answer.chains == []
    assert answer.garbage_count == 1
    assert str(answer) == "1 garbage: nothing alive leads to it\n"
    assert answer._repr_html_() == "<pre>1 garbage: nothing alive leads to it\n</pre>"


def test_what_is_alive_by_itself() -> None:
    answer = heapgraph.why(sys)
    assert [line for line in str(answer).splitlines() if line][1:] == [
        answer.chains[0].fingerprint.join(["fingerprint ", ""]),
        "sys",
        "─→ module sys  a module stays",
        "It needs no other object to stay alive.",
    ]
    assert answer.chains[0].holders == []
    assert answer.chains[0].freed_size is None


def test_bad_input() -> None:
    with pytest.raises(KeyError, match="no object of type Sesion in the snapshot: did you mean"):
        heapgraph.why("Sesion")
    with pytest.raises(KeyError, match="no object at 0x10 in the snapshot"):
        heapgraph.why(16)
    loaded = heapgraph.take_snapshot()
    with pytest.raises(KeyError, match="no such object in the snapshot"):
        loaded.why(object())
    assert loaded.why("builtins.dict", limit=0).chains == []


def test_pictures(app: Any, tmp_path: Path) -> None:
    session = Session("u1")
    app.sessions = {"u1": session}
    app.log = [session]
    del session
    answer = heapgraph.why(Session)
    svg = answer.to_svg()
    assert svg is not None
    for words in ("app_of_why", "[&apos;u1&apos;]", "Session", "dict"):
        assert words in svg or words.replace("&apos;", "&#39;") in svg, words
    assert answer.to_svg(tmp_path / "why.svg") is None
    assert (tmp_path / "why.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert "<svg" in answer._repr_html_()
    dot = answer.draw().to_dot()
    assert dot.count("'u1'") == 1
    # What each object retains stands in its label; the way to the other holder is faint.
    (explanation,) = answer.chains
    for node in explanation.chain.nodes:
        assert f"retains {node.retained_size:,} bytes" in dot
    (faint,) = [line for line in dot.splitlines() if "<b>list</b>" in line]
    assert 'fontcolor="#5b6875"' in faint
    assert "on the way to another holder" in dot
    watch = heapgraph.watch(app.log[0], "signed out")
    late = watch.why()
    assert late is not None
    assert "should be gone: watched since" in "".join(late.draw().to_dot().split("<br/>"))


def test_a_loaded_snapshot_says_the_same(app: Any, tmp_path: Path) -> None:
    app.sessions = {str(n): Session(str(n)) for n in range(5)}
    snapshot = heapgraph.take_snapshot()
    file = tmp_path / "heap.parquet"
    snapshot.save(file)
    loaded = heapgraph.load_snapshot(file)
    for question in (Session, Listener, "dict", "module", app.sessions):
        if question is app.sessions:
            (node,) = snapshot.find(obj=app.sessions)
            question = node.address
        assert str(loaded.why(question)) == str(snapshot.why(question))
