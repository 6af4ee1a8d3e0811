"""The walk-through of docs/service.md: its commands say what it says they do."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "heapgraph": str(Path(sysconfig.get_path("scripts")) / "heapgraph"),
    "python": sys.executable,
}
PORT = ":8080"
# Longer than a slow machine needs; a test that fails says why at once.
PATIENCE = 120


def examples(document: str) -> list[tuple[str, str]]:
    """The commands in `console` blocks, each with the lines below it."""
    blocks = re.findall(r"^```console\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    pairs = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)
    return [(command, said) for command, said in pairs]


class Terminal:
    """Carries out the commands of a document, in a folder, as a shell would.

    The service is asked for a port that is free, and used with the one it got.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ":0"
        self.service: subprocess.Popen[bytes] | None = None
        self._log = folder / "log"
        self._read = 0

    def say(self, command: str) -> str:
        words = shlex.split(command.replace(PORT, self.port))
        if words[-1] == "&":
            return self._start(words[:-1])
        if words[0] == "kill":
            return self._signal(words[1:])
        done = subprocess.run(
            [PROGRAMS[words[0]], *words[1:]],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == (1 if "--fail-on" in words else 0), done.stdout
        return done.stdout

    def end(self) -> None:
        if self.service is not None:
            self.service.kill()
            self.service.wait()

    def _start(self, words: list[str]) -> str:
        with self._log.open("wb") as log:
            self.service = subprocess.Popen(
                [PROGRAMS[words[0]], *words[1:]], cwd=self.folder, stdout=log, stderr=log
            )
        said = self._wait_for("Serving on .*")
        port = re.search(r":\d+$", said.rstrip())
        assert port is not None
        self.port = port.group()
        return said.replace(self.port, PORT)

    def _signal(self, words: list[str]) -> str:
        assert self.service is not None
        assert words[-1] == "$!"
        number = signal.SIGUSR2 if words[0] == "-USR2" else signal.SIGTERM
        self.service.send_signal(number)
        if number is signal.SIGTERM:
            assert self.service.wait(PATIENCE) == -signal.SIGTERM
        return self._wait_for("saved .*")

    def _wait_for(self, pattern: str) -> str:
        """What the service has said since the last time, once there is such a line."""
        assert self.service is not None
        end = time.monotonic() + PATIENCE
        while True:
            is_over = self.service.poll() is not None or time.monotonic() > end
            said = self._log.read_bytes()[self._read :].decode()
            if re.search(f"{pattern}\n", said):
                self._read += len(said.encode())
                return said
            assert not is_over, self._log.read_text()
            time.sleep(0.02)


def comparable(said: str) -> list[str]:
    """What an answer says on any CPython: counts are those of the shop's own types.

    Of the interpreter's own types about as many come, in an order that differs.
    """
    lines: list[str] = []
    others: list[str] = []
    for line in said.splitlines():
        words = line.split()
        if not words or line.endswith(("more types)", "more type)", " total")):
            continue
        if len(words) == 6 and words[4] in {"grown", "shrunk", "added", "removed"}:
            count, change, _, _, kind, name = words
            if not name.startswith("shop."):
                others.append(f"{kind} {name}")
                continue
            words = [count, change, kind, name]
        line = re.sub(r"0x[0-9a-f]+", "ADDRESS", " ".join(words))
        line = re.sub(r"\b\d+ bytes", "N bytes", line)
        lines.append(re.sub(r"\[\d+\]", "[N]", line))
    return [*lines, *sorted(others)]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    folder = tmp_path / "service"
    shutil.copytree(ROOT / "fixtures" / "service", folder)
    return Terminal(folder)


def test_the_walk_through_is_what_happens(terminal: Terminal) -> None:
    commands = examples((ROOT / "docs" / "service.md").read_text("utf-8"))
    assert len(commands) == 9
    try:
        for command, expected in commands:
            shown, dots, _ = expected.partition("...\n")
            said = comparable(terminal.say(command))
            assert said[: len(comparable(shown))] == comparable(shown), command
            assert dots or len(said) == len(comparable(shown)), command
    finally:
        terminal.end()
    picture = (terminal.folder / "chain.svg").read_text("utf-8")
    for text in ("shop", "Bottle", "list", "300 items", "order.&lt;locals&gt;.give_back", "Basket"):
        assert text in picture
