"""Caches that have an end, and what grows beside them."""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
from collections import OrderedDict, deque
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import heapgraph
from heapgraph._growth_places import location_of

numbers = count()
cache: Any = {}
log: list[object] = []
caches: list[Any] = []


def fill(size: int) -> None:
    """Keep the last so many."""
    number = next(numbers)
    cache[number] = [number]
    if len(cache) > size:
        del cache[next(iter(cache))]


def test_memory_that_a_cache_takes_while_it_fills_up_is_no_leak() -> None:
    report = heapgraph.find_growth(lambda: fill(800))
    assert report.verdict == "bounded", report
    assert [row.path for row in report.bounded] == [f"{__name__}.cache"]


def test_memory_that_an_ordered_dict_takes_while_it_fills_up_is_no_leak() -> None:
    global cache
    cache = OrderedDict()
    report = heapgraph.find_growth(lambda: fill(150))
    assert report.verdict == "bounded", report
    assert [row.path for row in report.bounded] == [f"{__name__}.cache"]


def test_memory_that_goes_on_rising_after_a_cache_is_full_is_told() -> None:
    take = ctypes.pythonapi.Py_IncRef

    def work() -> None:
        fill(100)
        take(ctypes.py_object(next(numbers) + 0.5))

    report = heapgraph.find_growth(work, iterations=500)
    assert report.verdict == "native", report
    assert [row.kind for row in report.growing] == ["blocks"]
    assert [row.path for row in report.bounded] == [f"{__name__}.cache"]


def report_on_leak_beside_cache(size: int) -> heapgraph.GrowthReport:
    global cache
    cache = functools.lru_cache(maxsize=size)(lambda number: [number])

    def work() -> None:
        number = next(numbers)
        cache(number)
        log.append([number])

    report = heapgraph.find_growth(work)
    assert [row.path for row in report.growing] == [f"{__name__}.log"]
    assert [row.path for row in report.bounded] == [f"{__name__}.cache"]
    return report


def test_a_leak_in_the_module_of_a_cache_that_fills_up() -> None:
    assert "no more than 128 since" in str(report_on_leak_beside_cache(128))


def test_a_leak_in_the_module_of_a_cache_that_rises_as_it_does() -> None:
    assert "has a limit of 5,000" in str(report_on_leak_beside_cache(5000))


def test_limits_of_many_caches_are_known() -> None:
    caches.extend(functools.lru_cache(maxsize=5000)(lambda n: [n]) for _ in range(100))

    def work() -> None:
        number = next(numbers)
        for one in caches[:2]:
            one(number)

    report = heapgraph.find_growth(work)
    assert report.verdict == "bounded", report
    assert "has a limit of 500,000 (lru_cache maxsize), now" in str(report)


class Private:
    """A cache whose limit is a private attribute."""

    def __init__(self) -> None:
        self.__data: dict[int, list[int]] = {}
        self.__max_size = 100_000

    def add(self, number: int) -> None:
        if len(self.__data) < self.__max_size:
            self.__data[number] = [number]


def test_a_private_attribute_names_a_limit() -> None:
    caches.append(Private())
    report = heapgraph.find_growth(lambda: caches[0].add(next(numbers)))
    assert report.verdict == "undecided", report
    assert "would be full after" in str(report)


def test_attributes_are_no_elements() -> None:
    class Cache(dict[int, list[int]]):
        def __init__(self) -> None:
            self.one, self.other, self.third = 1, 2, 3

    global cache
    cache = Cache()
    report = heapgraph.find_growth(lambda: fill(60))
    assert "no more than 60 since" in str(report)


def test_texts_that_are_replaced_by_longer_ones() -> None:
    def work() -> None:
        number = next(numbers)
        cache[number % 10] = SimpleNamespace(host=f"h{number}")

    global numbers
    numbers = count(5)
    report = heapgraph.find_growth(work)
    assert not report.growing, report
    assert not report.undecided, report


def test_entries_of_several_objects_in_a_bounded_deque() -> None:
    caches.append(deque(maxlen=2048))
    report = heapgraph.find_growth(lambda: caches[0].append([{"a": 1} for _ in range(5)]))
    assert report.verdict == "bounded", report
    assert not report.undecided


def test_what_a_thread_has_of_locals_goes_with_them() -> None:
    def work() -> None:
        local = threading.local()
        local.name = "a"
        log.append(local)

    report = heapgraph.find_growth(work, iterations=300)
    assert [row.path for row in report.growing] == [f"{__name__}.log"]
    assert not report.undecided


def test_a_name_is_defined_where_it_is_from() -> None:
    with TemporaryDirectory() as folder:
        look_up_names_in(Path(folder))


def look_up_names_in(tmp_path: Path) -> None:
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "__init__.py").write_text("from .on import seen as known\n")
    (tmp_path / "handed" / "on.py").write_text("try:\n    seen = {}\nfinally:\n    pass\n")
    (tmp_path / "taker.py").write_text("from handed import known\nglobals()['made'] = []\n")
    sys.path.insert(0, str(tmp_path))
    __import__("taker")
    where = str(tmp_path / "handed" / "on.py")
    assert location_of("taker.known[x]") == f"{where}:2"
    assert location_of("handed.on.seen") == f"{where}:2"
    # No statement binds it.
    assert location_of("taker.made") is None
