"""Types that are not ready, or not what they are called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from children import survives
from compiled import compiled

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def borrowed_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled module, built with the compiler of this machine."""
    folder = tmp_path_factory.mktemp("compiled")
    compiled(HERE / "borrowed_names.c", folder)
    return folder


@pytest.mark.parametrize("module", ["_socket", "_ssl", "_testcapi", "_testbuffer"])
def test_a_static_type_that_nobody_has_made_ready(module: str) -> None:
    program = f"""
import heapgraph
try:
    import {module}
except ImportError:
    raise SystemExit
snapshot = heapgraph.take_snapshot()
snapshot.unexplained()
heapgraph.why(heapgraph)
"""
    survives(program, options=("-S",), environment={"PYTHONPATH": os.pathsep.join(sys.path)})


def test_types_of_compiled_code_with_names_of_others(borrowed_names: Path) -> None:
    """Neither their getters nor their methods are called, and none that is not ready is asked."""
    assert survives("foreign_types.py", str(borrowed_names)).strip() == "0"


def test_modules_of_known_types_that_have_others() -> None:
    """What stands there looks like a type that is ready, if it is taken for one."""
    survives(
        "import sys, types, heapgraph\n"
        "for module, name in ('array', 'array'), ('numpy', 'ndarray'), ('_pickle', 'Pickler'):\n"
        "    sys.modules[module] = types.ModuleType(module)\n"
        "    setattr(sys.modules[module], name, b'\\xff' * 1000)\n"
        "str(heapgraph.take_snapshot().unexplained())\n"
    )


def test_classes_that_are_being_made() -> None:
    survives("class_in_the_making.py")
