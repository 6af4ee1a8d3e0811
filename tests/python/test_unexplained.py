"""References that no walk finds: what compiled code holds, rightly or not."""

from __future__ import annotations

import gc
import importlib.util
import json
import subprocess
import sys
from decimal import Context
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from compiled import compiled

if TYPE_CHECKING:
    from types import ModuleType

LEAKED = 2_000
SOURCE = Path(__file__).with_name("leaky.c")


class Leaky:
    """What compiled code leaks references to."""


class Kept:
    """What compiled code holds."""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The compiled module, built with the compiler of this machine."""
    library = compiled(SOURCE, tmp_path_factory.mktemp("compiled"))
    spec = importlib.util.spec_from_file_location("leaky", library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["leaky"] = module
    return module


def unexplained(*addresses: int) -> list[int | None]:
    """Of the objects at these addresses: the objects themselves would be on the stack on 3.10."""
    snapshot = heapgraph.take_snapshot(names=False)
    nodes = [snapshot.find(address=address)[0] for address in addresses]
    return [node.unexplained_count for node in nodes]


def leaks(before: heapgraph.HeapSnapshot, after: heapgraph.HeapSnapshot) -> list[tuple[Any, ...]]:
    found = after.diff(before).reference_leaks
    return [(leak.type_name, leak.held, leak.rise) for leak in found]


def test_objects_of_python_are_explained() -> None:
    def function(argument: object = Kept) -> object:
        return lambda: (argument, holder)

    class Slotted:
        __slots__ = ("content",)

    class Number(int):
        pass

    holder = Kept()
    slotted = Slotted()
    slotted.content = holder  # type: ignore[attr-defined]
    holder.__dict__["others"] = [{"key": (holder, slotted)}, {Number(3)}, function()]
    instances = [id(holder), id(slotted), id(function), *map(id, holder.__dict__["others"])]
    assert unexplained(*instances, id(Slotted), id(Number), id(Kept)) == [0] * 9


def test_immortal_objects_are_not_judged() -> None:
    is_immortal = sys.version_info >= (3, 12)
    assert (unexplained(id(None)) == [None]) == is_immortal
    totals = heapgraph.take_snapshot(names=False).unexplained().totals
    assert not {"builtins.NoneType", "builtins.bool"} & {total.type_name for total in totals}


def test_a_leaked_reference_is_counted_and_reported(leaky: ModuleType) -> None:
    leaking = Leaky()
    before = heapgraph.take_snapshot()
    for _ in range(LEAKED):
        leaky.leak(leaking)
    after = heapgraph.take_snapshot()
    try:
        [node] = after.find(obj=leaking)
        assert node.unexplained_count == LEAKED
        assert leaks(before, after) == [(f"{__name__}.Leaky", "instances", LEAKED)]
        assert leaks(after, after) == []
        line = (
            "no memory is lost: +2,000 references that nothing explains to the same "
            f"{__name__}.Leaky"
        )
        diff = after.diff(before)
        assert str(diff).splitlines()[-1] == line
        assert str(diff.reference_leaks[0]) == line
        totals = after.unexplained().totals
        [total] = [total for total in totals if total.type_name == f"{__name__}.Leaky"]
        assert (total.held, total.count, total.reference_count) == ("instances", 1, LEAKED)
    finally:
        for _ in range(LEAKED):
            leaky.give_back(leaking)
    assert unexplained(id(leaking)) == [0]


def test_leaked_objects_are_reported(leaky: ModuleType) -> None:
    before = heapgraph.take_snapshot()
    for _ in range(LEAKED):
        leaky.leak(Leaky())
    after = heapgraph.take_snapshot()
    try:
        assert leaks(before, after) == [(f"{__name__}.Leaky", "instances", LEAKED)]
        assert str(after.diff(before)).splitlines()[-1] == (
            "probable missing decref in compiled code: "
            f"+2,000 references to {__name__}.Leaky, held from outside"
        )
    finally:
        for leaked in heapgraph.by_type(Leaky):
            leaky.give_back(leaked)
    del leaked
    assert heapgraph.by_type(Leaky) == []


def test_instances_that_nothing_shows_are_seen_by_their_class(leaky: ModuleType) -> None:
    before = heapgraph.take_snapshot()
    for _ in range(LEAKED):
        leaky.lose_unseen()
    after = heapgraph.take_snapshot()
    assert leaks(before, after) == [("leaky.Unseen", "class", LEAKED)]
    assert str(after.diff(before)).splitlines()[-1] == (
        "probable missing decref in compiled code: +2,000 references to the class leaky.Unseen, "
        "held from outside: instances of it that cannot be seen, or references alone"
    )


def test_what_compiled_code_holds_is_a_root_and_no_leak(leaky: ModuleType) -> None:
    leaky.keep(Kept())
    before = heapgraph.take_snapshot()
    after = heapgraph.take_snapshot()
    [kept] = [node for node in after.find(Kept) if node.root]
    assert kept.root == "external: held from outside, 1 reference"
    assert kept.unexplained_count == 1
    assert leaks(before, after) == []
    leaky.keep(None)


def test_a_correct_traverse_explains_everything(leaky: ModuleType) -> None:
    content = Kept()
    box = leaky.Box(content)
    assert unexplained(id(box), id(content), id(leaky.Box)) == [0, 0, 0]


def test_an_instance_holds_its_class_whether_its_traverse_shows_it_or_not(
    leaky: ModuleType,
) -> None:
    boxes = [leaky.Shy(Kept()) for _ in range(50)]
    # These hold it twice.
    boxes += [leaky.Shy(leaky.Shy) for _ in range(50)]
    assert unexplained(id(leaky.Shy), id(boxes[0]), id(boxes[-1])) == [0, 0, 0]


def test_a_field_that_all_instances_have_and_no_traverse_shows_is_found(leaky: ModuleType) -> None:
    few = [leaky.Silent(Kept()) for _ in range(3)]
    snapshot = heapgraph.take_snapshot()
    assert [node.unexplained_count for node in snapshot.find(Kept)] == [1, 1, 1]
    many = [leaky.Silent(Kept()) for _ in range(10)]
    snapshot = heapgraph.take_snapshot()
    kept = snapshot.find(Kept)
    assert [node.unexplained_count for node in kept] == [0] * 13
    assert {node.referrers[0].node.type_name for node in kept} == {"leaky.Silent"}
    chain = heapgraph.why(kept[0].address).chains[0].chain
    assert chain.references[-1] == "<hidden>"
    # A number there, as one that only looks like an address, and it is no field that holds objects.
    number = leaky.Silent(10**20)
    snapshot = heapgraph.take_snapshot()
    assert [node.unexplained_count for node in snapshot.find(Kept)] == [1] * 13
    del few, many, number


def test_a_reference_is_no_field_where_nothing_is_missing(leaky: ModuleType) -> None:
    """Of two that hold the same object, only one of which owns it, none is a holder."""
    kept = [Kept() for _ in range(10)]
    holders = [leaky.Silent(one) for one in kept]
    for one in kept:
        leaky.give_back(one)
    del one
    try:
        found = heapgraph.take_snapshot().find(Kept)
        assert {len(node.referrers) for node in found} == {1}
        assert {node.unexplained_count for node in found} == {0}
    finally:
        for one in kept:
            leaky.leak(one)
    del holders


def test_what_objects_of_the_library_do_not_show_is_found() -> None:
    def gathered() -> StringIO:
        buffer = StringIO()
        buffer.write("one")
        buffer.write("two")
        return buffer

    contexts, buffers = [Context()], [gathered()]
    snapshot = heapgraph.take_snapshot()
    flags = snapshot.find(type(contexts[0].flags))
    assert len(flags) >= 2
    assert {node.unexplained_count for node in flags if node.referrers} == {0}
    assert {id(contexts[0].flags), id(contexts[0].traps)} <= {
        node.address for node in flags if node.referrers
    }
    # A list of texts, until 3.12 has another way to gather them.
    [buffer] = snapshot.find(address=id(buffers[0]))
    lists = [held.node for held in buffer.referents if held.node.type_name == "builtins.list"]
    assert len(lists) == (sys.version_info < (3, 12))
    assert {node.unexplained_count for node in lists} <= {0}


def test_the_command_reports_leaks(leaky: ModuleType, tmp_path: Path) -> None:
    def diff(*options: str) -> str:
        command = [sys.executable, "-m", "heapgraph", "diff", *paths, *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    leaking = Leaky()
    paths = [str(tmp_path / name) for name in ("before.parquet", "after.parquet")]
    heapgraph.take_snapshot().save(paths[0])
    for _ in range(LEAKED):
        leaky.leak(leaking)
    heapgraph.take_snapshot().save(paths[1])
    for _ in range(LEAKED):
        leaky.give_back(leaking)
    words = "no memory is lost: +2,000 references that nothing explains to the same"
    assert words in diff()
    assert json.loads(diff("--json"))["reference_leaks"] == [
        {
            "type": f"{__name__}.Leaky",
            "held": "instances",
            "rise": LEAKED,
            "more_objects": 1,
            "loaded_modules": 0,
        }
    ]
    assert json.loads(diff("--json", "--type", "app.*"))["reference_leaks"] == []


STANDARD_LIBRARY = """
import heapgraph
import argparse, asyncio, bz2, cProfile, concurrent.futures, configparser, contextlib, csv, ctypes
import dataclasses, datetime, decimal, difflib, doctest, email.message, enum, fractions, hashlib
import http.client, http.server, inspect, ipaddress, json, logging.config, lzma
import multiprocessing.managers, multiprocessing.pool, pdb, pickle, queue, random, sched, secrets
import shelve, socketserver, sqlite3, ssl, statistics, tarfile, tracemalloc, typing, unittest.mock
import urllib.request, uuid, xml.dom.minidom, xml.etree.ElementTree, zipfile, zoneinfo
snapshot = heapgraph.take_snapshot()
for total in snapshot.unexplained().totals:
    print(total.held, total.type_name)
print("external", sum((node.root or "").startswith("external") for node in snapshot.find("*")))
"""

# By docs/references.md: texts and numbers, the state of the interpreter that something else refers
# to as well, running code, and what compiled modules keep.
HELD_BY_COMPILED_CODE = {
    "builtins": {
        *("str", "bytes", "int", "float", "dict", "list", "set", "tuple", "code", "function"),
        *("builtin_function_or_method", "wrapper_descriptor", "getset_descriptor"),
        *("PyCapsule", "frame"),
    },
    "abc": {"SignalDict"},
    "decimal": {"Context"},
    "datetime": {"timezone"},
    "weakref": {"WeakValueDictionary"},
    "_weakrefset": {"WeakSet"},
    "_contextvars": {"ContextVar"},
    "Token": {"MISSING"},
    "_thread": {"_localdummy"},
}


def test_the_standard_library_is_explained() -> None:
    command = [sys.executable, "-W", "ignore", "-c", STANDARD_LIBRARY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *totals, external = [line.split(" ") for line in done.stdout.splitlines()]
    instances = [name.rpartition(".") for held, name in totals if held == "instances"]
    surplus = {
        f"{module}.{name}"
        for module, _, name in instances
        if name not in HELD_BY_COMPILED_CODE.get(module, ())
    }
    assert surplus == set()
    assert int(external[1]) < 30


def test_steady_work_leaks_nothing() -> None:
    def work() -> None:
        cache: dict[object, object] = {}
        for number in range(500):
            cache[number] = {"key": [Kept() for _ in range(3)]}
        gc.collect()

    work()
    before = heapgraph.take_snapshot()
    kept = [Kept() for _ in range(100)]
    work()
    assert leaks(before, heapgraph.take_snapshot()) == []
    assert len(kept) == 100


def test_held_from_outside_is_explained(leaky: ModuleType, tmp_path: Path) -> None:
    class Options:
        """Held by compiled code."""

    class Client:
        options: object
        reader: object

    client = Client()
    client.options = Options()
    client.reader = leaky.Unshown()
    leaky.keep(client.options)
    snapshot = heapgraph.take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    address = id(client.options)
    for heap in (snapshot, heapgraph.load_snapshot(tmp_path / "heap.parquet")):
        [explanation] = heap.why(address).chains
        outside = explanation.outside
        assert outside is not None
        assert (outside.reference_count, outside.hiding_type) == (1, "leaky.Unshown")
        [(module, words), *_] = outside.candidates
        assert module == "leaky"
        assert words == ("leaky: Client holds a leaky.Unshown, whose type shows no references")
        assert str(outside) in str(heap.why(address))
        told = heap.why(address).to_dict()["explanations"][0]["outside"]
        assert told["candidates"][0] == {"module": module, "reason": words}
    lines = heapgraph.describe_chain([client.options]).splitlines()
    assert lines[-3].startswith(
        "Compiled code holds the Options, or a call that is under way: 1 reference"
    )
    assert lines[-2].strip() == words
    leaky.keep(None)
    assert "Compiled code" not in heapgraph.describe_chain([client.options])
    [explanation] = heapgraph.why(client.options).chains
    assert explanation.outside is None
    box = leaky.Box(3)
    leaky.leak(box)
    address = id(box)
    del box
    [explanation] = heapgraph.why(address).chains
    assert explanation.outside is not None
    assert explanation.outside.candidates == [("leaky", "leaky: the type Box is of this module")]
    [leaked] = heapgraph.at_addrs([address])
    leaky.give_back(leaked)
