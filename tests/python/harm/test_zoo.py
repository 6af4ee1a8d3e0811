"""Each extension module of the standard library alone; each type with an uninitialised instance."""

from __future__ import annotations

from pathlib import Path

import heapgraph
from children import survives

FOLDER = str(Path(heapgraph.__file__).parents[1])
ALONE = ("-S", "-E", "-W", "ignore")
"""What `site` and the environment would load is not there."""


def test_each_extension_module_imported_alone() -> None:
    seen = survives("each_module.py", FOLDER, options=ALONE, timeout=280)
    assert int(seen.split()[0]) > 50


def test_an_uninitialised_instance_of_each_type() -> None:
    seen = survives("each_type.py", FOLDER, options=ALONE, timeout=280)
    assert int(seen.split()[-2]) > 500
