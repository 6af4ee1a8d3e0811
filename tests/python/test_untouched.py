"""A capture leaves the heap as it found it, and finds what the collector no longer lists."""

from __future__ import annotations

import gc
import itertools
import json
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest

import heapgraph
from heapgraph._core import CapturedHeap, named_referents

# Each program prints a list of numbers that must be equal, or of values that must be true.
FIRST_CALL = """
import gc, heapgraph._core
capture = heapgraph._core.CapturedHeap
gc.collect()
gc.disable()
before = len(gc.get_objects())
capture()
after = len(gc.get_objects())
capture()
again = len(gc.get_objects())
print([before, after, again])
"""

BUSY = """
import gc, threading, heapgraph._core
capture = heapgraph._core.CapturedHeap

def deep(level, held):
    if level:
        return deep(level - 1, [held])
    gc.collect()
    gc.disable()
    before = len(gc.get_objects())
    capture()
    after = len(gc.get_objects())
    capture()
    again = len(gc.get_objects())
    return [before, after, again]

def generator(held):
    yield deep(300, held)

def suspended():
    held = []
    yield held

def wait(ready, done):
    local = [ready]
    cell = {"x": lambda: local}
    ready.set()
    done.wait()

threads, done = [], threading.Event()
for _ in range(3):
    ready = threading.Event()
    threads.append(threading.Thread(target=wait, args=(ready, done)))
    threads[-1].start()
    ready.wait()
idle = suspended()
next(idle)
print(next(generator([])))
done.set()
"""

FROZEN = """
import gc, sys, heapgraph, heapgraph._core as core

class Leaked:
    pass

def addresses_from_modules():
    found = [sys.modules]
    known = {id(sys.modules)}
    for item in found:
        # Others that are untracked, such as `sys.float_info`, are not looked into.
        if not gc.is_tracked(item) and type(item) not in (tuple, dict):
            continue
        for held in gc.get_referents(item):
            if id(held) not in known:
                known.add(id(held))
                found.append(held)
    return known - {id(found)}

def found():
    leaked = Leaked()
    registry["name"] = [leaked]
    gc.collect()
    reachable = addresses_from_modules()
    gc.freeze()
    assert gc.get_objects() == [] or len(gc.get_objects()) < 50
    heap = core.CapturedHeap()
    frozen = gc.get_freeze_count()
    chain = heapgraph.find_backref_chain(leaked, heapgraph.is_proper_module)
    answer = [
        id(leaked) in heap,
        id(registry) in heap,
        id(Leaked) in heap,
        len(reachable) > 5_000,
        all(address in heap for address in reachable),
        chain[-1] is leaked,
        len(chain) == 5,
        gc.get_freeze_count() == frozen,
    ]
    gc.unfreeze()
    return answer + [gc.get_freeze_count() == 0]

registry = {}
print(str(found()).lower())
"""

COLLECTOR_STATE = """
import gc, sys, heapgraph._core as core
gc.set_threshold(123, 4, 5)
answer = []
ways = [core.CapturedHeap, lambda: core.named_referents(answer)]
for switch in (gc.enable, gc.disable):
    switch()
    was = gc.isenabled()
    core.CapturedHeap()
    core.named_referents([1])
    answer.append(gc.isenabled() == was)
    kept = sys._current_frames

    def broken():
        raise ValueError("no frames today")

    sys._current_frames = broken
    before = len(gc.get_objects())
    for ask in ways:
        try:
            ask()
        except ValueError as error:
            answer.append(str(error) == "no frames today")
        error = None
    # While it is enabled the collector may take something off its list at any time.
    answer.append(was or len(gc.get_objects()) == before)
    sys._current_frames = kept
    answer.append(gc.isenabled() == was)
answer.append(gc.get_threshold() == (123, 4, 5) or gc.get_threshold()[:2] == (123, 4))
print(str(answer).lower())
"""


def printed(program: str) -> list[Any]:
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert isinstance(answer, list)
    return answer


@pytest.mark.parametrize("program", [FIRST_CALL, BUSY], ids=["first call", "busy"])
def test_the_collector_lists_as_many_objects_as_before(program: str) -> None:
    before, after, again = printed(program)
    assert before == after == again


def test_frozen_objects_are_captured_with_their_chains() -> None:
    assert all(printed(FROZEN)), printed(FROZEN)


def test_the_collector_is_left_as_it_was_even_after_a_failure() -> None:
    answer = printed(COLLECTOR_STATE)
    assert all(answer), answer


class Node:
    def __init__(self, number: int) -> None:
        self.number = [number]
        self.next: Node | None = None


def dict_count() -> int:
    return sum(type(item) is dict for item in gc.get_objects())


def test_no_instance_dict_is_made() -> None:
    nodes = [Node(number) for number in range(1_000)]
    for first, second in itertools.pairwise(nodes):
        first.next = second
    gc.collect()
    before = dict_count()
    CapturedHeap()
    named_referents(nodes[500])
    heapgraph.find_backref_chain(nodes[-1].number, heapgraph.is_proper_module)
    heapgraph.find_ref_chain(nodes[0], lambda item: item is nodes[-1].number)
    assert dict_count() == before


def test_nothing_is_kept_alive() -> None:
    node = Node(1)
    gone = weakref.ref(node)
    heap = CapturedHeap()
    address = id(node)
    del node
    assert gone() is None
    assert address in heap


def test_captures_in_several_threads_at_once() -> None:
    nodes = [Node(number) for number in range(100)]
    answers: list[bool] = []

    def capture() -> None:
        for _ in range(3):
            heap = CapturedHeap()
            answers.append(all(id(node) in heap for node in nodes))

    threads = [threading.Thread(target=capture) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 12
