"""Turns of fast and slow iterations: how long they are, and when they end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest

from drawn_machine import DrawnMachine
from heapgraph._growth_pace import Pace

if TYPE_CHECKING:
    from heapgraph import _core


class History:
    """Notes the turns, of which nothing comes to be known."""

    def __init__(self) -> None:
        self.turns: list[bool] = []
        self.missing: list[str] = []

    def begin_turns(self) -> None:
        """Begin."""

    def end_turn(self, is_slow: bool) -> bool:
        """Note one."""
        self.turns.append(is_slow)
        return False

    def add_missing(self, text: str) -> None:
        """Note what is missing."""
        self.missing.append(text)


def turns_of(each: float, seconds: float = 100.0) -> tuple[History, list[float]]:
    """Run iterations that take so long until the turns end, after a watch of a thousand."""

    class Counted(DrawnMachine):
        now = 1000 * each

    history = History()
    pace = Pace(cast("_core.GrowthHistory", history), Counted, 0.0, 1000, seconds)
    began = [Counted.now]
    while pace.can_tell:
        Counted.now += each
        if not pace.goes_on():
            break
        began.append(Counted.now)
    return history, began


def test_fast_and_slow_iterations_take_turns_for_three_times_as_long_as_the_watch() -> None:
    history, began = turns_of(0.001)
    assert history.turns == [False, True] * (len(history.turns) // 2) + [False] * (
        len(history.turns) % 2
    )
    took = [after - before for before, after in pairwise(began)]
    # A slow one takes five times as long.
    assert {round(seconds, 4) for seconds in took} == {0.001, 0.005}
    # A turn of 23 ms has 23 fast ones, or four slow ones and a part.
    assert 3.0 <= began[-1] - began[0] < 3.1
    assert 120 <= len(history.turns) <= 131
    assert "by the clock" in history.missing[0]


def test_time_that_is_over_ends_the_turns() -> None:
    _, began = turns_of(0.001, seconds=1.5)
    assert 0.5 <= began[-1] - began[0] < 0.6


@pytest.mark.parametrize(("each", "can_tell"), [(0.0249, True), (0.0251, False)])
def test_slow_iterations_are_waited_for_where_one_is_short(each: float, can_tell: bool) -> None:
    history, _ = turns_of(each)
    assert bool(history.turns) == can_tell
