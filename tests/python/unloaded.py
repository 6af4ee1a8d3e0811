"""A module that is loaded when an attribute of it is asked for."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import types
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def unloaded_module(path: Path) -> Iterator[types.ModuleType]:
    """The module of that file, imported and not yet loaded; loading it is an error."""
    path.write_text("raise RuntimeError('loaded')\nitems = []\n")
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]
