"""Programs at a terminal, driven as by somebody who types."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PROMPT = re.compile(r"(>>> |\.\.\. |\(Pdb\) |In \[\d+\]: )$")

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# No colours, and no editor of lines that redraws them.
_PLAIN = {"TERM": "dumb", "NO_COLOR": "1", "PYTHON_COLORS": "0", "PYTHON_BASIC_REPL": "1"}


def at_terminal(
    arguments: Sequence[str],
    lines: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run Python at a terminal, type a line at each prompt, and then end the input.

    Returns the exit status and all that the terminal shows.
    """
    try:
        terminal, end_of_program = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal can be opened here: {error}")
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=end_of_program,
        stdout=end_of_program,
        stderr=end_of_program,
        start_new_session=True,
        env={**without_display(), **_PLAIN, **(environment or {})},
    ) as program:
        os.close(end_of_program)
        try:
            shown = _converse(terminal, lines)
        except BaseException:
            program.kill()
            raise
        finally:
            os.close(terminal)
    return program.returncode, shown


def without_display() -> dict[str, str]:
    """The environment of this process, as it is where there is no screen."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    return {name: value for name, value in os.environ.items() if name not in displays}


def stand_in(folder: Path, name: str, script: str) -> Path:
    """Puts a program of the shell into a folder."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def _converse(terminal: int, lines: Sequence[str]) -> str:
    """Types each line when asked for one; returns all that is shown until the program ends."""
    typed = iter(lines)
    shown = asked = ""
    while piece := _read(terminal):
        shown += piece
        asked += piece
        # Not earlier: a program that sets up its terminal throws away what was typed before.
        if _PROMPT.search(asked):
            asked = ""
            os.write(terminal, (next(typed, "\x04") + "\n").encode())
    return shown


def _read(terminal: int) -> str:
    """What the program shows next; nothing once it has ended."""
    ready, _, _ = select.select([terminal], [], [], 120)
    assert ready, "the program waits for something"
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        # How Linux says that nobody writes to it any more.
        return ""
    return _ESCAPES.sub("", piece.decode("utf-8", "replace")).replace("\r\n", "\n")
