"""Shapes of a heap that are often a mistake, each with a twin that is none.

Every heap is one of a fresh interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import heapgraph
from hints_of import REPORT, hints, say

if TYPE_CHECKING:
    from pathlib import Path

CACHE_ADVICE = (
    "Cache in the object itself, as `functools.cached_property` does, or cache a function that "
    "gets only what it needs of it."
)

METHOD = """
import functools

class Basket:
    def __init__(self, number):
        self.text = bytes(1000)
        self.number = number

    {decorators}
    def price(self):
        return self.number

for number in range(300):
    {use}
"""


@pytest.mark.parametrize(
    "decorators",
    [
        "@functools.lru_cache(maxsize=None)",
        "@functools.lru_cache(maxsize=1000)",
        "@property\n    @functools.lru_cache(maxsize=None)",
    ],
)
def test_a_cached_method_keeps_its_objects(decorators: str) -> None:
    use = "Basket(number).price" + ("" if "property" in decorators else "()")
    name = "app.Basket.price" + (".fget" if "property" in decorators else "")
    assert hints(METHOD.format(decorators=decorators, use=use)) == (
        f"`{name}` (_lru_cache_wrapper) keeps 300 `app.Basket` alive as `self` in the keys of "
        f"the cache: .... {CACHE_ADVICE}"
    )


@pytest.mark.parametrize(
    "innocent",
    [
        METHOD.format(decorators="@functools.cached_property", use="Basket(number).price"),
        # The objects are alive anyway.
        METHOD.format(decorators="@functools.lru_cache", use="pass")
        + "all = [Basket(number) for number in range(300)]\nfor one in all: one.price()",
        # Keys that hold something else: a class, the argument of a function.
        METHOD.format(decorators="@classmethod\n    @functools.cache", use="pass")
        + "    type(str(number), (Basket,), {'text': bytes(1000), 'number': 3}).price()",
        METHOD.format(decorators="", use="pass")
        + "price = functools.cache(lambda basket: 3)\n"
        + "for number in range(300): price(Basket(number))",
    ],
)
def test_other_caches_are_no_hint(innocent: str) -> None:
    assert hints(innocent) == ""


def test_a_method_of_a_base_class_keeps_objects_of_derived_classes() -> None:
    program = (
        METHOD.format(decorators="@functools.cache", use="pass")
        + """
class Large(Basket): pass
for number in range(300): Large(number).price()
"""
    )
    assert hints(program).startswith(
        "`app.Basket.price` (_lru_cache_wrapper) keeps 300 `app.Large` alive as `self`"
    )


EXCEPTION = """
failures = []

def send(number):
    invoice = bytes(3000)
    raise ValueError(number)

for number in range(50):
    try:
        send(number)
    except ValueError as error:
        {keep}
"""


def test_an_exception_keeps_the_variables_of_its_frames() -> None:
    assert hints(EXCEPTION.format(keep="failures.append(error)")) == (
        "50 `ValueError` at `app.failures[x]` keep the local variables of 50 frames alive by the "
        "traceback: .... Keep what `traceback.TracebackException` makes of an exception, or set "
        "its `__traceback__` to `None`; the exceptions in its `__context__` have their own."
    )


@pytest.mark.parametrize(
    "keep",
    [
        "failures.append(str(error))",
        "failures.append(error.with_traceback(None))",
        "failures.append(__import__('traceback').TracebackException.from_exception(error))",
        # It weighs by itself, and not by its frames.
        "failures.append(ValueError(bytes(3000)))",
    ],
)
def test_an_exception_without_frames_is_no_hint(keep: str) -> None:
    assert hints(EXCEPTION.format(keep=keep)) == ""


def test_a_traceback_with_little_in_its_frames_is_no_hint() -> None:
    keep = "failures.append(error)"
    assert hints(EXCEPTION.format(keep=keep).replace("bytes(3000)", "number")) == ""


REGISTRY = """
import collections, functools, weakref

class Session:
    def __init__(self):
        self.text = bytes(3000)

    def on_event(self):
        pass

def reader(session):
    return lambda: session

sessions = []
registry = {registry}
for number in range(100):
    session = Session()
    {use}
del session
"""
CALLBACK_ADVICE = (
    "Take a callback out when its object is done, or hold it as a `weakref.WeakMethod`."
)


@pytest.mark.parametrize(
    ("registry", "use"),
    [
        ("[]", "registry.append(session.on_event)"),
        ("[]", "registry.append(reader(session))"),
        ("[]", "registry.append(functools.partial(print, session))"),
        ("[]", "registry.append(functools.partial(session.on_event))"),
        ("{}", "registry[number] = session.on_event"),
        ("set()", "registry.add(session.on_event)"),
        ("collections.deque()", "registry.append(session.on_event)"),
    ],
)
def test_callables_in_a_registry_keep_objects(registry: str, use: str) -> None:
    kind = {"[]": "list, 100 items", "{}": "dict, 100 items", "set()": "set, 100 items"}
    assert hints(REGISTRY.format(registry=registry, use=use)) == (
        f"`app.registry` ({kind.get(registry, 'deque')}) keeps 100 `app.Session` alive by "
        f"functions or bound methods that refer to them: .... {CALLBACK_ADVICE}"
    )


@pytest.mark.parametrize(
    "use",
    [
        "registry.append(weakref.WeakMethod(session.on_event))",
        # What the callables refer to is alive anyway, or the same for all.
        "sessions.append(session); registry.append(session.on_event)",
        "registry.append(reader(registry))",
        "registry.append(Session.on_event); sessions.append(session)",
        # No callables.
        "registry.append(session)",
    ],
)
def test_other_registries_are_no_hint(use: str) -> None:
    assert hints(REGISTRY.format(registry="[]", use=use)) == ""


WEAK = """
import weakref

class Widget: pass

class Style:
    def __init__(self, widget):
        self.widget = widget
        self.text = bytes(3000)

widgets = []
styles = weakref.WeakKeyDictionary()
for number in range(100):
    widget = Widget()
    {use}
del widget
"""


def test_values_that_lead_to_their_weak_keys_keep_them() -> None:
    assert hints(WEAK.format(use="styles[widget] = Style(widget)")) == (
        "`app.styles` (WeakKeyDictionary) keeps 100 of the keys, `app.Widget`, alive: the values "
        "lead to them: .... Let a value refer to its key weakly, or keep the value in an attribute "
        "of the key."
    )


def test_values_that_lead_to_other_keys_of_the_map_keep_them_too() -> None:
    use = "styles[widget] = Style([other for other in styles if number % 10] + [widget])"
    assert hints(WEAK.format(use=use)).startswith("`app.styles` (WeakKeyDictionary) keeps 100 of")


@pytest.mark.parametrize(
    "use",
    [
        # The keys are alive anyway, or not reached.
        "widgets.append(widget); styles[widget] = Style(widget)",
        "widgets.append(widget); styles[widget] = Style(None)",
        "styles[widget] = Style(weakref.ref(widget))",
    ],
)
def test_other_weak_maps_are_no_hint(use: str) -> None:
    assert hints(WEAK.format(use=use)) == ""


@pytest.mark.parametrize(
    ("leaking", "twin", "kind"),
    [
        ("lru_cache_method", "lru_cache_bounded", "cached_method"),
        ("kept_exception", "kept_exception_text", "traceback"),
        ("callback_closures", "callback_closures_unsubscribed", "callbacks"),
    ],
)
def test_the_holder_of_a_leak_is_named_and_its_twin_is_not(
    leaking: str, twin: str, kind: str
) -> None:
    report = """
import heapgraph, {0}
{0}.run(3000)
for hint in heapgraph.take_snapshot().suspects(min_size=100_000).hints:
    print(hint.kind, hint.path.removesuffix("[0]"), {0}.HOLDER)
"""
    [line] = say("", report.format(leaking)).splitlines()
    found, path, holder = line.split()
    assert (found, path) == (kind, holder)
    assert say("", report.format(twin)) == ""


def test_hints_do_not_depend_on_the_hash_seed() -> None:
    program = REGISTRY.format(registry="set()", use="registry.add(session.on_event)")
    program += EXCEPTION.format(keep="failures.append(error)")
    assert len({hints(program, seed) for seed in "01234"}) == 1


def test_a_saved_snapshot_has_the_same_hints(tmp_path: Path) -> None:
    path = tmp_path / "heap.parquet"
    report = f"""
import heapgraph, json
snapshot = heapgraph.take_snapshot()
snapshot.save({str(path)!r})
found = snapshot.suspects(min_size=100_000)
print(json.dumps([str(found), found.to_dict()]))
"""
    text, fields = json.loads(say(WEAK.format(use="styles[widget] = Style(widget)"), report))
    found = heapgraph.load_snapshot(path).suspects(min_size=100_000)
    assert (str(found), found.to_dict()) == (text, fields)
    [hint], [data] = found.hints, fields["hints"]
    assert str(hint) == " ".join(data["sentences"])
    assert (hint.kind, hint.path, hint.alike) == ("weak_keys", "app.styles", 1)
    assert (data["kind"], data["path"], data["alike"]) == ("weak_keys", "app.styles", 1)
    assert (hint.kept_type, hint.kept_count) == ("app.Widget", 100)
    assert data["kept"] == {
        "type": hint.kept_type,
        "count": hint.kept_count,
        "retained": {"count": hint.retained_count, "bytes": hint.retained_size},
    }
    assert hint.retained_size > 100 * 3000
    assert hint.chain.nodes[-1] == hint.node
    assert hint.node.type_name == "weakref.WeakKeyDictionary"
    assert repr(hint).startswith("<heapgraph.Hint `app.styles` (WeakKeyDictionary) keeps 100 of")
    assert f"\n- {data['sentences'][0]}\n  {data['sentences'][1]}\n" in text
    # They change nothing in what else is said, and are no failure.
    command = [sys.executable, "-m", "heapgraph", "suspects", str(path), "--min-size", "100000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_without_names_there_are_no_hints() -> None:
    program = WEAK.format(use="styles[widget] = Style(widget)")
    assert say(program, REPORT.replace("take_snapshot()", "take_snapshot(names=False)")) == ""
