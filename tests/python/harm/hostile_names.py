"""A program whose every name is hostile: asks heapgraph for all its texts, and prints them.

The output is JSON: lists of texts by the public name that makes them, and the true texts of data.
Arguments: a folder to write files to.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import io
import json
import os
import sys
import threading
import types
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import heapgraph
from heapgraph import _core, _saving, testing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EVIL = (
    "\x1b[2J\x1b]0;owned\x07\u202eT\x9b1m\u2066\u200f\u061c\u200b\u2060\ufeff\u00adx\u200dy\ufe0f"
    "\U000e0041\r\x7f\x85\u2028\u2029\nFound: nothing leaks\n"
)
"""Characters that terminals obey, reorder, hide, or end a line at."""

LONE = "\udc9b"
"""No encoding has it: a text with it can not be printed."""

NAME = EVIL + LONE

FOLDER = Path(sys.argv[1])
FILE = str(FOLDER / ("f" + EVIL.replace("/", "") + ".parquet"))
MISSING = FOLDER / ("missing" + EVIL) / "x.parquet"


def renamed_class(*bases: type) -> Any:
    """A class with a hostile name in a hostile module."""
    cls = type("T", bases, {})
    cls.__name__ = cls.__qualname__ = EVIL
    cls.__module__ = "m" + EVIL
    return cls


def renamed_function(namespace: dict[str, object]) -> Callable[[], None]:
    """A function that stops in a thread, of a hostile name, file and variable."""

    def wait() -> None:
        local = holder.pop()
        entered.set()
        leave.wait()
        del local

    holder = [Type()]
    code = wait.__code__.replace(co_name=NAME, co_filename=NAME, co_varnames=(NAME,))
    if sys.version_info >= (3, 11):
        code = code.replace(co_qualname=NAME)
    return types.FunctionType(code, {**globals(), **namespace}, NAME, None, wait.__closure__)


sys.argv[0] = EVIL
early = heapgraph.take_snapshot()
Type = renamed_class()
module: Any = types.ModuleType("m" + EVIL)
sys.modules["m" + EVIL] = module
entered, leave = threading.Event(), threading.Event()
thread = threading.Thread(target=renamed_function({}), name=NAME, daemon=True)
thread.start()
entered.wait()

objects = [Type() for _ in range(300)]
vars(module)[NAME] = {NAME: objects}
for one in objects:
    vars(one)[NAME] = Type()
    vars(vars(one)[NAME])[NAME] = one
vars(module)["big" + EVIL] = [Type() for _ in range(100)]
for one in vars(module)["big" + EVIL]:
    vars(one)[NAME] = b"x" * 200_000 + str(id(one)).encode()
module.bytes_key = {EVIL.encode(): [Type()]}


class Subject:
    """Registers its method with itself: a hint."""

    @functools.cache  # noqa: B019 - this is what is found
    def cached(self, key: str) -> str:
        """Stay in the cache."""
        return key + NAME


Subject.__name__ = Subject.__qualname__ = EVIL
subjects = [Subject() for _ in range(50)]
for one in subjects:
    one.cached("x" * 50_000 + str(id(one)))
subjects.clear()


def is_module(obj: object) -> bool:
    """A predicate written in Python."""
    return obj is module


def printed(function: Callable[..., object], *args: object, **options: object) -> list[str]:
    """What a function prints and what the `str` of what it returns is."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*args, **options)
    return [out.getvalue()]


def error_of(function: Callable[..., object], *args: object, **options: object) -> list[str]:
    """What the exception that a function raises says."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            function(*args, **options)
    except Exception as error:
        return [str(error), *map(str, error.args)]
    message = f"{function} raised nothing"
    raise AssertionError(message)


def shown(answer: object) -> list[str]:
    """All texts that an answer is shown as."""
    html = getattr(answer, "_repr_html_", str)()
    svg = getattr(answer, "_repr_svg_", str)()
    return [str(answer), repr(answer), html, svg, *map(str, getattr(answer, "chains", ()))]


def warnings_of_referents() -> list[str]:
    """Function and class are named in a warning, and in what was not seen."""

    def fail(_obj: object) -> None:
        raise ValueError(NAME)

    fail.__qualname__ = NAME
    heapgraph.register_referents(Type, fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        snapshot = heapgraph.take_snapshot()
    heapgraph.unregister_referents(Type)
    assert caught
    return [*(str(one.message) for one in caught), str(snapshot), str(snapshot.garbage())]


def words_of_inspectors() -> list[str]:
    """What inspectors give, and how they fail."""
    texts = []
    verdicts: list[Callable[[object], Any]] = [
        lambda _obj: heapgraph.Verdict.gone(EVIL),
        lambda _obj: heapgraph.Verdict.stays(EVIL),
        lambda obj: obj,
        lambda _obj: [][0],
    ]
    for inspect in verdicts:
        inspect.__qualname__ = NAME
        heapgraph.register_inspector(Type, inspect)
        answer = heapgraph.why(objects[0])
        texts += [*shown(answer), answer.draw().to_dot()]
    heapgraph.unregister_inspector(Type)
    return texts


def words_of_watch() -> list[str]:
    """A watched object, why it is there, and what can not be watched."""
    watch = heapgraph.watch(objects[5], EVIL)
    answer = watch.why()
    assert answer is not None
    assert heapgraph.watched()
    slotted = renamed_class(tuple)()
    return [repr(watch), *shown(answer), *error_of(heapgraph.watch, slotted)]


kept: list[object] = []
vars(module)["grows" + EVIL] = kept
growth = heapgraph.find_growth(lambda: kept.append(Type()), iterations=60, trace=True)

cache = functools.lru_cache(maxsize=100_000)(lambda number: [number])
vars(module)["cache" + EVIL] = cache
numbers = iter(range(10_000))
bounded = heapgraph.find_growth(lambda: cache(next(numbers)), iterations=60)


def words_of_growth() -> list[str]:
    """The reports and their paths."""
    paths = [*growth.growing, *bounded.bounded]
    assert len(paths) > 1
    texts = [*shown(growth), *shown(bounded)]
    for path in paths:
        texts += [repr(path), path.evidence, path.example or ""]
    return texts


def unready_loop() -> list[str]:
    """A loop that is left by an exception of a hostile class."""
    error = renamed_class(Exception)
    loop = heapgraph.GrowthLoop(loops=1, warmup=0)
    with contextlib.suppress(Exception), loop:
        for number in loop:
            if number == 3:
                raise error
    return [repr(loop).partition(" at ")[0], str(loop.report)]


def failing() -> None:
    """Raise an exception of a hostile class."""
    raise renamed_class(Exception)(NAME)


def words_of_block() -> list[str]:
    """A block under which something survives."""
    texts = []
    try:
        with testing.assert_no_growth():
            vars(module)["kept" + EVIL] = {NAME: [Type(), Type()]}
    except AssertionError as error:
        texts.append(str(error))
    texts += error_of(testing.assert_no_growth, lambda: kept.append(Type()))
    assert len(texts) > 2
    return texts


def make_garbage() -> None:
    """A cycle that nothing leads to."""
    one, other = Type(), Type()
    vars(one)[NAME], vars(other)[NAME] = other, one


@functools.cache
def leaked() -> heapgraph.HeapDiff:
    """References to objects of a hostile class that compiled code has forgotten."""
    before = heapgraph.take_snapshot()
    for _ in range(2000):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(objects[9]))
    return heapgraph.take_snapshot().diff(before)


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


def chain_of(obj: object) -> heapgraph.Chain:
    """A chain that ends at an object."""
    return heapgraph.find_backref_chain(obj, heapgraph.is_proper_module)


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


snapshot = heapgraph.take_snapshot()
snapshot.save(FILE)
hostile: Any = Type()

TEXTS: dict[str, Callable[[], Iterable[str]]] = {
    "Baseline": words_of_baseline,
    "CaptureError": lambda: [str(heapgraph.CaptureError())],
    # A list, which `repr` shows as the objects themselves do.
    "Chain": lambda: [str(chain_of(objects[3]).found)],
    "CycleGroup": lambda: [repr(group) for group in snapshot.cycles().groups],
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
    "Hint": lambda: [text for hint in snapshot.suspects(0).hints for text in shown(hint)],
    "Node": pairs_of_neighbours,
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
