"""Runs a program that may kill its process in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HERE = Path(__file__).parent
AT_ONCE = 2
"""As many children at a time as the smallest machines have cores."""


def survives(
    program: str,
    *arguments: str,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> str:
    """Run a program and give what it printed; it must end by itself, and well.

    Args:
        program: The name of a file beside the tests, as `many_threads.py`, or source text.
        arguments: What the program finds in `sys.argv[1:]`.
        options: Options of the interpreter, as `("-X", "dev")`.
        environment: Variables that are set for it, beside those of this process.
        timeout: Seconds. A child that takes longer is made to show its threads, and killed.

    Raises:
        AssertionError: If it ended by a signal, with another status than 0, or not in time. The
            message has what it wrote to stderr: Python's own account of a crash is among it.
    """
    source = [str(HERE / program)] if program.endswith(".py") else ["-c", program]
    command = [sys.executable, "-X", "faulthandler", *options, *source, *arguments]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    try:
        stdout, stderr = child.communicate(timeout=timeout)
        ended = how_it_ended(child.returncode)
    except subprocess.TimeoutExpired:
        ended = f"was not done after {timeout:g} s"
        child.send_signal(signal.SIGABRT)
        stdout, stderr = rest_of(child)
    finally:
        # What it may have started itself is not left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    assert not ended, f"{' '.join(command)[:500]}\n{ended}\n{stdout[-2000:]}\n{stderr[-6000:]}"
    return stdout


def how_it_ended(status: int) -> str:
    """What is wrong with the end of a process; nothing if it ended well."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"ended with status {status}" if status else ""


def rest_of(child: subprocess.Popen[str]) -> tuple[str, str]:
    """What a child that was told to abort still says."""
    try:
        return child.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.communicate()


def all_survive(programs: Iterable[Sequence[str]], timeout: float = 120) -> list[str]:
    """Run programs with their arguments, a few at a time; what each printed."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(survives, *command, timeout=timeout) for command in programs]
    failures = [str(error) for run in runs if (error := run.exception())]
    assert not failures, "\n\n".join(failures)
    return [run.result() for run in runs]
