"""Types that are not ready, that claim to be the interpreter's own, or that show what is gone."""

from __future__ import annotations

from pathlib import Path

import heapgraph
from children import survives
from compiled import compiled

FOLDER = str(Path(heapgraph.__file__).parents[1])
SOURCE = Path(__file__).with_name("odd_types.c")


def test_classes_of_python_that_claim_to_be_built_in() -> None:
    survives("ask_odd_types.py", FOLDER, options=("-S",))


def test_types_of_compiled_code(tmp_path: Path) -> None:
    survives("ask_odd_types.py", FOLDER, str(compiled(SOURCE, tmp_path).parent), options=("-S",))
