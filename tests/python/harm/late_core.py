"""The compiled module, loaded and not yet run: what it looks at then can be changed before."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

_package = importlib.util.find_spec("heapgraph")
assert _package is not None
assert _package.origin is not None
[_library] = Path(_package.origin).parent.glob("_core*.so")
_spec = importlib.util.spec_from_file_location("heapgraph._core", _library)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)


def import_under(change: AbstractContextManager[Any]) -> Any:
    """Import it, while something is other than it will be."""
    assert _spec is not None
    assert _spec.loader is not None
    with change:
        _spec.loader.exec_module(_module)
    sys.modules["heapgraph._core"] = _module
    return _module
