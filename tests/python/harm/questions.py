"""Every kind of question, asked of this process: none may end it, each has a sane answer."""

from __future__ import annotations

import heapgraph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Sink:
    """Takes what is printed, and imports nothing for it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class Marker:
    """One object of the heap, which every question has to find."""


HOLDER: list[Any] = [Marker()]
GROWING: list[Any] = []


def ask_snapshot() -> heapgraph.HeapSnapshot:
    """A snapshot with names and sizes, in which the marker is and is named."""
    snapshot = heapgraph.take_snapshot()
    (node,) = snapshot.find(Marker)
    assert snapshot.node_count == sum(total.count for total in snapshot.histogram().values())
    assert snapshot.shallow_size > 0
    chain = snapshot.find_chain(node)
    assert chain is not None
    assert chain.path.endswith("HOLDER[0]"), chain.path
    str(snapshot.unexplained())
    return snapshot


def ask_live() -> None:
    """What is asked of the live heap: `why`, chains, counts, what has grown."""
    assert heapgraph.why(HOLDER[0]).chains[0].path.endswith("HOLDER[0]")
    chain = heapgraph.find_backref_chain(HOLDER[0], heapgraph.is_proper_module)
    assert chain[-1] is HOLDER[0]
    assert heapgraph.describe_chain(chain)
    assert heapgraph.count(Marker) == 1
    assert heapgraph.typestats()["Marker"] == 1
    sink = Sink()
    heapgraph.show_growth(limit=3, file=sink)  # type: ignore[arg-type]
    assert sink.text.count("\n") == 3, sink.text
    heapgraph.get_new_ids(file=sink)  # type: ignore[arg-type]
    assert not [item for item in heapgraph.get_leaking_objects() if item is HOLDER[0]]


def ask_growth() -> None:
    """Whether a function that does nothing grows, and one that does."""
    report = heapgraph.find_growth(lambda: None, iterations=200, seconds=60)
    # A tool that measures this process may fill its tables meanwhile, and a first use may leave
    # something.
    assert report.verdict in ("nothing", "bounded", "warm-up"), str(report)
    report = heapgraph.find_growth(lambda: GROWING.append([]), iterations=20, seconds=60)
    assert any(path.path.endswith(".GROWING") for path in report.growing), report
    GROWING.clear()


def ask_everything() -> None:
    """All that takes a walk or a few."""
    ask_snapshot()
    ask_live()
