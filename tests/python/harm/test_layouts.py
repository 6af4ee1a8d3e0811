"""Private layouts as they were on known CPythons, unlike that, and of a CPython not known."""

from __future__ import annotations

import sys

import pytest

from children import survives
from heapgraph import _core
from unlike_its_version import CHANGES

MISSING = {
    "immortal objects": "which objects are never freed is guessed from their reference counts",
    "headers of objects": "shallow sizes are without what stands in front of an object",
    "room of a bytearray": "how much of its memory a bytearray uses",
    "tp_name": "the names of types that are not ready",
    "tp_subclasses": (
        "the tables in which classes keep their subclasses are not seen to be theirs"
    ),
    "dicts and values of instances": (
        "the names of attributes, and which dict belongs to which instance"
    ),
    "co_localsplusnames, co_localspluskinds": "the names of variables that code objects hold",
    "lru_list_elem": "which call of a cached function had which result",
    "variables of frames": (
        "the local variables of running functions, and the names of those of suspended ones"
    ),
    "thread_id": "the names of threads",
}
"""What a snapshot says of each layout without which something is missing."""
NEEDED_BY = {"dicts and values of instances": {"PyDictValues"}}
OFF = {"lists of the collector"} if sys.version_info >= (3, 14) else set()
"""Verified on older versions only."""


def test_every_layout_is_confirmed() -> None:
    """On the CPythons that the layouts were verified on."""
    assert {name for name, is_confirmed in _core.LAYOUTS.items() if not is_confirmed} == OFF


@pytest.mark.parametrize("name", _core.LAYOUTS)
def test_a_layout_that_is_not_as_it_was(name: str) -> None:
    """It alone is not used, what is missing is said, and all questions are answered."""
    if name in OFF:
        pytest.skip("not used on this version")
    if name == "immortal objects" and sys.version_info < (3, 11):
        pytest.skip("there are none on this version")
    off, *unseen = survives("unlike_its_version.py", name).splitlines()
    assert set(off.split("; ")) == {name} | NEEDED_BY.get(name, set()) | OFF
    start = f"not known of CPython {sys.version_info[0]}.{sys.version_info[1]}: "
    said = [line.removeprefix(start) for line in unseen if line.startswith(start)]
    assert said == ([MISSING[name]] if name in MISSING else [])


def test_each_layout_can_be_changed() -> None:
    assert set(_core.LAYOUTS) <= set(CHANGES)


def test_a_cpython_that_is_not_known() -> None:
    """A capture works, gives less, and says all that is missing."""
    unseen = survives("unknown_version.py").splitlines()
    assert unseen == [f"not known of CPython 3.99: {missing}" for missing in MISSING.values()]
