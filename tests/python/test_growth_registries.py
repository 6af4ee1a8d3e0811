"""What registries note of objects that something else keeps is told behind that."""

from __future__ import annotations

import sys
import threading
import weakref
from collections import deque

import heapgraph

IS_OVER = threading.Event()


def test_registries_come_behind_what_they_note() -> None:
    """What starts threads is told, and not what the library notes of them."""
    started: list[threading.Thread] = []

    def start() -> None:
        started.append(threading.Thread(target=IS_OVER.wait))
        started[-1].start()

    try:
        report = heapgraph.find_growth(start, iterations=30)
    finally:
        IS_OVER.set()
        for thread in started:
            thread.join()
    [row] = report.growing
    assert row.path.endswith("started>")
    registries = {"threading._active"}
    if sys.version_info < (3, 13):
        registries.add("threading._shutdown_locks")
    assert {*row.also} >= registries
    assert any(path.endswith("._waiters") for path in row.also)


class Receiver:
    """Is told of signals."""


class Reference:
    """Refers weakly to a receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self.weak = weakref.ref(receiver)


def test_an_index_of_weak_references_comes_behind_what_keeps_their_objects() -> None:
    listeners: deque[Receiver] = deque()
    index: dict[tuple[int, str], dict[weakref.ref[type], weakref.ref[Receiver]]] = {}

    def listen() -> None:
        receiver = Receiver()
        listeners.append(receiver)
        index[id(receiver), "saved"] = {weakref.ref(Receiver): weakref.ref(receiver)}

    [row] = heapgraph.find_growth(listen, iterations=300).growing
    assert row.path.endswith("<local listeners>")
    assert [path.endswith("<local index>") for path in row.also] == [True]


def test_connections_come_behind_the_senders_that_the_program_keeps() -> None:
    kept: list[Receiver] = []
    connections: dict[int, dict[str, list[Reference]]] = {}
    senders: dict[int, list[int]] = {}

    def connect() -> None:
        receiver = Receiver()
        kept.append(receiver)
        connections[id(receiver)] = {"saved": [Reference(receiver)]}
        senders[id(receiver)] = [id(receiver)]

    [row] = heapgraph.find_growth(connect, iterations=300).growing
    assert row.path.endswith("<local kept>")
    also = {path.rpartition("<local ")[2] for path in row.also}
    assert also == {"connections>", "senders>"}


def test_leaks_that_lead_to_the_same_old_object_are_two() -> None:
    """What each of their elements refers to is not new, so it does not connect them."""
    shared = Receiver()
    first: list[list[Receiver]] = []
    second: list[list[Receiver]] = []
    rooms = {"first": [first], "second": [second]}

    def work() -> None:
        rooms["first"][0].append([shared])
        rooms["second"][0] += [[shared], [shared]]

    report = heapgraph.find_growth(work, iterations=300)
    assert len(report.growing) == 2
