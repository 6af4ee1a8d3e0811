"""What heapgraph writes, only the user can read, and nothing else is harmed by writing it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from heapgraph._arguments import FilePath

HEAPGRAPH = [sys.executable, "-m", "heapgraph"]
SNAPSHOT = heapgraph.take_snapshot(names=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


class BytesPath:
    """An `os.PathLike` of bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


PATHS: dict[str, Callable[[Path], FilePath]] = {
    "str": os.fspath,
    "bytes": os.fsencode,
    "Path": Path,
    "PathLike of bytes": BytesPath,
}


@pytest.mark.one_version
@pytest.mark.parametrize("kind", PATHS)
def test_a_path_may_be_given_in_any_way(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path_of = PATHS[kind]
    # Not every name of a file is text.
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    heap, picture = folder / "heap.parquet", folder / "picture.svg"
    SNAPSHOT.save(path_of(heap))
    loaded = heapgraph.load_snapshot(path_of(heap))
    assert loaded.node_count == SNAPSHOT.node_count
    obj: list[list[int]] = [[]]
    drawings: list[Callable[[], object]] = [
        lambda: heapgraph.show_refs(obj, filename=path_of(picture)),
        lambda: heapgraph.show_backrefs(obj, filename=path_of(picture)),
        lambda: heapgraph.show_chain([obj, obj[0]], filename=path_of(picture)),
        lambda: loaded.draw_refs(loaded.find("module")[0]).save(path_of(picture)),
        lambda: loaded.why("module").to_svg(path_of(picture)),
    ]
    for draw in drawings:
        draw()
        assert picture.read_bytes().startswith(b"<?xml")
        picture.unlink()
    # objgraph's lines, which can be printed whatever the name is.
    assert capsys.readouterr().out.count(r"caf\udce9/picture.svg") == 3
    named = heapgraph.take_snapshot()
    for number in range(2):
        named.save(path_of(folder / f"{number}.parquet"))
    heap.unlink()
    assert heapgraph.find_growth_in(path_of(folder)).verdict
    assert heapgraph.find_growth_in([path_of(folder / f"{n}.parquet") for n in range(2)]).verdict
    before = signal.getsignal(signal.SIGUSR2)
    try:
        heapgraph.save_on_signal(signal.SIGUSR2, path_of(folder))
        os.kill(os.getpid(), signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert mode(folder / f"heapgraph-{os.getpid()}-1.parquet") == 0o600


@pytest.mark.parametrize("path", [3, None, object(), ["x"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    calls: list[Callable[..., object]] = [heapgraph.load_snapshot, SNAPSHOT.save]
    if path is not None:
        calls.append(lambda path: heapgraph.save_on_signal(None, path))
        calls.append(lambda path: heapgraph.show_refs([], filename=path))
    for call in calls:
        with pytest.raises(TypeError, match=r"a path is a str, bytes or an os\.PathLike"):
            call(path)


def test_only_the_user_can_read_what_a_program_saves(tmp_path: Path) -> None:
    program = tmp_path / "app.py"
    program.write_text(
        "import os, signal, heapgraph\n"
        "os.umask(0)\n"
        "heapgraph.save_on_signal(signal.SIGUSR1)\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
    )
    subprocess.run(
        [*HEAPGRAPH, "run", "-o", "end.parquet", "app.py"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [*HEAPGRAPH, "export", "end.parquet", "-o", "end.json"], cwd=tmp_path, check=True
    )
    files = [*tmp_path.glob("*.parquet"), *tmp_path.glob("*.json")]
    assert len(files) == 3
    assert {mode(file) for file in files} == {0o600}


def test_a_picture_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    ordinary, picture = tmp_path / "ordinary", tmp_path / "picture.dot"
    ordinary.touch()
    heapgraph.show_refs([], filename=picture)
    assert mode(picture) == mode(ordinary)


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link, picture = shared / "heap.parquet", shared / "picture.dot"
    link.symlink_to(victim)
    picture.symlink_to(victim)
    with pytest.raises(heapgraph.SnapshotError, match="a symbolic link in a folder that others"):
        SNAPSHOT.save(link)
    with pytest.raises(PermissionError, match=r"picture\.dot.* is a symbolic link in a folder"):
        heapgraph.show_refs([], filename=picture)
    done = subprocess.run(
        [*HEAPGRAPH, "run", "-o", link, "-m", "this"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "heap.parquet is a symbolic link in a folder" in done.stderr
    assert victim.read_text() == "precious"


def test_what_is_no_file_is_said_before_the_program_runs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = subprocess.run(
        [*HEAPGRAPH, "run", "-o", pipe, "-m", "this"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"cannot save snapshots to {pipe}: it is a pipe, and only a regular file" in done.stderr


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    device = Path("/dev/null")
    for path, what in ((pipe, "a pipe"), (device, "a device")):
        with pytest.raises(heapgraph.SnapshotError, match=f"it is {what}, and only a regular file"):
            SNAPSHOT.save(path)
    with pytest.raises(OSError, match=r"pipe\.svg: it is a pipe"):
        heapgraph.show_refs([], filename=pipe)
    assert sorted(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout here")
def test_standard_output_is_not_replaced(tmp_path: Path) -> None:
    heap, out = tmp_path / "heap.parquet", tmp_path / "out"
    SNAPSHOT.save(heap)
    with out.open("w") as file:
        done = subprocess.run(
            [*HEAPGRAPH, "export", heap, "-o", "/dev/stdout"],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot write /dev/stdout: it is an open file of a process" in done.stderr
    assert out.read_text() == ""
    assert sorted(tmp_path.iterdir()) == [heap, out]


# Writes, and stops as soon as there is something in an unfinished file: then that is locked.
STOPPED = """
import os, signal, sys, threading, time
from pathlib import Path
import heapgraph

kept = [[str(number)] for number in range(300_000)]
snapshot = heapgraph.take_snapshot()

def stop():
    while not any(path.stat().st_size for path in Path().glob(".heapgraph-*.tmp")):
        time.sleep(0.0005)
    os.kill(os.getpid(), signal.SIGSTOP)

threading.Thread(target=stop, daemon=True).start()
snapshot.save("large.parquet")
"""


def test_what_a_killed_save_left_is_removed_by_the_next_and_a_running_one_is_not(
    tmp_path: Path,
) -> None:
    child = subprocess.Popen([sys.executable, "-c", STOPPED], cwd=tmp_path)
    try:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status
        (unfinished,) = tmp_path.glob(".heapgraph-*.tmp")
        assert mode(unfinished) == 0o600
        # It is stopped, and goes on later.
        SNAPSHOT.save(tmp_path / "small.parquet")
        assert unfinished.exists()
    finally:
        child.kill()
        child.wait()
    SNAPSHOT.save(tmp_path / "small.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["small.parquet"]


def test_a_stopped_save_that_goes_on_is_whole(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", STOPPED], cwd=tmp_path)
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    for _ in range(3):
        SNAPSHOT.save(tmp_path / "small.parquet")
    child.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 60
    while (tmp_path / "large.parquet").exists() is False and time.monotonic() < deadline:
        time.sleep(0.05)
    assert child.wait(60) == 0
    assert heapgraph.load_snapshot(tmp_path / "large.parquet").node_count > 300_000
    assert not list(tmp_path.glob("*.tmp"))
