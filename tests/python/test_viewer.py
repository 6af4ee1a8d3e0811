"""Where a picture without a file name goes: a temporary file, and a viewer where somebody sits."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

pytest.importorskip("pty", reason="there are no such terminals here")

from typing import TYPE_CHECKING

from terminal import at_terminal, stand_in, without_display

if TYPE_CHECKING:
    from pathlib import Path

# The collector is asked to say what is left open, and the system which children are left behind.
SHOWS = """
import gc, os, sys, warnings
warnings.simplefilter("error")
sys.unraisablehook = lambda unraisable: print("UNRAISABLE", unraisable.exc_value)
import heapgraph
counts = []
for _ in range(3):
    assert heapgraph.show_refs([1, [2]]) is None
    gc.collect()
    counts.append(len(gc.get_objects()))
# The first call imports modules.
assert counts[1] == counts[2], counts
try:
    print("CHILD", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no children")
"""

WRITTEN = re.compile(r"^Graph written to (.*/heapgraph-[^/]*\.svg) \(3 nodes\)$", re.MULTILINE)


def programs(folder: Path, *viewers: str) -> dict[str, str]:
    """An environment with a display, and the given viewers as the only programs but `sleep`.

    Each notes its name and what it shows, and stays open.
    """
    sleep = shutil.which("sleep")
    for name in viewers:
        script = f'echo "{name} $1" >> "{folder}/shown"\nexec {sleep} 1'
        stand_in(folder / "bin", name, script)
    (folder / "tmp").mkdir()
    return {"PATH": str(folder / "bin"), "DISPLAY": ":99", "TMPDIR": str(folder / "tmp")}


def shown_by_viewers(folder: Path, count: int) -> list[str]:
    """What viewers have noted, as soon as there are as many notes as expected."""
    notes = folder / "shown"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lines = notes.read_text().splitlines() if notes.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError("no viewer was started")


@pytest.mark.skipif(sys.platform == "darwin", reason="the viewer there is always `open`")
@pytest.mark.parametrize(
    ("installed", "opened"),
    [(["xdg-open", "firefox"], "xdg-open"), (["chromium", "firefox"], "firefox")],
)
def test_a_viewer_shows_the_temporary_file(
    installed: list[str], opened: str, tmp_path: Path
) -> None:
    environment = programs(tmp_path, *installed)
    status, shown = at_terminal(["-c", SHOWS], environment=environment)
    assert status == 0, shown
    files = WRITTEN.findall(shown)
    assert len(set(files)) == 3
    for file in files:
        assert ElementTree.parse(file).getroot().tag.endswith("svg")
    lines = shown.splitlines()
    assert lines[1::2] == [f"Spawning graph viewer ({opened})"] * 3
    assert lines[-1] == "no children"
    assert sorted(shown_by_viewers(tmp_path, 3)) == sorted(f"{opened} {file}" for file in files)


def test_without_a_viewer_the_file_is_named(tmp_path: Path) -> None:
    environment = programs(tmp_path)
    status, shown = at_terminal(["-c", SHOWS], environment=environment)
    assert status == 0, shown
    assert len(WRITTEN.findall(shown)) == len(shown.splitlines()) - 1 == 3


@pytest.mark.skipif(sys.platform == "darwin", reason="no such variables there")
def test_without_a_display_no_viewer_is_looked_for(tmp_path: Path) -> None:
    environment = programs(tmp_path, "xdg-open") | {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    _, shown = at_terminal(["-c", SHOWS], environment=environment)
    assert "Spawning" not in shown
    _, shown = at_terminal(["-c", SHOWS], environment=environment | {"WAYLAND_DISPLAY": "w-0"})
    assert "Spawning graph viewer (xdg-open)" in shown


@pytest.mark.parametrize("before", ["", "sys.stdout = None", "sys.stdin.close()", "sys.stdin = 3"])
def test_where_nobody_sits_no_viewer_is_opened(before: str, tmp_path: Path) -> None:
    environment = without_display() | programs(tmp_path, "xdg-open", "open")
    source = f"import sys, heapgraph\n{before}\nheapgraph.show_refs([1, [2]])"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(WRITTEN.findall(done.stdout)) == ("stdout" not in before)
    assert "Spawning" not in done.stdout
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    assert not (tmp_path / "shown").exists()
