"""What there is more of than before, by objgraph's rules."""

from __future__ import annotations

import gc
import io
import subprocess
import sys

import pytest

import heapgraph
from alone import run_alone


class Leak:
    pass


class Other:
    pass


def rows_of(rows: list[tuple[str, int, int]], *names: str) -> list[tuple[str, int, int]]:
    return [row for row in rows if row[0] in names]


def test_growth_is_over_the_highest_count_so_far() -> None:
    peaks: dict[str, int] = {}
    heapgraph.growth(None, peaks)
    leaks = [Leak() for _ in range(5)]
    assert rows_of(heapgraph.growth(None, peaks), "Leak") == [("Leak", 5, 5)]
    del leaks[2:]
    assert rows_of(heapgraph.growth(None, peaks), "Leak") == []
    leaks += [Leak() for _ in range(3)]
    assert rows_of(heapgraph.growth(None, peaks), "Leak") == []
    leaks += [Leak() for _ in range(2)]
    assert rows_of(heapgraph.growth(None, peaks), "Leak") == [("Leak", 7, 2)]
    assert peaks["Leak"] == 7


def test_growth_is_that_of_objgraph() -> None:
    objgraph = pytest.importorskip("objgraph")
    ours: dict[str, int] = {}
    theirs: dict[str, int] = {}
    kept: list[object] = []
    for step in range(4):
        gc.collect()
        kept += [Leak() for _ in range(step)] + [Other() for _ in range(3 - step)]
        mine = heapgraph.growth(None, ours)
        his = objgraph.growth(None, theirs)
        # Each result is made of objects that the other call, or the next, counts.
        own = ("tuple", "list", "dict")
        assert [row for row in mine if row[0] not in own] == [r for r in his if r[0] not in own]
        del mine, his


@pytest.mark.parametrize("shortnames", [True, False])
def test_ties_are_in_the_order_in_which_types_are_met(shortnames: bool) -> None:
    peaks: dict[str, int] = {}
    heapgraph.growth(None, peaks, shortnames)
    kept = [Other(), Leak(), Other(), Leak()]
    prefix = "" if shortnames else __name__ + "."
    rows = rows_of(heapgraph.growth(None, peaks, shortnames), prefix + "Leak", prefix + "Other")
    met = [
        name
        for name in heapgraph.typestats(shortnames=shortnames)
        if name.startswith(prefix) and name[len(prefix) :] in ("Leak", "Other")
    ]
    assert rows == [(name, 2, 2) for name in met]
    assert len(rows) == 2
    assert len(kept) == 4


def test_what_limit_hides_is_reported_by_the_next_call() -> None:
    """Deliberately unlike objgraph, which never reports it."""
    peaks: dict[str, int] = {}
    heapgraph.growth(None, peaks)
    kept: list[object] = [Leak() for _ in range(1000)]
    kept += [Other() for _ in range(900)]
    assert heapgraph.growth(1, peaks) == [("Leak", 1000, 1000)]
    assert heapgraph.growth(1, peaks) == [("Other", 900, 900)]
    assert rows_of(heapgraph.growth(None, peaks), "Leak", "Other") == []
    assert len(kept) == 1900


def test_only_what_the_filter_keeps_is_counted() -> None:
    peaks: dict[str, int] = {}
    kept = [Leak(), Other()]
    rows = heapgraph.growth(None, peaks, filter=lambda obj: type(obj) is Leak)
    assert rows == [("Leak", 1, 1)]
    assert peaks == {"Leak": 1}
    assert len(kept) == 2


def test_garbage_is_no_growth() -> None:
    peaks: dict[str, int] = {}
    heapgraph.growth(None, peaks)
    for _ in range(10):
        leak = Leak()
        leak.__dict__["itself"] = leak
    del leak
    assert rows_of(heapgraph.growth(None, peaks), "Leak") == []


def test_the_printed_table_is_that_of_objgraph() -> None:
    objgraph = pytest.importorskip("objgraph")
    kept = [Leak(), Leak(), Other()]

    def is_ours(obj: object) -> bool:
        return type(obj) in (Leak, Other)

    for limit in (10, 1, None):
        ours, theirs = io.StringIO(), io.StringIO()
        heapgraph.show_growth(limit, {}, file=ours, filter=is_ours)
        objgraph.show_growth(limit, {}, file=theirs, filter=is_ours)
        assert ours.getvalue() == theirs.getvalue() != ""
    assert len(kept) == 3


def test_rows_and_tables_of_a_filter_are_those_of_objgraph() -> None:
    pytest.importorskip("objgraph")
    run_alone("growth_of_both")


def test_no_growth_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    peaks: dict[str, int] = {}
    heapgraph.show_growth(None, peaks, filter=lambda obj: type(obj) is Leak)
    assert capsys.readouterr().out == ""


def test_the_tool_itself_does_not_grow() -> None:
    """In an interpreter of its own: every kind of call between two tables, the second empty."""
    program = """
import gc, io, heapgraph
class Probe: pass
probe = Probe()
def ask():
    heapgraph.typestats(filter=callable)
    heapgraph.growth(None, {})
    heapgraph.by_type("Probe")
    heapgraph.at(id(probe))
    chain = heapgraph.find_backref_chain(probe, heapgraph.is_proper_module)
    heapgraph.describe_chain(chain)
    heapgraph.find_ref_chain(probe, lambda obj: False)
    heapgraph.show_backrefs(probe, output=io.StringIO(), highlight=callable, extra_info=id)
    heapgraph.show_chain(chain, output=io.StringIO())
ask()
before = [id(obj) for obj in gc.get_referrers(probe)]
heapgraph.show_growth(None, file=io.StringIO())
heapgraph.show_growth(None, file=io.StringIO())
for _ in range(3):
    ask()
    heapgraph.show_growth(None)
assert before == [id(obj) for obj in gc.get_referrers(probe)]
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done


def test_counts_of_two_calls_in_a_row_agree() -> None:
    first = heapgraph.typestats()
    second = heapgraph.typestats()
    changed = {name: second[name] - first.get(name, 0) for name in second}
    # The first answer itself may be counted by the second call.
    assert {name for name, number in changed.items() if number} <= {"dict"}


def test_the_process_has_one_count_of_its_own() -> None:
    heapgraph.start_over()
    kept = [Leak(), Leak()]
    assert rows_of(heapgraph.growth(None), "Leak") == [("Leak", 2, 2)]
    assert rows_of(heapgraph.growth(None), "Leak") == []
    assert len(kept) == 2
