"""The package itself: what it exports, what importing it loads, that it is typed."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib.resources import files

import pytest

import heapgraph
import heapgraph as by_another_name
from heapgraph import _chains, _counting
from heapgraph import objgraph as drop_in

# What a program that counts and searches never needs.
HEAVY = (
    "asyncio ast collections contextlib ctypes dataclasses dis enum functools inspect json pathlib "
    "random re shutil string subprocess tempfile threading typing unittest urllib xml"
)


def run(program: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_loads_little() -> None:
    program = """
import sys
before = set(sys.modules)
import heapgraph
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded))
"""
    loaded = run(program, "-I").split()
    assert "heapgraph" in loaded
    assert not set(loaded) & set(HEAVY.split())


def test_all_is_exact() -> None:
    public = {name for name in vars(heapgraph) if not name.startswith("_")}
    assert public - set(heapgraph.__all__) <= {"display", "objgraph"}
    for module in (heapgraph, drop_in):
        assert list(module.__all__) == sorted(module.__all__)
        names = run(f"from {module.__name__} import *; print(*dir())").split()
        assert [name for name in names if not name.startswith("__")] == module.__all__


OURS = {"describe_chain", "is_root"}


def test_the_names_of_objgraph() -> None:
    assert by_another_name.count is heapgraph.count is drop_in.count
    objgraph = pytest.importorskip("objgraph")
    missing = {"get_new_ids", "get_leaking_objects"}
    for name in drop_in.__all__:
        if name in OURS:
            continue
        assert callable(getattr(objgraph, name))
        missing.discard(name)
    assert missing == {"get_new_ids", "get_leaking_objects"}


def test_names_and_parameters_are_those_of_objgraph() -> None:
    import inspect

    objgraph = pytest.importorskip("objgraph")
    for name in set(drop_in.__all__) - OURS - {"show_chain"}:
        ours = inspect.signature(getattr(heapgraph, name))
        theirs = inspect.signature(getattr(objgraph, name))
        assert list(ours.parameters) == list(theirs.parameters), name


def test_the_examples_in_the_documentation() -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for module in (heapgraph, _counting, _chains):
        result = doctest.testmod(module, optionflags=flags)
        assert result.failed == 0
        assert result.attempted > 0


def test_types_and_version_are_shipped() -> None:
    package = files("heapgraph")
    assert package.joinpath("py.typed").is_file()
    assert package.joinpath("_core.pyi").is_file()
    assert heapgraph.__version__.count(".") == 2


def test_the_stub_is_that_of_the_compiled_module() -> None:
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "heapgraph._core"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_errors_have_one_base() -> None:
    for error in (heapgraph.CaptureError, heapgraph.RenderError):
        assert issubclass(error, heapgraph.HeapGraphError)
        assert error.__module__ == "heapgraph"
