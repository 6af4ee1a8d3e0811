"""References that no traverse shows: of types with a registered function, and of numpy's arrays."""

from __future__ import annotations

import gc
import io
import random
import re
import subprocess
import sys
import threading
import types
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from heapgraph._core import CapturedHeap, named_referents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Zone(tzinfo):
    """Held by a `datetime`, which has no traverse."""

    def utcoffset(self, when: datetime | None) -> None:
        pass

    dst = tzname = utcoffset


class When(datetime):
    """No other test has one."""

    __slots__ = ()


class Lesson(datetime):
    """Its `room` is visible, its time zone is not."""

    room: object


def zone_of(when: datetime) -> dict[str, object] | None:
    return {"tzinfo": when.tzinfo} if when.tzinfo is not None else None


@pytest.fixture
def app() -> Iterator[Any]:
    name = "app_of_referents"
    module = sys.modules[name] = types.ModuleType(name)
    yield module
    del sys.modules[name]
    for cls in (datetime, When, Lesson, timezone):
        heapgraph.unregister_referents(cls)


def unexplained(snapshot: heapgraph.HeapSnapshot, obj: object) -> int | None:
    (node,) = snapshot.find(obj=obj)
    return node.unexplained_count


def path(obj: object) -> str:
    return heapgraph.why(obj).chains[0].path


def test_a_hidden_reference_is_seen_everywhere(app: Any, tmp_path: Path) -> None:
    app.when = When(2026, 1, 1, tzinfo=Zone())
    zone = id(app.when.tzinfo)
    [root] = [chain.chain.root_kind for chain in heapgraph.why(zone).chains]
    assert root == "external"
    objects = len(gc.get_objects())
    heapgraph.register_referents(When, zone_of)
    snapshot = heapgraph.take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    for heap in (snapshot, heapgraph.load_snapshot(tmp_path / "heap.parquet")):
        answer = heap.why(zone)
        assert answer.chains[0].path == "app_of_referents.when.tzinfo"
        (node,) = heap.find(address=zone)
        assert (node.reference_count, node.unexplained_count) == (1, 0)
        assert str(answer) == str(snapshot.why(zone))
    assert path(zone) == "app_of_referents.when.tzinfo"
    captured = CapturedHeap()
    assert captured.referrers(zone) == [id(app.when)]
    assert zone in captured.referents(id(app.when))
    assert named_referents(app.when)[-1][0] == ".tzinfo"
    chain = heapgraph.find_backref_chain(app.when.tzinfo, heapgraph.is_proper_module)
    assert chain[0] is app
    assert chain[-2:] == [app.when, app.when.tzinfo]
    del snapshot, node, answer, heap, captured, chain
    assert len(gc.get_objects()) <= objects + 10
    heapgraph.unregister_referents(When)
    assert unexplained(heapgraph.take_snapshot(), app.when.tzinfo) == 1


def test_what_is_met_only_there_is_walked_too(app: Any) -> None:
    # Neither a `timezone` nor a `timedelta` is in any list of the collector.
    app.whens = [When(2026, 1, 1, tzinfo=timezone(timedelta(minutes=n))) for n in range(1, 4)]
    zone = id(app.whens[0].tzinfo)
    offset = id(app.whens[0].tzinfo.utcoffset(None))
    assert zone not in CapturedHeap()
    heapgraph.register_referents(When, zone_of)
    heapgraph.register_referents(timezone, lambda zone: [zone.utcoffset(None)])
    assert path(offset) == "app_of_referents.whens[0].tzinfo<hidden>"
    snapshot = heapgraph.take_snapshot()
    for address in (zone, offset):
        (node,) = snapshot.find(address=address)
        assert (node.reference_count, node.unexplained_count) == (1, 0)


def test_functions_of_base_classes_are_asked_too(app: Any) -> None:
    heapgraph.register_referents(datetime, zone_of)
    app.lesson = Lesson(2026, 1, 1, tzinfo=Zone())
    app.lesson.room = ["desk"]
    assert path(id(app.lesson.tzinfo)) == "app_of_referents.lesson.tzinfo"
    assert path(id(app.lesson.room)) == "app_of_referents.lesson.room"
    seen = []
    heapgraph.register_referents(Lesson, lambda lesson: seen.append(id(lesson)))
    assert path(id(app.lesson.tzinfo)) == "app_of_referents.lesson.tzinfo"
    assert seen == [id(app.lesson)]


def raise_error(when: object) -> list[object]:
    raise ValueError("no time")


def raise_error_of_undecodable_name(when: object) -> list[object]:
    raise ValueError("no \udcff")


def yield_and_raise(when: datetime) -> Iterator[object]:
    yield when.tzinfo
    raise ValueError("no more time")


FAILED = "function for referents {} of When failed for 1 objects, the first time with {}"


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (raise_error, FAILED.format("raise_error", "ValueError: no time")),
        (yield_and_raise, FAILED.format("yield_and_raise", "ValueError: no more time")),
        (raise_error_of_undecodable_name, r"the first time with ValueError: no \\udcff"),
        (lambda when: 3, "TypeError: 'int' object is not iterable"),
        (
            lambda when: {-1: when},
            "TypeError: a name of a reference is a str or a position, not int",
        ),
        (lambda when: {(): when}, "TypeError: a name of a reference is .*, not tuple"),
        (
            lambda when: {2**70: when},
            "TypeError: a name of a reference is a str or a position, not int",
        ),
        (lambda when: [object(), Zone()], "2 objects given by .* are left out: nothing else holds"),
    ],
)
def test_a_function_that_fails_loses_no_answer(
    app: Any, function: Callable[[Any], Any], complaint: str
) -> None:
    app.when = When(2026, 1, 1)
    app.other = [Zone()]
    heapgraph.register_referents(When, function)
    with pytest.warns(RuntimeWarning, match=complaint):
        assert path(id(app.other[0])) == "app_of_referents.other[0]"
    with pytest.warns(RuntimeWarning, match=complaint):
        unseen = heapgraph.take_snapshot().metadata["unseen"]
    assert len([one for one in unseen if "function" in one]) == 1
    with pytest.warns(RuntimeWarning, match=complaint):
        chain = heapgraph.find_backref_chain(app.other[0], heapgraph.is_proper_module)
    assert chain[0] is app


def test_a_name_that_is_no_utf_8_is_spelled(app: Any) -> None:
    app.when = When(2026, 1, 1, tzinfo=Zone())
    heapgraph.register_referents(When, lambda when: {"zone\udcff": when.tzinfo})
    assert path(id(app.when.tzinfo)) == "app_of_referents.when.zone\\udcff"


def test_an_interruption_is_one(app: Any) -> None:
    def interrupt(when: object) -> None:
        raise KeyboardInterrupt

    app.when = When(2026, 1, 1)
    heapgraph.register_referents(When, interrupt)
    with pytest.raises(KeyboardInterrupt):
        heapgraph.take_snapshot()
    heapgraph.unregister_referents(When)
    assert heapgraph.take_snapshot().node_count > 0


def test_a_function_may_change_the_heap(app: Any) -> None:
    def change(when: datetime) -> list[object]:
        app.victims.clear()
        app.added = [Zone() for _ in range(100)]
        gc.collect()
        sys.modules["app_of_referents"].late = types.ModuleType("late")  # type: ignore[attr-defined]
        return [when.tzinfo]

    app.when = When(2026, 1, 1, tzinfo=Zone())
    app.victims = [[Zone()] for _ in range(1_000)]
    for number, victim in enumerate(app.victims):
        victim.append(number)
    del victim
    zone = id(app.when.tzinfo)
    heapgraph.register_referents(When, change)
    answer = heapgraph.why(zone)
    assert answer.chains[0].path == "app_of_referents.when<hidden>"
    # The victims were met before.
    app.victims = [[Zone()] for _ in range(10)]
    assert heapgraph.why(Zone).chains[0].alike >= 1
    assert heapgraph.take_snapshot().shallow_size > 0
    app.victims = [[Zone()]]
    chain = heapgraph.find_backref_chain(app.victims[0], heapgraph.is_proper_module)
    assert chain[0] is app


def test_a_function_may_look_at_the_heap_itself(app: Any) -> None:
    counts = []

    def look(when: datetime) -> list[object]:
        counts.append(heapgraph.take_snapshot(collect=False).node_count)
        return [when.tzinfo]

    app.when = When(2026, 1, 1, tzinfo=Zone())
    heapgraph.register_referents(When, look)
    assert path(id(app.when.tzinfo)) == "app_of_referents.when<hidden>"
    assert len(counts) == 1


def test_what_one_look_holds_is_not_counted_by_another(app: Any) -> None:
    app.when = When(2026, 1, 1, tzinfo=Zone())
    app.zone = Zone()
    counts = []

    def look(when: object) -> list[object]:
        counts.append(unexplained(heapgraph.take_snapshot(collect=False), app.zone))
        return []

    # While the walk for another snapshot, or a picture, holds everything.
    heapgraph.register_referents(When, look)
    outer = heapgraph.take_snapshot()
    heapgraph.unregister_referents(When)
    assert unexplained(outer, app.zone) == 0
    heapgraph.show_refs([[[]]], filter=look, output=io.StringIO())
    assert len(counts) == 2
    assert counts == [0, 0]


def test_what_another_thread_holds_is_not_counted(app: Any) -> None:
    app.when = When(2026, 1, 1)
    app.zone = Zone()
    is_inside, may_end = threading.Event(), threading.Event()

    def wait(when: object) -> None:
        if threading.current_thread() is other:
            is_inside.set()
            assert may_end.wait(60)

    heapgraph.register_referents(When, wait)
    other = threading.Thread(target=heapgraph.take_snapshot)
    other.start()
    try:
        assert is_inside.wait(60)
        meanwhile = heapgraph.take_snapshot()
    finally:
        may_end.set()
        other.join()
    assert unexplained(meanwhile, app.zone) == 0
    assert unexplained(heapgraph.take_snapshot(), app.zone) == 0


def test_what_can_not_be_registered() -> None:
    with pytest.raises(TypeError, match="a class is needed, not an object of type str"):
        heapgraph.register_referents("datetime", print)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="function for referents is a function of one object"):
        heapgraph.register_referents(When, None)  # type: ignore[arg-type]
    heapgraph.unregister_referents(When)


def test_the_elements_of_arrays_of_objects_are_seen(app: Any, tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    app.array = numpy.empty(4, dtype=object)
    app.array[2] = Zone()
    app.table = numpy.empty((2, 3), dtype=object)
    app.table[1, 2] = Zone()
    app.single = numpy.array(Zone(), dtype=object)
    app.nested = numpy.empty(1, dtype=object)
    app.nested[0] = numpy.empty(1, dtype=object)
    app.nested[0][0] = Zone()
    found = {
        "array[2]": id(app.array[2]),
        "table[1, 2]": id(app.table[1, 2]),
        "single[()]": id(app.single.item()),
        "nested[0][0]": id(app.nested[0][0]),
    }
    snapshot = heapgraph.take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    loaded = heapgraph.load_snapshot(tmp_path / "heap.parquet")
    for name, address in found.items():
        assert path(address) == f"app_of_referents.{name}"
        for heap in (snapshot, loaded):
            assert heap.why(address).chains[0].path == f"app_of_referents.{name}"
            (node,) = heap.find(address=address)
            assert (node.reference_count, node.unexplained_count) == (1, 0)


def test_a_view_holds_its_base_and_not_the_elements(app: Any) -> None:
    numpy = pytest.importorskip("numpy")
    app.view = numpy.array([Zone(), Zone(), None], dtype=object)[:2]
    app.numbers = numpy.arange(1_000)[::2]
    assert path(id(app.view[1])) == "app_of_referents.view.base[1]"
    assert path(id(app.numbers.base)) == "app_of_referents.numbers.base"
    assert CapturedHeap().referents(id(app.view)) == [id(app.view.base), id(app.view.dtype)]


def test_arrays_of_derived_classes_and_of_records(app: Any) -> None:
    numpy = pytest.importorskip("numpy")

    class Table(numpy.ndarray):  # type: ignore[misc,name-defined]
        @property
        def flat(self) -> object:
            raise AssertionError

        def __getattribute__(self, name: str) -> object:
            raise AssertionError

    app.table = numpy.ndarray.__new__(Table, 3, dtype=object)
    numpy.ndarray.__setitem__(app.table, 1, Zone())
    app.records = numpy.zeros(3, dtype=[("number", int), ("object", object)])
    zone = id(numpy.ndarray.__getitem__(app.table, 1))
    assert path(zone) == "app_of_referents.table[1]"
    assert id(app.records.dtype) in CapturedHeap().referents(id(app.records))


def test_every_reference_of_an_array_is_counted_once(app: Any) -> None:
    numpy = pytest.importorskip("numpy")
    chance = random.Random(7)
    app.objects = [Zone() for _ in range(50)]
    # Of other types, and met before those.
    app.arrays = [numpy.zeros(3), numpy.zeros(3, "M8[s]"), numpy.zeros(3, "U5")]
    for _ in range(40):
        shape = chance.choice([(5,), (2, 3), (0, 4), (), (1, 2, 2), 7])
        array = numpy.empty(shape, dtype=object)
        for place in numpy.ndindex(*array.shape):
            array[place] = chance.choice([*app.objects, *app.arrays, None])
        app.arrays.append(array if chance.random() < 0.7 else array.T[...])
    del array
    snapshot = heapgraph.take_snapshot()
    for obj in app.objects + app.arrays:
        (node,) = snapshot.find(obj=obj)
        # What asks holds it: the loop, the list above and the argument are newer than the snapshot.
        assert node.unexplained_count == 0
        assert node.reference_count == len(node.referrers)


def test_objects_of_numpy_that_are_kept_leave_nothing_unexplained(app: Any) -> None:
    numpy = pytest.importorskip("numpy")

    class Table(numpy.ndarray):  # type: ignore[misc,name-defined]
        pass

    fields = numpy.dtype([("a", "f8"), ("b", "i4", (2,))], metadata={"unit": "m"})
    # With a dtype: without one, numpy 2.4 forgets to give a reference to it back.
    make: list[Callable[[], object]] = [
        lambda: numpy.zeros(10, dtype="f8"),
        lambda: numpy.zeros(10, dtype="f8")[1:],
        lambda: numpy.zeros(4, dtype="f8").view(Table),
        lambda: numpy.zeros(2, fields),
        lambda: numpy.zeros(2, fields)[0],
        lambda: numpy.zeros(2, [("a", "f8"), ("b", "i4", (2,))]),
        lambda: numpy.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        lambda: numpy.zeros(3, dtype="M8[s]").flat,
        lambda: numpy.ma.array([1.0, 2.0]),
        lambda: numpy.array([None, 1.5], dtype=object),
    ]
    app.kept = [[one() for one in make] for _ in range(3)]
    before = heapgraph.take_snapshot(names=False)
    app.kept.extend([one() for one in make] for _ in range(30))
    after = heapgraph.take_snapshot(names=False)
    assert [str(leak) for leak in after.diff(before).reference_leaks] == []
    snapshot = heapgraph.take_snapshot()
    dtype = id(app.kept[0][0].dtype)
    [node] = snapshot.find(obj=app.kept[0][0])
    assert (".dtype", dtype) in [(held.name, held.node.address) for held in node.referents]
    [node] = snapshot.find(obj=app.kept[0][5].dtype)
    assert {held.name for held in node.referents} == {".type", ".names", ".fields"}


def test_types_that_show_nothing_are_named(app: Any, tmp_path: Path) -> None:
    app.whens = [When(2026, 1, 1) for _ in range(2_000)]
    name = f"{When.__module__}.When"
    snapshot = heapgraph.take_snapshot()
    snapshot.save(tmp_path / "heap.parquet")
    loaded = heapgraph.load_snapshot(tmp_path / "heap.parquet")
    for heap in (snapshot, loaded):
        opaque = heap.opaque_types()
        assert opaque[name] == heap.histogram()[name]
        assert list(opaque) == sorted(
            opaque, key=lambda name: (-opaque[name].shallow_size, -opaque[name].count, name)
        )
        assert re.search(f"what objects without a traverse hold: .*{name} \\(2,000 ", str(heap))
    # They hold no objects, or show them.
    known = ("builtins.", "datetime.date ", "numpy.ndarray", "decimal.", __name__ + ".Lesson")
    assert [found for found in opaque if f"{found} ".startswith(known)] == []
    heapgraph.register_referents(When, zone_of)
    assert name not in heapgraph.take_snapshot().opaque_types()


def test_numpy_is_not_imported() -> None:
    program = "import heapgraph, sys; heapgraph.take_snapshot(); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
