"""The program that shows a picture to whoever sits at the terminal."""

from __future__ import annotations

import os
import sys

# By the names that they are installed under; none that draws into the terminal itself.
_BROWSERS = (
    "x-www-browser",
    "firefox",
    "firefox-esr",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "brave-browser",
    "microsoft-edge",
    "epiphany",
    "konqueror",
    "falkon",
)


def open_viewer(path: str) -> str | None:
    """Show a file, without waiting for the viewer to end.

    Args:
        path: The file, a picture.

    Returns:
        The name of the program that shows it. `None` if nobody sits at a terminal, as in a test, a
        pipe or a job, if there is no display, or if nothing is installed that could show it.
    """
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        return None
    if sys.platform == "win32":
        try:
            os.startfile(path)
        except OSError:
            return None
        return "the program for this kind of file"
    program = _find_program()
    if program is None:
        return None
    _start(program, path)
    return os.path.basename(program)


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        # There is none, it is something of the program's own, or it is closed.
        return False


def _find_program() -> str | None:
    # Rarely needed, and slow to import.
    import shutil

    if sys.platform == "darwin":
        return shutil.which("open")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    found = map(shutil.which, ("xdg-open", *_BROWSERS))
    return next((program for program in found if program), None)


def _start(program: str, path: str) -> None:
    import subprocess

    # The shell ends at once and leaves the viewer to the system: there is no child to wait for
    # later. In a session of its own it does not hear the Ctrl-C that is meant for the program.
    command = '"$0" "$1" >/dev/null 2>&1 </dev/null &'
    subprocess.run(["/bin/sh", "-c", command, program, path], start_new_session=True, check=False)
