"""The hints about the heap of a fresh interpreter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HEAPS = Path(__file__).parents[2] / "fixtures" / "heaps"

DOCUMENT = "import types, sys; app = sys.modules['app'] = types.ModuleType('app')\n"
REPORT = """
import heapgraph
for hint in heapgraph.take_snapshot().suspects(min_size=100_000).hints:
    print(hint)
"""


def say(program: str, report: str = REPORT, seed: str = "0") -> str:
    """What a fresh interpreter prints that has filled the module `app`."""
    code = f"{DOCUMENT}exec({program!r}, vars(app))\n{report}"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=HEAPS,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def hints(program: str, seed: str = "0") -> str:
    """The hints about a program, without the sizes, which differ between versions."""
    text = say(program, seed=seed).strip()
    return re.sub(r"[\d,]+ bytes in [\d,]+ objects?", "...", text)
