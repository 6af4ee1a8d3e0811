"""Those compiled packages that the other tests need anyway; `make zoo` has fifty more."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from children import survives


@pytest.mark.skipif(sys.version_info < (3, 11), reason="reads packages.toml with tomllib")
@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("gevent", "gevent"),
        ("greenlet", "greenlet"),
        ("numpy", "numpy"),
        ("psutil", "psutil"),
        ("pyzmq", "zmq"),
    ],
)
def test_a_process_that_uses_a_compiled_package(package: str, module: str) -> None:
    if find_spec(module) is None:
        pytest.skip(f"{package} is not installed")
    survives("package_in_use.py", package)
