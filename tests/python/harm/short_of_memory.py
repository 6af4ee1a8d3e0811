"""Ask every question with little address space left: each is answered, or says what is missing.

usage: short_of_memory.py MIB

A line for each question: `outcome`, its name, and `answered` or the name of the exception. The
limit is set for one question at a time, to what the process has at that moment and MIB more.
"""

from __future__ import annotations

import gc
import re
import resource
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph
from heapgraph import _core

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURES = re.compile(r"about \d+ MiB of memory are needed and \d+ MiB are left by the limit")

room = int(sys.argv[1]) << 20
keep = [{number: [number]} for number in range(100_000)]
witness = keep[5]
folder = Path(tempfile.mkdtemp())
saved = str(folder / "saved.parquet")
again = str(folder / "again.parquet")
picture = str(folder / "picture.svg")
snapshot = heapgraph.take_snapshot()
snapshot.save(saved)


class CommandError(Exception):
    """The command ended with status 2, and a sentence that the test looks at."""


def command(*words: str) -> None:
    """Run the command in this process: it ends well, or with status 2 and a sentence."""
    status = _core.command(["heapgraph", *words], False)
    if status == 2:
        raise CommandError
    if status != 0:
        raise AssertionError(status)


def grow() -> None:
    """Look at two moments."""
    history = _core.GrowthHistory([])
    history.has_grown()
    history.take(1, 0, 0, 0, True)
    history.take(2, 0, 0, 0, True)


def show(chain: list[object]) -> None:
    """Draw a chain."""
    heapgraph.show_chain(chain, filename=picture)


LIVE: dict[str, Callable[[], object]] = {
    "take_snapshot": heapgraph.take_snapshot,
    "take_snapshot(force)": lambda: heapgraph.take_snapshot(force=True),
    "take_snapshot(values)": lambda: heapgraph.take_snapshot(values=True, names=False),
    "find_backref_chain": lambda: heapgraph.find_backref_chain(witness, heapgraph.is_proper_module),
    "find_backref_chain(own)": lambda: heapgraph.find_backref_chain(witness, lambda obj: False),
    "describe_chain": lambda: heapgraph.describe_chain([keep, witness]),
    "show_chain": lambda: show([keep, witness]),
    "show_backrefs": lambda: heapgraph.show_backrefs([witness], filename=picture),
    "show_refs": lambda: heapgraph.show_refs([keep], filename=picture),
    "why": lambda: str(heapgraph.why("dict")),
    "why(object)": lambda: str(heapgraph.why(witness)),
    "GrowthHistory": grow,
    "get_new_ids": lambda: heapgraph.get_new_ids(file=sys.stderr),
    "get_leaking_objects": heapgraph.get_leaking_objects,
    "by_type": lambda: heapgraph.by_type("dict"),
    "count": lambda: heapgraph.count("dict"),
    "typestats": heapgraph.typestats,
    "CapturedHeap": _core.CapturedHeap,
}

OF_SNAPSHOT: dict[str, Callable[[], object]] = {
    "histogram": lambda: snapshot.histogram(),
    "find": lambda: snapshot.find("dict"),
    "find_chain": lambda: snapshot.find_chain(id(witness)),
    "unexplained": lambda: str(snapshot.unexplained()),
    "retained_size": lambda: snapshot.retained_size(id(keep)),
    "owners": lambda: snapshot.owners(),
    "retained_by_type": lambda: snapshot.retained_by_type(),
    "suspects": lambda: snapshot.suspects().to_dict(),
    "why(snapshot)": lambda: str(snapshot.why("dict")),
    "draw_backrefs": lambda: snapshot.draw_backrefs(id(witness)).to_svg(),
    "cycles": lambda: str(snapshot.cycles()),
    "garbage": lambda: str(snapshot.garbage()),
    "diff": lambda: str(snapshot.diff(snapshot)),
    "explain_delta": lambda: str(heapgraph.explain_delta(snapshot, snapshot)),
    "str": lambda: str(snapshot),
    "save": lambda: snapshot.save(again),
    "load": lambda: heapgraph.load_snapshot(saved),
    "find_growth_in": lambda: str(heapgraph.find_growth_in([saved, saved, saved])),
    "heapgraph summary": lambda: command("summary", saved),
    "heapgraph types": lambda: command("types", saved, "--json"),
    "heapgraph diff": lambda: command("diff", saved, saved),
    "heapgraph suspects": lambda: command("suspects", saved),
    "heapgraph cycles": lambda: command("cycles", saved),
    "heapgraph why": lambda: command("why", saved, "dict"),
    "heapgraph growth": lambda: command("growth", saved, saved, saved),
    "heapgraph export": lambda: command("export", saved, "-o", str(folder / "export.json")),
}


def address_space() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def outcome_of(question: Callable[[], object]) -> str:
    """What comes of a question: an answer, or an error that names its figures."""
    try:
        question()
    except CommandError:
        return "CommandError"
    except (heapgraph.CaptureError, heapgraph.SnapshotError, MemoryError) as error:
        # The interpreter's own MemoryError has no figures.
        if str(error) and not FIGURES.search(str(error)):
            raise
        return type(error).__name__
    return "answered"


def ask(name: str, question: Callable[[], object]) -> None:
    """Ask with little room, and see that nothing is changed."""
    gc.collect()
    objects, references = len(gc.get_objects()), sys.getrefcount(witness)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + room, limits[1]))
    try:
        outcome = outcome_of(question)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    gc.collect()
    assert gc.isenabled(), name
    assert sys.getrefcount(witness) == references, name
    assert abs(len(gc.get_objects()) - objects) < 2000, (name, objects, len(gc.get_objects()))
    print("outcome", name, outcome, sep="\t", flush=True)


for name, question in {**LIVE, **OF_SNAPSHOT}.items():
    ask(name, question)
