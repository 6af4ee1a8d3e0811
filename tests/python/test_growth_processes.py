"""Heaps that several processes have saved, and two of one process in either order."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import heapgraph

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """
import os, sys
import heapgraph
folder, count = sys.argv[1], int(sys.argv[2])
seen = []
for turn in range(3):
    seen.extend(object() for _ in range(count))
    heapgraph.take_snapshot().save(f"{folder}/{os.getpid()}-{turn}.parquet")
print(os.getpid())
"""


def run_worker(folder: Path, count: int) -> int:
    words = [sys.executable, "-c", WORKER, str(folder), str(count)]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def test_each_process_is_judged_by_itself(tmp_path: Path) -> None:
    quiet, leaking = run_worker(tmp_path, 0), run_worker(tmp_path, 50)
    report = heapgraph.find_growth_in(tmp_path)
    assert isinstance(report, heapgraph.ProcessReports)
    assert report
    assert report.verdict == "leaking"
    assert repr(report) == "<heapgraph.ProcessReports, leaking, 1 of 2 processes>"
    assert [(row.path, row.pid) for row in report.growing] == [("__main__.seen", leaking)]
    assert {one.pid: one.verdict for one in report.processes} == {
        quiet: "nothing",
        leaking: "leaking",
    }
    assert str(report).startswith("Leaking: 1 of 2 processes\n\n__main__.seen  builtins.list\n")
    assert report.to_dict()["schema"] == "heapgraph/growth-processes@1"
    assert report.iterations == 2
    assert [*report.missing, *report.bounded, *report.ignored] == []

    ignored = heapgraph.find_growth_in(tmp_path, ignore="__main__.seen")
    assert not ignored
    assert [row.path for row in ignored.ignored] == ["__main__.seen"]

    of_one = sorted(tmp_path.glob(f"{leaking}-*"))
    report = heapgraph.find_growth_in(of_one)
    assert isinstance(report, heapgraph.GrowthReport)
    assert [one.verdict for one in report.processes] == [report.verdict] == ["leaking"]
    assert report.pid == leaking
    # Snapshots in memory are of their processes too; one that is alone is left out.
    loaded = [heapgraph.load_snapshot(path) for path in of_one]
    alone = next(tmp_path.glob(f"{quiet}-*"))
    report = heapgraph.find_growth_in([*reversed(loaded), alone])
    assert [row.pid for row in report.growing] == [leaking]
    (missing,) = report.missing
    assert missing.startswith("1 snapshot was left out")


def test_two_snapshots_of_one_process_are_compared_in_the_order_of_their_capture(
    tmp_path: Path,
) -> None:
    kept = [object() for _ in range(10)]
    before = heapgraph.take_snapshot()
    kept += [object() for _ in range(500)]
    heapgraph.take_snapshot().save(tmp_path / "after.parquet")
    after = heapgraph.load_snapshot(tmp_path / "after.parquet")

    def count_changes(diff: heapgraph.HeapDiff) -> dict[str, int]:
        return {change.type_name: change.count_change for change in diff.changes}

    right, wrong = after.diff(before), before.diff(after)
    assert (right.order, wrong.order) == ("forward", "reversed")
    assert count_changes(wrong) == count_changes(right)
    assert count_changes(wrong)["builtins.object"] >= 500
    assert "The later snapshot was given as the base" in str(wrong)
    assert "The later snapshot" not in str(right)
    delta = heapgraph.explain_delta(before, after)
    assert (delta.order, heapgraph.explain_delta(after, before).order) == ("forward", "reversed")
    assert delta.bytes == heapgraph.explain_delta(after, before).bytes > 0
    assert "The later snapshot was given" in str(heapgraph.explain_delta(after, before))
