"""Objects that misbehave: they are captured, found and named without running any of their code."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import sysconfig
import types
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph
from heapgraph._core import CapturedHeap, named_referents
from unloaded import unloaded_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS: list[str] = []


def counted(name: str) -> Callable[..., object]:
    def method(*arguments: object) -> object:
        CALLS.append(name)
        raise RuntimeError(name)

    return method


SPECIAL = [
    "__bool__",
    "__call__",
    "__contains__",
    "__delattr__",
    "__dir__",
    "__eq__",
    "__format__",
    "__get__",
    "__getattr__",
    "__getattribute__",
    "__getitem__",
    "__hash__",
    "__instancecheck__",
    "__iter__",
    "__len__",
    "__repr__",
    "__sizeof__",
    "__str__",
    "__subclasscheck__",
]

Hostile: Any = type(
    "Hostile",
    (),
    {**{name: counted(name) for name in SPECIAL}, "__class__": property(counted("__class__"))},
)
HostileDict: Any = type("HostileDict", (dict,), {name: counted(name) for name in SPECIAL})
HostileList: Any = type("HostileList", (list,), {name: counted(name) for name in SPECIAL})
# Names of builtins do not make a class one.
Impostors: list[Any] = [
    type(name, (), {member: counted(member) for member in SPECIAL})
    for name in ("generator", "coroutine", "cell", "function", "frame", "code", "module", "deque")
]


def hostile_class() -> Any:
    """A class whose metaclass lies; made when needed, as other tests ask objgraph about all."""
    names = ("__name__", "__module__", "__mro__", "__dict__")
    methods = ("__getattribute__", "__repr__", "__eq__", "__hash__")
    properties = {name: property(counted(name)) for name in names}
    meta = type("HostileMeta", (type,), properties | {name: counted(name) for name in methods})
    return type.__call__(meta, "HostileClass", (), {})


def attribute_names(item: object) -> list[str]:
    """Names of attributes, wherever this CPython keeps them."""
    names = ask_everything_about(item)
    for name, held in named_referents(item):
        if name == ".__dict__":
            names += ["." + name.split("'")[1] for name, _ in named_referents(held)]
    return names


def ask_everything_about(item: object) -> list[str]:
    """Everything that looks at the object, without its code being run; the names it gives."""
    CALLS.clear()
    heap = CapturedHeap()
    assert id(item) in heap
    names = [name for name, _ in named_referents(item)]
    chain = heapgraph.find_backref_chain(item, heapgraph.is_proper_module)
    assert chain[-1] is item
    holder = [item]
    assert named_referents(holder)[0][0] == "[0]"
    heapgraph.find_ref_chain(item, lambda other: False, max_depth=3)
    assert not heapgraph.is_proper_module(item)
    assert CALLS == []
    return names


CLASSES = [Hostile, HostileDict, HostileList, *Impostors]


@pytest.mark.parametrize("position", range(len(CLASSES)))
def test_no_method_of_a_hostile_object_runs(position: int) -> None:
    item = type.__call__(CLASSES[position])
    assert all(ask_everything_about(item))


def test_attributes_of_a_hostile_object_have_names() -> None:
    item = Hostile()
    object.__setattr__(item, "value", CALLS)
    assert ".value" in attribute_names(item)


def test_a_hostile_metaclass() -> None:
    cls = hostile_class()
    assert ".__mro__" in ask_everything_about(cls)
    assert heapgraph.count(cls) == 0
    item = type.__call__(cls)
    assert all(ask_everything_about(item))
    assert heapgraph.count(cls) == 1
    assert CALLS == []


def test_hostile_keys_and_values() -> None:
    holder: dict[Any, Any] = {}
    key = types.SimpleNamespace
    holder["value"] = Hostile()
    holder[key] = HostileDict()
    assert sorted(ask_everything_about(holder))[:2] == [
        "['value']",
        "[<class types.SimpleNamespace>]",
    ]


def test_dead_proxies() -> None:
    class Gone:
        pass

    held = Gone()
    proxy = weakref.proxy(held)
    del held
    gc.collect()
    ask_everything_about(proxy)


def test_lazy_modules_stay_unloaded(tmp_path: Path) -> None:
    with unloaded_module(tmp_path / "lazy_specimen.py") as module:
        CapturedHeap()
        named_referents(module)
        assert heapgraph.is_proper_module(module)
        heapgraph.find_backref_chain(module, heapgraph.is_proper_module)
        namespace = types.ModuleType.__getattribute__(module, "__class__")
        assert namespace.__name__ == "_LazyModule"


def test_surrogates() -> None:
    broken = "\ud800name"
    made: Any = type("Made", (), {"__module__": broken})
    item = made()
    setattr(item, broken, CALLS)
    assert r".\ud800name" in attribute_names(item)
    assert CapturedHeap().record(id(item))[0] == r"\ud800name.Made"
    assert ask_everything_about({broken: 1})[0].isprintable()


def test_half_built_tuples() -> None:
    seen: list[Any] = []

    def items() -> Iterator[int]:
        yield from range(5)
        (half_built,) = (
            item
            for item in gc.get_objects()
            if type(item) is tuple and len(item) == 10 and gc.get_referents(item)[:1] == [4]
        )
        seen.append([name for name, _ in named_referents(half_built)])
        seen.append(id(half_built) in CapturedHeap())
        yield 5

    gc.collect()
    try:
        assert tuple(items()) == tuple(range(6))
    except ValueError:
        pytest.skip("this CPython does not show tuples that are being built")
    assert sorted(seen[0]) == ["[0]", "[1]", "[2]", "[3]", "[4]"]
    assert seen[1]


def test_linked_structures_of_a_million() -> None:
    innermost: list[Any] = []
    nested: Any = innermost
    for _ in range(500_000):
        nested = [(nested,)]
    heap = CapturedHeap()
    assert id(innermost) in heap
    chain = heapgraph.find_backref_chain(
        innermost, lambda item: item is nested, max_depth=2_000_000
    )
    assert chain[0] is nested
    assert len(chain) == 1_000_001
    while nested:
        nested = nested[0][0]


def test_containers_that_contain_themselves() -> None:
    own: list[Any] = []
    own.append(own)
    mapping: dict[Any, Any] = {}
    mapping["self"] = mapping
    assert ask_everything_about(own) == ["[0]"]
    assert "['self']" in ask_everything_about(mapping)


EXTENSION = r"""
#include <Python.h>
typedef struct { PyObject_HEAD PyObject *held; } Object;
static int visit_fails(PyObject *self, visitproc visit, void *arg)
{ Py_VISIT(((Object *)self)->held); return -1; }
static int visit_null(PyObject *self, visitproc visit, void *arg)
{ visit(NULL, arg); Py_VISIT(((Object *)self)->held); return 0; }
static int visit_twice(PyObject *self, visitproc visit, void *arg)
{ Py_VISIT(((Object *)self)->held); Py_VISIT(((Object *)self)->held); return 0; }
static int init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *held;
    if (!PyArg_ParseTuple(args, "O", &held)) return -1;
    Py_INCREF(held);
    ((Object *)self)->held = held;
    return 0;
}
/* Never freed: what the collector makes of such types is no part of the test. */
#define TYPE(NAME) \
    static PyType_Slot NAME##_slots[] = {{Py_tp_traverse, NAME}, {Py_tp_init, init}, {0, NULL}}; \
    static PyType_Spec NAME##_spec = {"wrong_traverse." #NAME, sizeof(Object), 0, \
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, NAME##_slots};
TYPE(visit_fails) TYPE(visit_null) TYPE(visit_twice)
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "wrong_traverse", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_wrong_traverse(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddObject(module, "visit_fails", PyType_FromSpec(&visit_fails_spec));
    PyModule_AddObject(module, "visit_null", PyType_FromSpec(&visit_null_spec));
    PyModule_AddObject(module, "visit_twice", PyType_FromSpec(&visit_twice_spec));
    return module;
}
"""

WRONG_TRAVERSE = """
import gc, os, sys
gc.disable()
sys.path.insert(0, sys.argv[1])
import wrong_traverse
from heapgraph._core import Asker, CapturedHeap, find_chain, named_referents
own = Asker([], [], [])
for kind, count in (("visit_fails", 1), ("visit_null", 1), ("visit_twice", 2)):
    held = []
    item = getattr(wrong_traverse, kind)(held)
    assert CapturedHeap().referents(id(item)).count(id(held)) == count, kind
    assert all(name for name, _ in named_referents(item))
    # Without a collection, which such types crash.
    assert find_chain([held], lambda other: other is item, False, 9, [], 0, own) == [item, held]
print("fine", flush=True)
os._exit(0)
"""


def test_extension_types_whose_traverse_is_wrong(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    headers = Path(sysconfig.get_paths()["include"])
    if compiler is None or not (headers / "Python.h").exists():
        pytest.skip("no C compiler, or no headers of this CPython")
    source = tmp_path / "wrong_traverse.c"
    source.write_text(EXTENSION)
    built = str(source.with_suffix(".so"))
    command = [compiler, "-shared", "-fPIC", "-w", f"-I{headers}", str(source), "-o", built]
    subprocess.run(command, check=True)
    finished = subprocess.run(
        [sys.executable, "-c", WRONG_TRAVERSE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (finished.stdout, finished.stderr) == ("fine\n", "")
