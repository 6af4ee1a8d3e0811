"""Below the limit of a control group, or of one around it, a question that is too large is refused:
the system would kill the process."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import pytest

from children import HERE, survives
from control_groups import nested_groups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs control groups"),
    pytest.mark.one_version,
]


@pytest.fixture
def outer() -> Iterator[Path]:
    with contextlib.ExitStack() as groups:
        try:
            folder = groups.enter_context(nested_groups())
        except OSError as error:
            pytest.skip(f"no control group can be made: {error}")
        yield folder


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from control_groups import Limit
import heapgraph
group = Limit(Path({outer!r}))
group.enter()
keep = [{{number: [number]}} for number in range(200_000)]
for room in (20, 1_000):
    with group.leaving(room << 20):
        try:
            print(heapgraph.take_snapshot().node_count > 400_000)
        except heapgraph.CaptureError as error:
            print(error)
"""


def test_the_limit_of_an_outer_group_is_named_with_both_figures(outer: Path) -> None:
    printed = survives(PROGRAM.format(here=str(HERE), outer=str(outer)))
    refused, answered = printed.splitlines()
    assert "are left by the limit of its control group" in refused
    assert "MiB of memory are needed" in refused
    assert answered == "True"


@pytest.mark.parametrize("room", [20, 34])
def test_every_question_is_answered_or_refused_below_it(outer: Path, room: int) -> None:
    printed = survives("short_of_memory.py", str(room), "dicts", str(outer), timeout=300)
    rows = [line.split("\t") for line in printed.splitlines() if line.startswith("outcome\t")]
    assert len(rows) >= 60
