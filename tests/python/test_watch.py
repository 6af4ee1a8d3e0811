"""Objects that should go."""

from __future__ import annotations

import gc
import sys
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from heapgraph import _watch

if TYPE_CHECKING:
    from collections.abc import Iterator


class Session:
    cycle: object = None


@pytest.fixture
def app() -> Iterator[Any]:
    name = "app_of_watch"
    module = sys.modules[name] = types.ModuleType(name)
    yield module
    del sys.modules[name]


def test_what_holds_a_watched_object_is_explained(app: Any) -> None:
    app.session = Session()
    watch = heapgraph.watch(app.session, "signed out")
    assert watch.alive
    assert [one for one in heapgraph.watched() if one is watch] == [watch]
    answer = watch.why()
    assert answer is not None
    assert answer.chains[0].path == "app_of_watch.session"
    (found,) = answer.to_dict()["explanations"]
    verdict = found["objects"][-1]
    assert (verdict["verdict"], verdict["reason"][:14]) == ("gone", "watched since ")
    assert verdict["reason"].endswith(": signed out")
    # Nothing but the module holds it.
    assert len(answer.chains[0].holders) == 1
    assert "reference count 1\n" in str(answer)
    same = heapgraph.why(app.session)
    assert str(same) == str(answer)


def test_it_narrows_where_the_cause_of_what_it_holds_is(app: Any) -> None:
    app.session = Session()
    app.session.held = [[1]]
    watch = heapgraph.watch(app.session)
    (found,) = heapgraph.why(id(app.session.held[0])).to_dict()["explanations"]
    suspects = [one["name"] for one in found["references"] if one["is_suspect"]]
    assert suspects == [".session"]
    assert found["objects"][1]["reason"].startswith("watched since ")
    assert "watched since" in repr(watch)


def test_nothing_is_kept_of_what_is_gone() -> None:
    before = len(_watch._WATCHES)
    session = Session()
    session.cycle = session
    watch = heapgraph.watch(session)
    handle = weakref.ref(watch)
    assert len(_watch._WATCHES) == before + 1
    del session
    assert watch.why() is None
    assert not watch.alive
    assert watch not in heapgraph.watched()
    assert len(_watch._WATCHES) == before
    assert "gone" in repr(watch)
    del watch
    gc.collect()
    assert handle() is None


def test_the_handle_need_not_be_kept(app: Any) -> None:
    app.session = Session()
    heapgraph.watch(app.session, "signed out")
    assert "watched since" in str(heapgraph.why(app.session))
    (found,) = [one for one in heapgraph.watched() if one.reason == "signed out"]
    del app.session
    assert found not in heapgraph.watched()


def test_an_object_is_watched_once(app: Any) -> None:
    app.session = Session()
    first = heapgraph.watch(app.session)
    assert heapgraph.watch(app.session, "signed out") is first
    assert first.reason == "signed out"
    assert heapgraph.watch(app.session) is first
    assert first.reason == "signed out"
    del app.session
    assert not first.alive


@pytest.mark.parametrize("obj", [1, (), {}, []])
def test_what_takes_no_weak_reference_is_refused(obj: object) -> None:
    words = (
        f"an object of type {type(obj).__name__} can not be watched.*: watch the object that owns"
    )
    with pytest.raises(TypeError, match=words):
        heapgraph.watch(obj)


def test_it_is_safe_in_threads() -> None:
    before = len(_watch._WATCHES)

    def watch_many() -> None:
        for _ in range(2_000):
            session = Session()
            session.cycle = session
            heapgraph.watch(session)

    threads = [threading.Thread(target=watch_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all(type(one) is heapgraph.Watch for one in heapgraph.watched())
    for thread in threads:
        thread.join()
    gc.collect()
    assert len(_watch._WATCHES) == before
