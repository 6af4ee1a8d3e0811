"""Programs that lie beside the tests, run in an interpreter of their own.

What they ask walks all of the heap, again and again, and that of pytest is ten times as large.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run_alone(program: str, *arguments: str) -> None:
    """Run `program`.py; what it asserts must hold, and it must print nothing."""
    command = [sys.executable, "-W", "error", str(HERE / f"{program}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr
