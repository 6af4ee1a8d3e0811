"""What registries note of objects that something else keeps is told behind that."""

from __future__ import annotations

import sys
import threading

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
