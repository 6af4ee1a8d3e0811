"""A program whose every name is hostile: asks heapgraph for all its texts, and prints them.

The output is JSON: lists of texts by the public name that makes them, and the true texts of data.
Arguments: a folder to write files to.
"""

from __future__ import annotations

import atexit
import ctypes
import datetime
import functools
import gc
import io
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import heapgraph
from gathered_texts import error_of, printed, shown
from heapgraph import _core, _saving
from hostile_code import (
    failing,
    unready_loop,
    warnings_of_referents,
    words_of_block,
    words_of_growth,
    words_of_inspectors,
    words_of_watch,
)
from hostile_heap import (
    EVIL,
    FILE,
    FOLDER,
    MISSING,
    NAME,
    Type,
    chain_of,
    early,
    is_module,
    leaked,
    leave,
    make_garbage,
    module,
    objects,
    thread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def pairs_of_neighbours() -> list[str]:
    """A node with its references."""
    (node,) = snapshot.find(obj=objects[0])
    references = [*node.referents, *node.referrers]
    return [repr(node), *map(repr, references)]


def told() -> list[str]:
    """What the error output of the process is told, and what a saver tells of a failure."""
    read, write = os.pipe()
    kept = os.dup(2)
    os.dup2(write, 2)
    try:
        _saving.tell(NAME)
        _saving.make_saver(str(MISSING))(True)
        _saving.make_saver(FILE, is_told=True)(True)
    finally:
        os.dup2(kept, 2)
        os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="surrogatepass") as pipe:
        text = pipe.read()
    assert text.count("\n") == 3, text
    return [text]


def drawn(function: Callable[..., object], *args: object) -> list[str]:
    """A picture with hostile texts of its own, as DOT and SVG, and what is printed of the file."""
    dot = io.StringIO()
    extra: Any = {"extra_info": lambda _obj: NAME, "shortnames": False, "refcounts": True}
    function(*args, output=dot, **extra)
    picture = FOLDER / f"p{EVIL}.svg"
    printed_text = printed(function, *args, filename=os.fsencode(picture), **extra)
    spelled = dot.getvalue()
    # Lines of what `extra_info` gives are rows of the label, as a program may want.
    lone = [line for line in spelled.splitlines() if line.startswith("Found")]
    return [
        spelled,
        picture.read_text("utf-8"),
        *printed_text,
        *lone,
        *error_of(function, *args, extra_node_attrs=lambda obj: obj),
    ]


def words_of_baseline() -> list[str]:
    """The tables of a baseline of its own."""
    baseline = heapgraph.Baseline()
    return [
        *printed(baseline.show_growth, None, shortnames=False),
        *printed(baseline.get_new_ids, limit=None, shortnames=False),
        *error_of(baseline.get_new_ids, sortby=NAME),
        *error_of(baseline.get_new_ids, limit=Type()),
    ]


def local_root() -> list[str]:
    """Chains from the frame of a thread and from a function that is called at exit."""
    texts = []
    kept = [Type()]
    at_exit = functools.partial(print, kept)
    atexit.register(at_exit)
    for obj in (kept, *heapgraph.by_type(threading.Event)[:3]):
        chain = heapgraph.find_backref_chain(obj, heapgraph.is_root)
        texts.append(heapgraph.describe_chain(chain))
    atexit.unregister(at_exit)
    return texts


def words_of_new() -> list[str]:
    """What holds the objects that are new since a look."""
    baseline = heapgraph.Baseline()
    baseline.growth(limit=None)
    objects.extend(Type() for _ in range(3))
    baseline.growth(limit=None)
    found = baseline.why()
    return [*shown(found), *map(repr, found.places)]


def words_of_outside() -> list[str]:
    """What compiled code holds, and may hold."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(Type()))
    answer = heapgraph.why(Type, limit=20)
    outside = [one.outside for one in answer.chains if one.outside is not None]
    return [text for one in outside for text in (str(one), repr(one))]


def words_of_uncollectable() -> list[str]:
    """A cycle through what only a function tells."""
    zone: Any = type(Type.__name__, (datetime.tzinfo,), {})()
    zone.part = datetime.datetime(2026, 1, 1, tzinfo=zone)
    heapgraph.register_referents(datetime.datetime, lambda when: {"tzinfo": when.tzinfo})
    del zone
    gc.collect()
    found = heapgraph.take_snapshot().garbage().uncollectable_cycles
    heapgraph.unregister_referents(datetime.datetime)
    return [text for held in found for text in (str(held), repr(held))]


def words_of_processes() -> list[str]:
    """What grows in several processes."""
    snapshots = []
    for _ in range(3):
        vars(module)["big" + EVIL].append(Type())
        snapshots.append(heapgraph.take_snapshot())
    report: Any = heapgraph.find_growth_in(snapshots)
    found = _core.process_reports([report, report], [])
    return shown(found)


snapshot = heapgraph.take_snapshot()
snapshot.save(FILE)
hostile: Any = Type()

TEXTS: dict[str, Callable[[], Iterable[str]]] = {
    "Baseline": words_of_baseline,
    "CaptureError": lambda: [str(heapgraph.CaptureError())],
    # A list, which `repr` shows as the objects themselves do.
    "Chain": lambda: [str(chain_of(objects[3]).found)],
    "CycleGroup": lambda: [repr(group) for group in snapshot.cycles().groups],
    "CompiledHolders": words_of_outside,
    "Cycles": lambda: shown(snapshot.cycles()),
    "Delta": lambda: shown(heapgraph.explain_delta(early, snapshot)),
    "DeltaRow": lambda: map(repr, heapgraph.explain_delta(early, snapshot).rows),
    "Explanation": lambda: [
        text
        for explanation in snapshot.why(Type, limit=20).chains
        for text in (repr(explanation), explanation.path)
    ],
    "Garbage": lambda: shown(heapgraph.find_cycles(make_garbage)),
    "GrowingPath": words_of_growth,
    "GrowthLoop": unready_loop,
    "GrowthReport": words_of_growth,
    "HeapDiff": lambda: shown(leaked()),
    "HeapGraphError": lambda: [str(heapgraph.HeapGraphError())],
    "HeapSnapshot": lambda: shown(snapshot),
    "HeldByCycle": words_of_uncollectable,
    "Hint": lambda: [text for hint in snapshot.suspects(0).hints for text in shown(hint)],
    "NewObjects": words_of_new,
    "NewPlace": words_of_new,
    "Node": pairs_of_neighbours,
    "ProcessReports": words_of_processes,
    "Owner": lambda: map(repr, snapshot.owners(10_000)),
    "Picture": lambda: [
        snapshot.draw_backrefs(objects[0]).to_dot(),
        snapshot.draw_refs(objects[:3]).to_svg(),
        snapshot.why(objects[0]).draw().to_svg(),
        repr(snapshot.draw_refs(objects[0])),
        *error_of(snapshot.draw_refs(objects[0]).save, f"x.{EVIL}"),
        *error_of(snapshot.draw_refs(objects[0]).save, MISSING),
    ],
    "Reference": pairs_of_neighbours,
    "ReferenceLeak": lambda: [text for leak in leaked().reference_leaks for text in shown(leak)],
    "RenderError": lambda: error_of(snapshot.draw_refs(objects[0]).save, f"x{EVIL}"),
    "RootChain": lambda: [text for obj in objects[:3] for text in shown(snapshot.find_chain(obj))],
    "ScenarioError": lambda: error_of(heapgraph.find_growth, failing),
    "SnapshotError": lambda: error_of(snapshot.save, MISSING),
    "Suspect": lambda: [text for one in snapshot.suspects(0).suspects for text in shown(one)],
    "Suspects": lambda: shown(snapshot.suspects(0)),
    "TypeChange": lambda: map(repr, snapshot.diff(early).changes),
    "TypeRetained": lambda: map(repr, snapshot.retained_by_type().values()),
    "TypeTotal": lambda: map(repr, snapshot.histogram().values()),
    "UnexplainedReferences": lambda: shown(leaked() and heapgraph.take_snapshot().unexplained()),
    "UnexplainedTotal": lambda: map(repr, heapgraph.take_snapshot().unexplained().totals),
    "Verdict": lambda: [
        repr(heapgraph.Verdict.gone(NAME)),
        *error_of(heapgraph.Verdict.gone, hostile),
    ],
    "Watch": words_of_watch,
    "Why": words_of_inspectors,
    "at": lambda: error_of(heapgraph.at, hostile),
    "at_addrs": lambda: error_of(heapgraph.at_addrs, [hostile]),
    "by_type": lambda: error_of(heapgraph.by_type, hostile),
    "count": lambda: error_of(heapgraph.count, hostile),
    "describe_chain": lambda: [
        heapgraph.describe_chain(chain_of(objects[3])),
        heapgraph.describe_chain(chain_of(module.bytes_key)),
        heapgraph.describe_chain(chain_of(Type)),
        heapgraph.describe_chain(heapgraph.find_ref_chain(module, lambda obj: obj is objects[3])),
        *local_root(),
        *error_of(heapgraph.describe_chain, hostile),
    ],
    "explain_delta": lambda: [str(heapgraph.explain_delta(early, snapshot))],
    "find_backref_chain": lambda: error_of(heapgraph.find_backref_chain, [], hostile),
    "find_cycles": lambda: [
        *shown(heapgraph.find_cycles(make_garbage)),
        *error_of(heapgraph.find_cycles, hostile),
    ],
    "find_growth": lambda: [
        *error_of(heapgraph.find_growth, hostile),
        *error_of(heapgraph.find_growth, print, loops=hostile),
    ],
    "find_growth_in": lambda: error_of(heapgraph.find_growth_in, [MISSING, MISSING]),
    "find_ref_chain": lambda: error_of(heapgraph.find_ref_chain, [], is_module, max_depth=hostile),
    "get_leaking_objects": lambda: error_of(heapgraph.get_leaking_objects, hostile),
    "get_new_ids": lambda: printed(heapgraph.get_new_ids, limit=None, shortnames=False),
    "growth": lambda: error_of(heapgraph.growth, filter=hostile),
    "is_proper_module": list,
    "is_root": list,
    "load_snapshot": lambda: [
        *error_of(heapgraph.load_snapshot, MISSING),
        *error_of(heapgraph.load_snapshot, os.fsencode(MISSING)),
        *error_of(heapgraph.load_snapshot, FOLDER / f"p{EVIL}.svg"),
        *error_of(heapgraph.load_snapshot, hostile),
    ],
    "most_common_types": lambda: error_of(heapgraph.most_common_types, filter=hostile),
    "register_inspector": lambda: [
        *words_of_inspectors(),
        *error_of(heapgraph.register_inspector, hostile, print),
        *error_of(heapgraph.register_inspector, Type, hostile),
    ],
    "register_referents": lambda: [
        *warnings_of_referents(),
        *error_of(heapgraph.register_referents, hostile, print),
        *error_of(heapgraph.register_referents, Type, hostile),
    ],
    "save_on_signal": lambda: [*error_of(heapgraph.save_on_signal, None, MISSING), *told()],
    "show_backrefs": lambda: drawn(heapgraph.show_backrefs, objects[0]),
    "show_chain": lambda: drawn(heapgraph.show_chain, chain_of(objects[3])),
    "show_growth": lambda: printed(heapgraph.show_growth, None, shortnames=False),
    "show_most_common_types": lambda: [
        *printed(heapgraph.show_most_common_types, None, shortnames=False),
        *printed(heapgraph.show_most_common_types, None),
    ],
    "show_refs": lambda: drawn(heapgraph.show_refs, objects[0]),
    "start_over": list,
    "take_snapshot": warnings_of_referents,
    "testing.assert_no_growth": words_of_block,
    "typestats": lambda: error_of(heapgraph.typestats, filter=hostile),
    "unregister_inspector": lambda: error_of(heapgraph.unregister_inspector, hostile),
    "unregister_referents": lambda: error_of(heapgraph.unregister_referents, hostile),
    "watch": words_of_watch,
    "watched": words_of_watch,
    "why_new": words_of_new,
    "why": lambda: [
        *shown(heapgraph.why(objects[0])),
        *shown(heapgraph.why(Type, limit=10)),
        *error_of(heapgraph.why, "no" + EVIL),
    ],
}

heapgraph.get_new_ids(limit=0)
answers: dict[str, list[str]] = {}
for name, ask in TEXTS.items():
    answers[name] = list(ask())
json.dump(
    {
        "texts": answers,
        "typestats": list(heapgraph.typestats(shortnames=False)),
        "types": list(snapshot.histogram()),
        "file": FILE,
        "one_line": _core.one_line(NAME),
        "evil": EVIL,
    },
    sys.stdout,
)
leave.set()
thread.join()
