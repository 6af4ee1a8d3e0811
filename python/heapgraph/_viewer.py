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
    return _start_first(_programs(), path)


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        # There is none, it is something of the program's own, or it is closed.
        return False


def _programs() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("open",)
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return ("xdg-open", *_BROWSERS) if has_display else ()


def _start_first(names: tuple[str, ...], path: str) -> str | None:
    """Start the first program that is installed, and return its name."""
    # Rarely needed, and slow to import.
    import shutil
    import subprocess

    for name in names:
        program = shutil.which(name)
        if program is not None:
            # The shell ends at once and leaves the viewer to the system: there is no child to wait
            # for later. In a session of its own it does not hear a Ctrl-C meant for Python.
            script = '"$0" "$1" >/dev/null 2>&1 </dev/null &'
            command = ["/bin/sh", "-c", script, program, path]
            subprocess.run(command, start_new_session=True, check=False)
            return name
    return None
