"""Ask every question with little memory left: each is answered, or says what is missing.

usage: short_of_memory.py MIB [SHAPE] [GROUP]

A line for each question: `outcome`, its name, and `answered` or the name of the exception. The
limit is set for one question at a time, to what the process has at that moment and MIB more: of its
address space, or of GROUP, the folder of a control group, in a group below which this process then
goes on. SHAPE is what most of the heap is, a key of `SHAPES`.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import re
import resource
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import heapgraph
from control_groups import Limit
from heapgraph import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FIGURES = re.compile(r"about \d+ MiB of memory are needed and \d+ MiB are left by the limit")


class Row(list[object]):
    """A list that has attributes and slots besides."""

    __slots__ = ("__dict__", "first")


def long_row() -> Row:
    """One instance of a subclass of list."""
    row = Row([None]) * 600_000
    row = Row(row)
    row.first = row.more = []  # type: ignore[attr-defined]
    return row


def audited() -> list[dict[int, list[int]]]:
    """Dicts, and a hook that may run whenever an attribute is read: all is held meanwhile."""
    sys.addaudithook(lambda *_: None)
    return [{number: [number]} for number in range(40_000)]


SHAPES: dict[str, Callable[[], Iterable[object]]] = {
    "dicts": lambda: [{number: [number]} for number in range(40_000)],
    "dicts, audited": audited,
    "a subclass of list": long_row,
    "a subclass of tuple": lambda: type("Cells", (tuple,), {})([None] * 600_000),
    "an ordered dict": lambda: OrderedDict((number, None) for number in range(80_000)),
    "a wide dict": lambda: dict.fromkeys(range(120_000)),
    "a wide set": lambda: set(range(120_000)),
}

room = int(sys.argv[1]) << 20
shape = sys.argv[2] if len(sys.argv) > 2 else "dicts"
group = Limit(Path(sys.argv[3])) if len(sys.argv) > 3 else None
if group:
    group.enter()
witness: list[object] = [[]]
large = SHAPES[shape]()
keep = [witness, large]
inside = next(iter(large))
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
    history.take(1, 0, 0, 0, True, _core.Asker([], [], []))
    history.take(2, 0, 0, 0, True, _core.Asker([], [], []))


def show(chain: list[object]) -> None:
    """Draw a chain."""
    heapgraph.show_chain(chain, filename=picture)


COMMANDS = [
    ("summary", saved),
    ("types", saved, "--json"),
    ("diff", saved, saved),
    ("growth", saved, saved, saved),
    ("find", saved, "list"),
    ("chain", saved, hex(id(witness))),
    ("why", saved, hex(id(witness))),
    ("refs", saved, hex(id(keep))),
    ("backrefs", saved, hex(id(witness))),
    ("retained", saved, "list"),
    ("owners", saved),
    ("suspects", saved),
    ("garbage", saved),
    ("cycles", saved),
    ("export", saved, "-o", str(folder / "export.json")),
]

LIVE: dict[str, Callable[[], object]] = {
    "take_snapshot": heapgraph.take_snapshot,
    "take_snapshot(force)": lambda: heapgraph.take_snapshot(force=True),
    "take_snapshot(values)": lambda: heapgraph.take_snapshot(values=True, names=False),
    "find_backref_chain": lambda: heapgraph.find_backref_chain(witness, heapgraph.is_proper_module),
    "find_backref_chain(own)": lambda: heapgraph.find_backref_chain(witness, lambda obj: False),
    "find_ref_chain": lambda: heapgraph.find_ref_chain(keep, lambda obj: obj is witness),
    "find_backref_chain(inside)": lambda: heapgraph.find_backref_chain(
        inside, heapgraph.is_proper_module
    ),
    "is_root": lambda: heapgraph.is_root(witness),
    "find_cycles": lambda: str(heapgraph.find_cycles(lambda: None)),
    "describe_chain": lambda: heapgraph.describe_chain([keep, witness]),
    "describe_chain(inside)": lambda: heapgraph.describe_chain([keep, large, inside]),
    "show_chain": lambda: show([keep, witness]),
    "show_chain(inside)": lambda: show([keep, large, inside]),
    "show_backrefs": lambda: heapgraph.show_backrefs([witness], filename=picture),
    "show_backrefs(inside)": lambda: heapgraph.show_backrefs([inside], filename=picture),
    "show_refs": lambda: heapgraph.show_refs([keep], filename=picture),
    "why": lambda: str(heapgraph.why("dict")),
    "why(inside)": lambda: str(heapgraph.why(large)),
    "why(object)": lambda: str(heapgraph.why(witness)),
    "GrowthHistory": grow,
    "get_new_ids": lambda: heapgraph.get_new_ids(file=sys.stderr),
    "get_leaking_objects": heapgraph.get_leaking_objects,
    "by_type": lambda: heapgraph.by_type("dict"),
    "count": lambda: heapgraph.count("dict"),
    "typestats": heapgraph.typestats,
    "most_common_types": heapgraph.most_common_types,
    "show_growth": lambda: heapgraph.show_growth(file=io.StringIO()),
    "at_addrs": lambda: heapgraph.at_addrs([id(witness)]),
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
    "draw_refs": lambda: snapshot.draw_refs(id(keep)).to_svg(),
    "dominators": lambda: snapshot.dominators(id(witness)),
    "opaque_types": lambda: snapshot.opaque_types(),
    "find_cycles(snapshot)": lambda: str(snapshot.cycles("dict")),
    "referrers": lambda: snapshot.find(address=id(witness))[0].referrers,
    "cycles": lambda: str(snapshot.cycles()),
    "garbage": lambda: str(snapshot.garbage()),
    "diff": lambda: str(snapshot.diff(snapshot)),
    "explain_delta": lambda: str(heapgraph.explain_delta(snapshot, snapshot)),
    "str": lambda: str(snapshot),
    "save": lambda: snapshot.save(again),
    "load": lambda: heapgraph.load_snapshot(saved),
    "find_growth_in": lambda: str(heapgraph.find_growth_in([saved, saved, saved])),
    **{f"heapgraph {words[0]}": functools.partial(command, *words) for words in COMMANDS},
}


def address_space() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextlib.contextmanager
def little_room() -> Iterator[None]:
    """Leave this process little memory meanwhile."""
    if group:
        with group.leaving(room):
            yield
        return
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + room, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


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
    with little_room():
        outcome = outcome_of(question)
    gc.collect()
    assert gc.isenabled(), name
    assert sys.getrefcount(witness) == references, name
    assert abs(len(gc.get_objects()) - objects) < 2000, (name, objects, len(gc.get_objects()))
    print("outcome", name, outcome, sep="\t", flush=True)


for name, question in {**LIVE, **OF_SNAPSHOT}.items():
    ask(name, question)
