"""Patterns of paths mean the same in all checks."""

from __future__ import annotations

import sys
import types

import pytest

import heapgraph
from heapgraph.testing import assert_no_growth


class Log:
    def __init__(self) -> None:
        self.log: list[object] = []


shop = types.ModuleType("shop")
shop.api = Log()  # type: ignore[attr-defined]
shop.users = {"ann": [], "o'neil": []}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shop", shop)


def add_to_user(name: str) -> None:
    shop.users[name].append(Log())


def test_the_path_that_a_block_prints_works_in_a_block_and_for_a_callable() -> None:
    with pytest.raises(AssertionError) as caught, assert_no_growth():
        add_to_user("o'neil")
    printed = str(caught.value).splitlines()[0].rpartition("held by ")[2]
    assert printed.startswith("shop.users[")
    assert "ignore=['shop.users[x][x]*']" in str(caught.value)
    # The one with its keys, and the same with others.
    for pattern in (printed, "shop.users[x][x]"):
        with assert_no_growth(ignore=[pattern]):
            add_to_user("o'neil")
    report = heapgraph.find_growth(
        lambda: add_to_user("ann"), loops=1, iterations=0, ignore=["shop.users['o\\'neil']"]
    )
    assert [row.path for row in report.ignored] == ["shop.users[x]"]
    assert (report.verdict, bool(report)) == ("nothing", False)


def test_a_pattern_means_no_path_that_only_ends_so() -> None:
    api: Log = shop.api
    patterns = ["log", "lo*", "?og", "api.log", "shop.[al]pi*"]
    with (
        pytest.raises(AssertionError, match=r"shop\.api\.log"),
        assert_no_growth(ignore=patterns),
    ):
        api.log.append(Log())
    report = heapgraph.find_growth(
        lambda: api.log.append(Log()), loops=1, iterations=0, ignore=patterns
    )
    assert [row.path for row in report.growing] == ["shop.api.log"]


def test_a_type_with_brackets_in_its_name_may_survive() -> None:
    page = type("Page[int]", (Log,), {})
    kept = []
    with assert_no_growth(allow={"Page[int]": 1}):
        kept.append(page())
