"""What all tests rely on."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING

import pytest

from plugin_suite import APP
from small_heap_tests import SmallHeapFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Ignored in what a shell starts in the background, and then in the programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

LARGE_IMPORTS = {
    "test_dot_texts",
    "test_frames",
    "test_roots",
    "test_sessions",
    "test_snapshot_file",
}
"""Modules whose tests import large packages."""


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> SmallHeapFile | None:
    """The tests of one folder have an interpreter without pytest."""
    if module_path.parent.name != "small_heap":
        return None
    return SmallHeapFile.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those tests last: what they import makes every later walk of the heap longer."""
    items.sort(key=lambda item: item.path.stem in LARGE_IMPORTS)


@pytest.fixture(autouse=True)
def quiet_collector() -> Iterator[None]:
    """Two looks at one heap agree: no collection in between takes anything off the list."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a program that can leak, for tests of it."""
    pytester.makepyfile(app=APP)
    # What grows here has no end, so that there is no need to watch it for long.
    pytester.makeini("[pytest]\nheapgraph_iterations = 30\n")
    return pytester
