"""``heapgraph run``: programs run as with Python, and their heaps are saved."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "heapgraph")
HEAPGRAPH = [sys.executable, "-m", "heapgraph"]

SHOW = """
import sys
print(sys.argv, sys.path[0], __name__, __file__, __package__, __spec__ and __spec__.name)
print(sys.modules["__main__"].__dict__ is globals(), sys.stdin.read())
"""


class Program:
    """A program in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "app.py") -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return self._run([*HEAPGRAPH, "run", *options, *words])

    def run_plain(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, *words])

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*HEAPGRAPH, "run", *words], cwd=self.folder, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def snapshots(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.parquet"))

    def ask(self, *words: str) -> Any:
        done = self._run([*HEAPGRAPH, *words, "--json"])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, input="typed"
        )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def assert_same(program: Program, *words: str) -> None:
    plain, ours = program.run_plain(*words), program.run(*words)
    assert ours.returncode == plain.returncode
    assert ours.stdout == plain.stdout
    own, saved, histogram = ours.stderr.partition("heapgraph: saved heapgraph-")
    assert own == plain.stderr
    assert saved
    assert re.search(r"^ *count +bytes +type$", histogram, re.MULTILINE)
    assert len(program.snapshots()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "print('fine')",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('a message')",
        "raise SystemExit",
        "def f():\n    1 / 0\ndef g():\n    f()\ng()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('x') from error",
        "raise KeyboardInterrupt",
        "def (",
        "import sys; sys.excepthook = lambda *_: print('hooked'); 1 / 0",
        "import atexit; atexit.register(print, 'at exit'); 1 / 0",
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('thread'))).start()\n"
        "print('main')",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "os.kill(os.getpid(), signal.SIGTERM)",
    ],
)
def test_a_program_ends_as_it_does_without(program: Program, text: str) -> None:
    program.write(text)
    assert_same(program, "app.py")


def test_a_file_sees_what_it_sees_without(program: Program) -> None:
    program.write(SHOW)
    assert_same(program, "app.py", "-m", "--json", "x y", "-o", "--", "-")


def test_a_file_in_another_folder_or_behind_a_link(program: Program, tmp_path: Path) -> None:
    program.write(SHOW, "inner/app.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "inner" / "app.py")
    for path in ("inner/app.py", "link.py"):
        plain, ours = program.run_plain(path), program.run(path)
        assert ours.stdout == plain.stdout


def test_a_module_a_folder_and_an_archive(program: Program, tmp_path: Path) -> None:
    program.write(SHOW, "package/__main__.py")
    program.write("", "package/__init__.py")
    program.write(SHOW, "package/part.py")
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", SHOW)
    for words in (["-m", "package", "-v"], ["-m", "package.part"], ["package"], ["app.zip", "x"]):
        plain, ours = program.run_plain(*words), program.run(*words)
        assert ours.returncode == plain.returncode == 0
        assert ours.stdout == plain.stdout


def test_what_can_not_be_run_is_said(program: Program) -> None:
    done = program.run("none.py")
    assert done.returncode == 2
    assert done.stderr == "heapgraph: cannot open none.py: No such file or directory\n"
    plain, ours = program.run_plain("-m", "no_such_module"), program.run("-m", "no_such_module")
    assert ours.returncode == plain.returncode
    assert ours.stderr.startswith(plain.stderr)


def test_the_name_of_a_module_that_is_not_there_is_not_obeyed(program: Program) -> None:
    done = program.run("-m", "no\x1b[31m\u202e")
    assert done.returncode == 1
    assert r"No module named no\x1b[31m\u202e" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--signal", "USR3"), "USR3 is no signal that can be handled"),
        (("--signal", "KILL"), "KILL is no signal that can be handled"),
        (("--signal", "999"), "999 is no signal that can be handled"),
        (("-o", "no/such/heap.parquet"), "there is no folder"),
    ],
)
def test_a_wrong_option_is_said_before_the_program_runs(
    program: Program, options: tuple[str, ...], message: str
) -> None:
    program.write("print('ran')")
    done = program.run("app.py", options=options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_the_heap_at_the_end_is_saved(program: Program) -> None:
    program.write(
        "class Session: pass\n"
        "sessions = [Session() for _ in range(100)]\n"
        "def main():\n    raise RuntimeError('broken')\n"
        "main()\n"
    )
    assert program.run("app.py", options=("-o", "heap.parquet")).returncode == 1
    found = program.ask("find", "heap.parquet", "__main__.Session")
    assert found["count"] == 100
    found = program.ask("chain", "heap.parquet", "__main__.Session")
    assert found["chains"][0]["path"].startswith("__main__.sessions[")


def test_the_histogram_can_be_json(program: Program) -> None:
    program.write("")
    done = program.run("app.py", options=("--json",))
    line, _, histogram = done.stderr.partition("\n")
    assert line.startswith("heapgraph: saved heapgraph-")
    assert json.loads(histogram)["schema"] == "heapgraph/types@1"


def test_a_snapshot_that_can_not_be_saved_changes_nothing_else(program: Program) -> None:
    program.write("import shutil; shutil.rmtree('out'); exit(4)")
    (program.folder / "out").mkdir()
    done = program.run("app.py", options=("-o", "out/heap.parquet"))
    assert done.returncode == 4
    assert done.stderr.startswith("heapgraph: no snapshot saved: ")
    assert "out/heap.parquet" in done.stderr


WAIT = """
import sys, time
print("ready", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    time.sleep(0.05)
"""


def wait_for(program: Program, count: int) -> list[str]:
    end = time.monotonic() + 30
    while len(program.snapshots()) < count:
        assert time.monotonic() < end, program.snapshots()
        time.sleep(0.05)
    return program.snapshots()


def test_a_signal_saves_and_the_program_goes_on(program: Program) -> None:
    program.write(WAIT)
    with program.start("--signal", "usr2", "--signal", "SIGUSR1", "app.py") as process:
        for count, number in ((1, signal.SIGUSR2), (2, signal.SIGUSR1)):
            process.send_signal(number)
            names = [f"heapgraph-{process.pid}-{n + 1}.parquet" for n in range(count)]
            assert wait_for(program, count) == names
        process.terminate()
        assert process.wait() == -signal.SIGTERM
    assert len(program.snapshots()) == 3


def test_a_clock_saves(program: Program) -> None:
    program.write(WAIT)
    with program.start("--every", "200ms", "-o", "heap-{n}.parquet", "app.py") as process:
        wait_for(program, 2)
        process.send_signal(signal.SIGINT)
        assert process.wait() == -signal.SIGINT
    assert "heap-3.parquet" in program.snapshots()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_saves_under_its_own_number(program: Program) -> None:
    program.write(
        "import os, signal, sys\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os.kill(os.getpid(), signal.SIGUSR2)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "print(os.getpid(), child)\n"
    )
    done = program.run("app.py", options=("--signal", "USR2"))
    numbers = done.stdout.split()
    assert program.snapshots() == sorted(f"heapgraph-{number}-1.parquet" for number in numbers)


STUCK = """
import sys

def divide():
    1 / 0

def main():
    try:
        divide()
    except ZeroDivisionError as error:
        kept.append(error)
    if "wait" in sys.argv:
        import time
        print("ready", flush=True)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.05)
    divide()

kept = []
main()
"""


def frame_names(program: Program, snapshot: str) -> list[str]:
    frames = program.ask("find", snapshot, "builtins.frame")["objects"]
    return sorted(frame["name"].split(" in ")[0] for frame in frames)


@pytest.mark.parametrize("command", [HEAPGRAPH, [SCRIPT]], ids=["module", "script"])
def test_what_runs_and_saves_is_not_in_the_heap(program: Program, command: list[str]) -> None:
    program.write(STUCK)
    options = ["--signal", "USR1", "--every", "1h", "-o", "{n}.parquet"]
    with subprocess.Popen(
        [*command, "run", *options, "app.py", "wait"],
        cwd=program.folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for count in (1, 2):
            process.send_signal(signal.SIGUSR1)
            wait_for(program, count)
            # The handler that has written the file returns: another one would see its frame.
            time.sleep(0.2)
        process.terminate()
        assert process.wait() == -signal.SIGTERM
    assert len(program.snapshots()) == 3
    for snapshot in program.snapshots():
        # Those that run, and the one that the exception keeps.
        assert frame_names(program, snapshot) == ["<module>", "divide", "main"]
        assert_nothing_is_ours(program, snapshot)


@pytest.mark.parametrize("command", [HEAPGRAPH, [SCRIPT]], ids=["module", "script"])
@pytest.mark.parametrize("words", [["app.py"], ["-m", "app"]], ids=["file", "-m"])
def test_what_ran_is_not_in_the_heap_at_the_end(
    program: Program, command: list[str], words: list[str]
) -> None:
    program.write(STUCK)
    done = subprocess.run(
        [*command, "run", "-o", "heap.parquet", *words],
        cwd=program.folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    # Of the exception that ended it, and of the one before; `-m` has two more below them.
    own = ["<module>", "divide", "divide", "main"]
    runpy = ["_run_code", "_run_module_as_main"] if words[0] == "-m" else []
    assert frame_names(program, "heap.parquet") == own[:1] + runpy + own[1:]
    assert_nothing_is_ours(program, "heap.parquet")


def assert_nothing_is_ours(program: Program, snapshot: str) -> None:
    ours = {row["type"] for row in program.ask("types", snapshot, "--type", "heapgraph*")["types"]}
    # What the functions named as objgraph's remember, and what is registered for classes, made when
    # the package is imported.
    assert ours == {
        "heapgraph._core.Asker",
        "heapgraph._growth.Baseline",
        "heapgraph._registry.Registry",
    }
