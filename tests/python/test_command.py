"""The command as a user of the wheel starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import heapgraph

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "heapgraph")
MODULE = [sys.executable, "-m", "heapgraph"]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "heap.parquet"
    heapgraph.take_snapshot().save(path)
    return path


def test_the_wheel_has_the_command() -> None:
    (script,) = entry_points(group="console_scripts", name="heapgraph")
    assert script.value == "heapgraph.__main__:main"
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("heapgraph ")


def test_the_module_is_the_command(saved: Path) -> None:
    for words in (["types", str(saved), "--json"], ["find", str(saved), "Nothing"], ["--help"], []):
        done = run(*words)
        other = subprocess.run([*MODULE, *words], capture_output=True, text=True, check=False)
        assert (other.returncode, other.stdout) == (done.returncode, done.stdout)
        assert other.stderr == done.stderr


def test_a_real_heap_can_be_asked(saved: Path) -> None:
    types = json.loads(run("types", saved, "--json").stdout)
    counts = {row["type"]: row["count"] for row in types["types"]}
    assert counts["builtins.module"] > 20
    assert sum(counts.values()) == types["total"]["count"]
    summary = json.loads(run("summary", saved, "--json").stdout)
    assert summary["objects"] == types["total"]["count"]
    assert summary["python"].split()[0] == sys.version.split()[0]
    chain = json.loads(run("chain", saved, "_pytest.config.Config", "--json").stdout)
    assert chain["chains"][0]["objects"][-1]["type"] == "_pytest.config.Config"
    assert chain["chains"][0]["root"] is not None


def test_exit_codes(saved: Path, tmp_path: Path) -> None:
    assert run("types", saved, "--fail-on", "count(module)<1").returncode == 0
    assert run("types", saved, "--fail-on", "count(module)>1").returncode == 1
    missing = run("types", tmp_path / "none.parquet")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "none.parquet" in missing.stderr
    assert run("no-such-command").returncode == 2


def test_a_reader_that_leaves_early_is_no_error(saved: Path) -> None:
    with subprocess.Popen(
        [SCRIPT, "export", saved], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline() == b"{\n"
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait() == 0


def test_ctrl_c_ends_it_at_once(saved: Path) -> None:
    # The answer is longer than a pipe holds, so the command waits for its reader.
    with subprocess.Popen([SCRIPT, "export", saved], stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == b"{\n"
        time.sleep(0.2)
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=20) == -signal.SIGINT
