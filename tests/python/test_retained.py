"""What objects retain: dominators, retained sizes, owners."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import types
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from heapgraph import Node, Owner, TypeRetained, load_snapshot, take_snapshot

V1 = Path(__file__).parents[2] / "fixtures" / "snapshots" / "v1.parquet"


class Box:
    """Holds a list of things of its own."""

    __slots__ = ("lid", "things")

    def __init__(self, things: list[Any], lid: object) -> None:
        self.things = things
        self.lid = lid


class Lid:
    """What two boxes share, or one has alone."""

    __slots__ = ()


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.ring = self


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module that has boxes, filled by a function whose frame is gone."""
    shop: Any = types.ModuleType("retained_shop")
    monkeypatch.setitem(sys.modules, "retained_shop", shop)

    def fill() -> None:
        shared = Lid()
        shop.first = Box([bytes(1000 + number) for number in range(100)], shared)
        shop.second = Box([bytes(5000)], shared)
        shop.third = Box([Box([], None), Box([], None)], Lid())

    fill()
    module: types.ModuleType = shop
    return module


def type_names(nodes: list[Node] | None) -> list[str]:
    assert nodes is not None
    return [node.type_name.rpartition(".")[2] for node in nodes]


def test_what_is_retained_is_what_only_the_object_leads_to(shop: Any) -> None:
    snapshot = take_snapshot()
    first = shop.first
    expected = [first, first.things, *first.things]
    size = sum(snapshot.find(obj=obj)[0].shallow_size for obj in expected)
    assert snapshot.retained_size(first) == snapshot.retained_size(id(first)) == size
    (node,) = snapshot.find(obj=first)
    assert snapshot.retained_size(node) == node.retained_size == size
    assert node.retained_count == len(expected)
    (third,) = snapshot.find(obj=shop.third)
    # Itself, a lid, and a list of two boxes that have a list each.
    assert third.retained_count == 1 + 1 + 1 + 2 * 2
    (shared,) = snapshot.find(obj=first.lid)
    assert (shared.retained_count, shared.retained_size) == (1, shared.shallow_size)


def test_a_buffer_in_memory_counts_once() -> None:
    """That of a file in memory is a part of it, until something else holds it too."""

    class File(BytesIO):
        __slots__ = ("title",)
        title: bytes

    file, read = File(), BytesIO()
    file.write(bytes(100_000))
    file.title = bytes(100_000)
    read.write(bytes(100_000))
    value = read.getvalue()
    snapshot = take_snapshot()
    assert read.getvalue() is value
    own, shared = (snapshot.find(obj=one)[0] for one in (file, read))
    assert own.shallow_size == sys.getsizeof(file) > 100_000
    assert own.retained_size == own.shallow_size + sys.getsizeof(file.title)
    assert shared.retained_size == shared.shallow_size == sys.getsizeof(read) < 1000


def test_dominators_come_from_the_nearest_up(shop: Any) -> None:
    snapshot = take_snapshot()
    assert type_names(snapshot.dominators(shop.first.things[7])) == [
        "list",
        "Box",
        "dict",
        "module",
    ]
    # The way through a box is not the only one.
    assert type_names(snapshot.dominators(shop.first.lid)) == ["dict", "module"]
    assert snapshot.dominators(shop) == []
    sizes = [node.retained_size or 0 for node in snapshot.dominators(shop.third.things[0]) or []]
    assert sizes == sorted(sizes)


def test_garbage_is_retained_by_nothing() -> None:
    address = id(Ring())
    snapshot = take_snapshot(collect=False)
    gc.collect()
    (node,) = snapshot.find(address=address)
    assert node.type_name.endswith("Ring")
    assert snapshot.retained_size(node) is None
    assert snapshot.dominators(node) is None
    assert (node.retained_size, node.retained_count) == (None, None)


def test_owners_share_the_heap_without_a_rest(shop: Any) -> None:
    snapshot = take_snapshot()
    owners = snapshot.owners(10**30)
    alive = [node for node in snapshot.find("*") if node.retained_size is not None]
    assert sum(owner.retained_count for owner in owners) == len(alive)
    assert sum(owner.retained_size for owner in owners) == sum(n.shallow_size for n in alive)
    assert sum(owner.share for owner in owners) == pytest.approx(1)
    assert [owner.retained_size for owner in owners] == sorted(
        (owner.retained_size for owner in owners), reverse=True
    )
    assert {owner.node for owner in owners} == {n for n in alive if snapshot.dominators(n) == []}
    assert len(snapshot.owners()) == 10
    assert snapshot.owners(0) == snapshot.owners(-1) == []
    (shops,) = (owner for owner in owners if owner.node.name == "retained_shop")
    assert type_names(shops.descent) == ["dict", "Box", "list"]
    assert repr(shops).startswith("<heapgraph.Owner module retained_shop at 0x")


def test_of_a_type_each_object_is_counted_once(shop: Any) -> None:
    snapshot = take_snapshot()
    by_type = snapshot.retained_by_type()
    boxes = by_type[f"{Box.__module__}.Box"]
    assert isinstance(boxes, TypeRetained)
    topmost = [shop.first, shop.second, shop.third]
    nodes = [snapshot.find(obj=box)[0] for box in topmost]
    assert boxes.count == 5
    assert boxes.retained_size == sum(node.retained_size or 0 for node in nodes)
    assert boxes.retained_count == sum(node.retained_count or 0 for node in nodes)
    histogram = snapshot.histogram()
    assert boxes.shallow_size == histogram[f"{Box.__module__}.Box"].shallow_size
    assert repr(boxes) == (
        f"TypeRetained(count=5, shallow_size={boxes.shallow_size}, "
        f"retained_count={boxes.retained_count}, retained_size={boxes.retained_size})"
    )
    assert boxes == snapshot.retained_by_type()[f"{Box.__module__}.Box"]
    sizes = [ty.retained_size for ty in by_type.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_a_loaded_snapshot_says_the_same(shop: Any, tmp_path: Path) -> None:
    snapshot = take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    loaded = load_snapshot(tmp_path / "heap.parquet")
    assert loaded.retained_size(id(shop.first)) == snapshot.retained_size(shop.first)

    def told(owner: Owner) -> tuple[int, int, int, list[int]]:
        descent = [node.address for node in owner.descent]
        return owner.node.address, owner.retained_size, owner.retained_count, descent

    assert [told(o) for o in loaded.owners(50)] == [told(o) for o in snapshot.owners(50)]
    assert loaded.retained_by_type() == snapshot.retained_by_type()


def test_many_threads_may_ask_first(shop: Any) -> None:
    snapshot = take_snapshot(names=False)
    found: list[int | None] = []
    asking = threading.Barrier(4)

    def ask() -> None:
        asking.wait()
        found.append(snapshot.retained_size(shop.first))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4


def test_what_is_not_in_the_snapshot_is_an_error() -> None:
    snapshot = take_snapshot(names=False)
    other = take_snapshot(names=False)
    newer = Ring()
    for question in (snapshot.retained_size, snapshot.dominators):
        with pytest.raises(KeyError, match="no object at 0x10 in the snapshot"):
            question(16)
        with pytest.raises(KeyError, match="it may be newer"):
            question(newer)
        with pytest.raises(ValueError, match="the node is of another snapshot"):
            question(other.find(obj=sys)[0])
    with pytest.raises(TypeError):
        snapshot.owners("all")  # type: ignore[arg-type]


# Of every object of a small interpreter: its dominators are asked for one by one, and compared with
# what the references say.
CERTIFICATE = """
import heapgraph
snapshot = heapgraph.take_snapshot(collect=False)
nodes = snapshot.find("*")
number = {node: position for position, node in enumerate(nodes)}
referents = [[number[r.node] for r in node.referents] for node in nodes]
found = [0] * len(nodes)
for held in referents:
    for n in held:
        found[n] += 1

def is_anchor(n, node):
    if node.root is not None or node.reference_count is None:
        return True
    # The interpreter may hold a name: that depends on addresses, and counts for nothing.
    is_name = node.type_name == "builtins.str" and node.shallow_size <= 476 and found[n] > 0
    return node.reference_count > found[n] and not is_name

anchors = [n for n, node in enumerate(nodes) if is_anchor(n, node)]

def reached(without=None):
    reached, queue = set(), [n for n in anchors if n != without]
    while queue:
        n = queue.pop()
        if n not in reached:
            reached.add(n)
            queue += [held for held in referents[n] if held not in reached and held != without]
    return reached

alive = reached()
immediate, dominated = {}, {n: [] for n in alive}
for n, node in enumerate(nodes):
    dominators = snapshot.dominators(node)
    assert (dominators is not None) == (n in alive) == (node.retained_size is not None), node
    if dominators:
        immediate[n] = number[dominators[0]]
        dominated[immediate[n]].append(n)
        assert snapshot.dominators(dominators[0]) == dominators[1:]
assert not set(anchors) & set(immediate)

# Numbers before and after everything below: those of what is retained lie in between.
before, after, clock = {}, {}, 0
for top in alive - set(immediate):
    stack = [(top, True)]
    while stack:
        n, is_new = stack.pop()
        (before if is_new else after)[n] = clock = clock + 1
        if is_new:
            stack.append((n, False))
            stack += [(held, True) for held in dominated[n]]
assert before.keys() == after.keys() == alive
edges = 0
for n in alive:
    for held in referents[n]:
        edges += 1
        if held in immediate:
            dominator = immediate[held]
            assert before[dominator] <= before[n] <= after[dominator], (nodes[n], nodes[held])

size = dict.fromkeys(alive, 0)
for n in sorted(alive, key=after.get):
    size[n] += nodes[n].shallow_size
    assert nodes[n].retained_size == size[n], nodes[n]
    if n in immediate:
        size[immediate[n]] += size[n]
whole = sum(nodes[n].shallow_size for n in alive)
assert sum(owner.retained_size for owner in snapshot.owners(len(nodes))) == whole

# Not too shallow: what goes without an object is what it retains, and no more.
for n in sorted(alive)[:: len(alive) // 50]:
    assert len(alive) - len(reached(without=n)) == nodes[n].retained_count, nodes[n]
print(len(alive), len(immediate), edges)
"""


def test_the_tree_of_an_interpreter_is_proved_reference_by_reference() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CERTIFICATE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    alive, dominated, edges = map(int, done.stdout.split())
    assert alive > 5_000
    assert dominated > alive / 3
    assert edges > alive


def command(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "heapgraph", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_commands_about_a_file() -> None:
    assert (
        command("owners", str(V1), "--limit", "3")
        == """\
retained   share  objects  address         object                                 path
   1,128   38.5%        2  0x7f5a3c001080  type app.Session                       app.Session
     856   29.2%        4  0x7f5a3c001380  frame serve (app.py:12) in MainThread  <frame>
     345   11.8%        3  0x7f5a3c001040  dict 2 items                           app.__dict__
     600   20.5%        9                  (7 more)
   2,929  100.0%       18                  all that is alive
"""
    )
    assert (
        command("owners", str(V1), "--by-type", "--type", "app.*")
        == """\
retained   share  objects  count  bytes  type
     176    6.0%        3      2     96  app.Session
   2,929  100.0%       18     18  2,929  all that is alive
"""
    )
    assert (
        command("retained", str(V1), "app.Session")
        == """\
retained  objects  bytes  address         object   dominated by
     128        2     48  0x7f5a3c001100  Session  dict 2 items at 0x7f5a3c0010c0
      48        1     48  0x7f5a3c001140  Session  the roots
2 objects retain together 176 bytes in 3 objects, 6.0% of the heap
"""
    )
    assert (
        command("retained", str(V1), "0x7f5a3c001380")
        == """\
builtins.frame at 0x7f5a3c001380, 440 bytes, reference count 1

retains 856 bytes in 4 objects, 29.2% of the heap

retained  objects  address  dominated by
   2,929       18           the roots

retained  objects  address         dominates
     416        3  0x7f5a3c0013c0  local handler: function serve.<locals>.handler
"""
    )
    answer = json.loads(command("retained", str(V1), "frame", "--json"))
    assert answer["schema"] == "heapgraph/retained@1"
    assert answer["objects"][0]["retained"] == {"count": 4, "bytes": 856}
    snapshot = load_snapshot(V1)
    assert snapshot.retained_size(0x7F5A3C001380) == 856
