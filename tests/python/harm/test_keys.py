"""`keys=False`: no key of a dict that may be data is in a snapshot."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import heapgraph
from children import survives

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    *("str", "tuple", "bytes", "counter", "ordered", "default", "proxy", "nested", "module"),
    *("attribute", "space", "slotted", "row", "function", "class", "cached", "linked", "context"),
    "exec",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    folder = tmp_path_factory.mktemp("keys")
    without, whole = folder / "without.parquet", folder / "whole.parquet"
    said = survives("keys_of_dicts.py", str(without), str(whole))
    return without, whole, said


def all_texts(path: Path) -> str:
    """Every text in a file, read by another program than ours."""
    duckdb = pytest.importorskip("duckdb", reason="has no wheel for every CPython")
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT list(heap) FROM '{path}' AS heap").fetchone()
        entries = connection.execute(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')"
        ).fetchall()
    assert row is not None
    return json.dumps([row[0], entries], default=str)


def test_no_secret_is_in_the_file(saved: tuple[Path, Path, str]) -> None:
    without, whole, said = saved
    texts, secrets = all_texts(without), all_texts(whole)
    # What is looked for is found where it is.
    assert {kind for kind in KINDS if f"secret-{kind}" not in secrets} == set()
    for text in (texts, said, without.read_bytes().decode(errors="replace")):
        assert "secret-" not in text
        assert "4242424242" not in text


def test_no_secret_is_in_an_answer(saved: tuple[Path, Path, str]) -> None:
    without, _, said = saved
    assert ".sessions[<str>]" in said
    for words in (["export"], ["why", "list"], ["cycles"], ["owners"], ["suspects"], ["summary"]):
        done = subprocess.run(
            [sys.executable, "-m", "heapgraph", words[0], str(without), *words[1:], "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "secret-" not in done.stdout
        assert "4242424242" not in done.stdout


def test_names_of_attributes_and_modules_stay(saved: tuple[Path, Path, str]) -> None:
    texts = all_texts(saved[0])
    names = ("app-data", "sessions", "registry", "plain_attribute", "fine", "in_dict", "kept")
    for name in (*names, "held", "variable_name"):
        assert name in texts
    # Up to 3.11 what is behind a tuple is not found there without making it.
    assert "of_row" in texts or sys.version_info < (3, 12)
    assert "plain key" not in texts


def test_a_file_says_that_it_has_no_keys(saved: tuple[Path, Path, str]) -> None:
    without, whole, _ = (heapgraph.load_snapshot(saved[0]), heapgraph.load_snapshot(saved[1]), 0)
    assert [snapshot.metadata["has_keys"] for snapshot in (without, whole)] == [False, True]
    assert "names, without the keys of dicts" in str(without)
    assert "without the keys" not in str(whole)


def test_the_command_and_signals_leave_keys_out(tmp_path: Path) -> None:
    program = tmp_path / "app.py"
    program.write_text(
        "import os, signal, heapgraph\n"
        "kept = {'-'.join(['secret', 'key']): [1]}\n"
        "heapgraph.save_on_signal(signal.SIGUSR1, os.fsencode('.'), keys=False)\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
    )
    subprocess.run(
        [sys.executable, "-m", "heapgraph", "run", "--no-keys", "-o", "end.parquet", "app.py"],
        capture_output=True,
        cwd=tmp_path,
        check=True,
    )
    files = list(tmp_path.glob("*.parquet"))
    assert len(files) == 2
    for file in files:
        texts = all_texts(file)
        assert "kept" in texts
        assert "secret-" not in texts


def test_values_without_keys_are_refused() -> None:
    for ask in (heapgraph.take_snapshot, heapgraph.save_on_signal):
        with pytest.raises(ValueError, match="keys=False goes with values=False"):
            ask(values=True, keys=False)
    done = subprocess.run(
        [sys.executable, "-m", "heapgraph", "run", "--no-keys", "--values", "x.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--no-keys" in done.stderr


def test_growth_is_found_without_keys() -> None:
    class Leak:
        pass

    caches: dict[str, list[Leak]] = {"one": [], "other": []}
    snapshots = []
    for _ in range(4):
        caches["one"] += [Leak() for _ in range(10)]
        snapshots.append(heapgraph.take_snapshot(keys=False))
    report = heapgraph.find_growth_in(snapshots, loops=10)
    (path,) = (path for path in report.growing if "caches" in path.path)
    assert path.path.endswith("<local caches>[x]")
    assert path.elements_per_iteration == 1
