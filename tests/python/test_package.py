"""The package itself: what it exports, what importing it loads, that it is typed."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from importlib.resources import files

import pytest

import heapgraph
import heapgraph as by_another_name
from heapgraph import _chains, _counting, _cycles, _growth, _saving, testing
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
    # pytest adds names with an @ to the modules of a distribution that has a plugin.
    public = {name for name in vars(heapgraph) if not name.startswith(("_", "@"))}
    assert public - set(heapgraph.__all__) <= {"display", "objgraph", "testing"}
    for module in (heapgraph, drop_in):
        assert list(module.__all__) == sorted(module.__all__)
        names = run(f"from {module.__name__} import *; print(*dir())").split()
        assert [name for name in names if not name.startswith("__")] == module.__all__


OWN = {"Baseline", "Chain", "describe_chain", "is_root", "start_over"}
"""What objgraph has not."""

DEFAULTS: dict[tuple[str, str], tuple[object, object]] = {
    # A dict that all calls share: `Baseline` and `start_over` are the ways to it.
    ("growth", "peak_stats"): ({}, None),
    ("get_new_ids", "_state"): ({}, None),
}
"""Where a default is another, with theirs and ours."""


def test_the_names_of_objgraph() -> None:
    assert by_another_name.count is heapgraph.count is drop_in.count
    objgraph = pytest.importorskip("objgraph")
    theirs = {
        name
        for name, value in vars(objgraph).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert theirs == set(drop_in.__all__) - OWN
    assert set(drop_in.__all__) <= set(heapgraph.__all__)
    for name in ("IS_INTERACTIVE", "__version__", "__author__", "__copyright__", "__license__"):
        for module in (heapgraph, drop_in):
            assert type(getattr(module, name)) is type(getattr(objgraph, name))
    for module in (heapgraph, drop_in):
        with pytest.raises(AttributeError, match=r"has no attribute 'no_such_name'"):
            _ = module.no_such_name


def test_parameters_are_those_of_objgraph() -> None:
    """In their order, with their kinds and defaults; ours after them can only be named."""
    objgraph = pytest.importorskip("objgraph")
    for name in set(drop_in.__all__) - OWN:
        theirs = list(inspect.signature(getattr(objgraph, name)).parameters.values())
        ours = list(inspect.signature(getattr(heapgraph, name)).parameters.values())
        if theirs[-1].kind is inspect.Parameter.VAR_KEYWORD:
            # `show_chain` passes on what `show_backrefs` takes.
            del theirs[-1]
        assert [parameter.name for parameter in ours[: len(theirs)]] == [p.name for p in theirs]
        for their, our in zip(theirs, ours, strict=False):
            default = (their.default, our.default)
            assert default == DEFAULTS.get((name, our.name), (their.default, their.default)), name
            assert our.kind is their.kind
        assert all(our.kind is inspect.Parameter.KEYWORD_ONLY for our in ours[len(theirs) :])


def test_show_chain_takes_what_objgraph_passes_on() -> None:
    objgraph = pytest.importorskip("objgraph")
    passed_on = inspect.signature(objgraph.show_backrefs).parameters.keys()
    ours = inspect.signature(heapgraph.show_chain).parameters.keys()
    assert passed_on - {"objs", "max_depth", "filter", "too_many", "extra_ignore"} <= ours


def test_the_examples_in_the_documentation() -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for module in (heapgraph, _counting, _growth, _chains, _cycles, _saving, testing):
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
