"""Extension modules that lie beside the tests as C, compiled where a compiler is there."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def compiled(source: Path, folder: Path) -> Path:
    """The library, which has the name of the source and lies in the folder."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        pytest.skip("no C compiler: none of cc, gcc and clang is on PATH")
    library = folder / f"{source.stem}{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{HERE}", "-o", library, source], check=True)
    return library
