"""Garbage and cycles against what the collector then does."""

from __future__ import annotations

import gc
import html
import json
import subprocess
import sys
import weakref
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import heapgraph
from heapgraph import load_snapshot, take_snapshot
from heapgraph._core import untrack
from planted_garbage import (
    FREED_BY_COUNTS,
    PLANTED,
    Node,
    local_class,
    suspended_generator,
    tree,
    weak_references,
)
from raising import raising

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def collector_finds() -> tuple[int, set[int], int]:
    """What a collection finds: its number, the ids, and the bytes; then all of it is freed."""
    flags = gc.get_debug()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        number = gc.collect()
        ids = {id(item) for item in gc.garbage}
        size = sum(map(sys.getsizeof, gc.garbage))
        gc.garbage.clear()
    finally:
        gc.set_debug(flags)
    gc.collect()
    return number, ids, size


def test_garbage_is_what_the_collector_then_finds() -> None:
    for plant in PLANTED:
        assert_garbage_is_found(plant)


def assert_garbage_is_found(plant: Callable[[], None]) -> None:
    gc.collect()
    plant()
    garbage = take_snapshot(collect=False, names=False).garbage()
    tracked = {node.address: node for node in garbage.nodes if node.is_tracked}
    del garbage
    number, ids, size = collector_finds()
    assert number == len(ids)
    assert ids <= set(tracked)
    if plant is not suspended_generator:
        # Which is closed before the collector counts, and takes its cycle along.
        assert number > 0
        assert size == sum(tracked[address].shallow_size for address in ids)
        others = {tracked[address].type_name for address in set(tracked) - ids}
        assert others <= FREED_BY_COUNTS.get(plant.__name__, set())


def test_the_collector_frees_all_of_it_and_nothing_else() -> None:
    for plant in PLANTED:
        if plant is not local_class and plant is not weak_references:
            # A class takes the weak references along that its bases have to it.
            plant()
    objects = gc.get_objects()
    before = dict(zip(map(id, objects), map(type, objects), strict=True))
    del objects
    garbage = take_snapshot(collect=False, names=False).garbage()
    tracked = {node.address for node in garbage.nodes if node.is_tracked}
    assert garbage.uncollectable.count == 0
    gc.collect()
    # Nothing is made before, as it could take the place of what is gone.
    now = set(map(id, gc.get_objects()))
    gone = before.keys() - now
    assert tracked <= gone
    # What holds no tracked object is not tracked any more.
    assert {before[address] for address in gone - tracked} <= {tuple, dict}


def test_a_heap_in_use_has_no_garbage() -> None:
    for _ in range(3):
        gc.collect()
    garbage = take_snapshot().garbage()
    assert [node for node in garbage.nodes if node.is_tracked] == []
    assert garbage.uncollectable.count == 0


def test_what_is_in_cycles_and_what_they_hold() -> None:
    for _ in range(100):
        parent = Node()
        Node(parent)
        parent.payload = bytearray(1000)  # type: ignore[attr-defined]
    del parent
    garbage = take_snapshot(collect=False).garbage()
    (group,) = (group for group in garbage.cycles if "Node" in group.path)
    assert (group.state, group.component_count) == ("garbage", 100)
    assert group.path == "Node.children[0] -> Node.parent"
    assert garbage.histogram()["builtins.bytearray"].count == 100
    assert group.histogram()[f"{Node.__module__}.Node"].count == 200
    assert "builtins.bytearray" not in group.histogram()
    assert garbage.held_by_cycles.shallow_size >= 100 * 1000
    assert garbage.in_cycles.count + garbage.held_by_cycles.count == garbage.node_count
    assert len(garbage) == garbage.node_count == len(garbage.nodes)
    assert garbage.shallow_size == sum(node.shallow_size for node in garbage.nodes)
    first, second = (node.type_name for node in group.nodes if node.type_name.endswith("Node"))
    assert first == second
    assert len(group.references) == len(group.nodes)
    for node, name, following in zip(
        group.nodes, group.references, group.nodes[1:] + group.nodes[:1], strict=True
    ):
        assert (name, following) in [(r.name, r.node) for r in node.referents]


def test_after_a_collection_there_is_none_and_that_is_said() -> None:
    tree()
    gc.collect()
    snapshot = take_snapshot()
    if len(snapshot.garbage()) == 0:
        assert str(snapshot.garbage()).startswith("garbage         none; it was collected before")


def test_the_answers_show_themselves() -> None:
    tree()
    snapshot = take_snapshot(collect=False)
    for answer in (snapshot.garbage(), snapshot.cycles()):
        assert "Node.children[0]" in str(answer)
        assert answer._repr_html_() == f"<pre>{html.escape(str(answer), quote=False)}</pre>"
        assert repr(answer).startswith("<heapgraph.")
        assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()
        picture = answer.draw()
        assert picture.node_count >= 3
        assert "children" in picture.to_dot()
        assert picture.to_svg().startswith("<")
    garbage = snapshot.garbage()
    assert garbage.to_dict()["objects"] == len(garbage)
    (group,) = garbage.cycles
    assert group.draw().node_count >= 3
    assert group.path in repr(group)


def test_a_loaded_snapshot_answers_the_same() -> None:
    for plant in PLANTED:
        plant()
    snapshot = take_snapshot(collect=False)
    with TemporaryDirectory() as folder:
        file = f"{folder}/heap.parquet"
        snapshot.save(file)
        loaded = load_snapshot(file)
    assert str(loaded.garbage()) == str(snapshot.garbage())
    assert str(loaded.cycles()) == str(snapshot.cycles())
    assert loaded.garbage().to_dict() == snapshot.garbage().to_dict()
    assert loaded.cycles().draw().to_dot() == snapshot.cycles().draw().to_dot()


def test_what_keeps_a_cycle_is_told() -> None:
    alive = Node()
    Node(alive)
    iterator: Iterator[Any] | None = iter([[1]])
    tree()
    snapshot = take_snapshot(collect=False)
    groups = snapshot.cycles(Node).groups
    states = [group.state for group in groups]
    assert states == ["garbage", "alive"]
    assert [group.state for group in snapshot.cycles("no.such.Type").groups] == []
    standing = snapshot.cycles().standing
    assert standing.count > 1000
    del alive, iterator


def test_modules_and_classes_do_not_hide_cycles() -> None:
    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    node.module = sys  # type: ignore[attr-defined]
    node.function = test_modules_and_classes_do_not_hide_cycles  # type: ignore[attr-defined]
    sys.heapgraph_test = node  # type: ignore[attr-defined]
    try:
        cycles = take_snapshot().cycles(Node)
    finally:
        del sys.heapgraph_test  # type: ignore[attr-defined]
    (group,) = cycles.groups
    assert (group.path, group.state) == ("Node.itself", "alive")
    assert set(group.histogram()) <= {f"{Node.__module__}.Node", "builtins.dict"}


def test_a_cycle_through_an_object_that_is_not_tracked_is_uncollectable() -> None:
    holder: list[Any] = []
    untracked: dict[str, Any] = {"holder": holder}
    holder.append(untracked)
    addresses = {id(holder), id(untracked)}
    untrack(untracked)
    del untracked
    keep = weakref.WeakSet[Any]()
    del holder
    gc.collect()
    garbage = take_snapshot().garbage()
    assert garbage.uncollectable.count >= 2
    assert addresses <= {node.address for node in garbage.nodes}
    (group,) = (group for group in garbage.cycles if group.state == "uncollectable")
    assert group.path in {"dict['holder'][0]", "list[0]['holder']"}
    assert "uncollectable" in str(garbage)
    # Freed here, so that no other test finds it.
    (found,) = (item for item in gc.get_objects() if id(item) in addresses)
    found.clear()
    assert not keep


def test_what_gc_garbage_keeps_is_listed() -> None:
    tree()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
    finally:
        gc.set_debug(0)
    try:
        expected = {id(item) for item in gc.garbage}
        garbage = take_snapshot(collect=False).garbage()
        listed = garbage.gc_garbage
        assert listed is not None
        assert {node.address for node in listed} == expected
        assert not expected & {node.address for node in garbage.nodes}
        assert f"gc.garbage      {len(expected)} objects" in str(garbage)
        assert take_snapshot(collect=False, names=False).garbage().gc_garbage is None
    finally:
        gc.garbage.clear()
        gc.collect()


def test_frozen_objects_are_not_seen_and_that_is_said() -> None:
    program = """
import gc, heapgraph
loops = []
for _ in range(1000):
    loop = []
    loop.append(loop)
del loop
gc.freeze()
print(heapgraph.take_snapshot(collect=False).garbage())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "not seen" in done.stdout
    assert "gc.freeze()" in done.stdout


def test_the_same_text_with_any_hash_seed() -> None:
    program = """
import gc, heapgraph
class Node: pass
gc.collect()
gc.disable()
for number in range(3):
    nodes = {Node() for _ in range(4)}
    for node in nodes:
        node.others = nodes
        node.itself = node
    del nodes, node
    loop = [{"key": []}]
    loop[0]["key"].append(loop)
    del loop
print(heapgraph.take_snapshot(collect=False).garbage())
"""
    said = set()
    for seed in range(8):
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": str(seed)},
        )
        said.add(done.stdout)
    assert len(said) == 1
    assert "Node.itself" in said.pop()


def test_a_cycle_of_a_hundred_thousand_objects() -> None:
    first: list[Any] = []
    last = first
    for _ in range(100_000):
        last = [last]
    first.append(last)
    del first, last
    garbage = take_snapshot(collect=False).garbage()
    assert garbage.in_cycles.count == 100_001
    assert garbage.draw().node_count < 100
    assert "more references" in str(garbage)


def test_what_is_asked_wrongly_is_refused() -> None:
    snapshot = take_snapshot()
    with raising(TypeError, "type name"):
        snapshot.cycles(3)  # type: ignore[arg-type]
    assert len(snapshot.cycles("NoSuchType")) == 0
    assert "no cycles" in str(snapshot.cycles("NoSuchType"))
    assert snapshot.cycles("NoSuchType").draw().node_count == 0


def test_the_answers_keep_no_object() -> None:
    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    reference = weakref.ref(node)
    del node
    garbage = take_snapshot(collect=False).garbage()
    assert reference() is not None
    gc.collect()
    assert reference() is None
    assert "Node.itself" in str(garbage)
    assert heapgraph.Garbage is type(garbage)
