"""A saved heap is a Parquet file: other programs read it, and the documents' SQL runs on it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import heapgraph

pytestmark = pytest.mark.one_version

ROOT = Path(__file__).parents[2]
FILE = ROOT / "fixtures" / "snapshots" / "v1.parquet"
DOCUMENT = ROOT / "docs" / "snapshot-format.md"

# What each statement of the document gives for the file, in the document's order.
ANSWERS: list[list[tuple[object, ...]]] = [
    [
        ("builtins.type", 1, 1064),
        ("builtins.frame", 1, 440),
        ("builtins.dict", 2, 416),
        ("builtins.str", 4, 217),
        ("builtins.set", 1, 216),
        ("builtins.function", 1, 160),
        ("builtins.list", 2, 144),
        ("app.Session", 2, 96),
        ("builtins.module", 1, 72),
        ("Session", 1, 48),
    ],
    [
        (3, "builtins.dict", "['bob']"),
        (10, "builtins.list", None),
        (10, "builtins.list", None),
        (14, "builtins.frame", "local session"),
    ],
    [(1, "0x7f5a3c001040", None, 2), (3, "0x7f5a3c0010c0", None, 2)],
    [
        ("heapgraph.captured_at", "2026-01-02T03:04:05.250Z"),
        ("heapgraph.program", "python -m app --port 8000"),
    ],
]


def statements() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def test_every_statement_of_the_document_has_an_answer_here() -> None:
    assert len(statements()) == len(ANSWERS)


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_the_sql_of_the_document(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="has no wheel for every CPython")
    shutil.copy(FILE, tmp_path / "heap.parquet")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        assert connection.execute(statements()[number]).fetchall() == ANSWERS[number]


def test_pyarrow_reads_it() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="has no wheel for every CPython")
    table = parquet.read_table(FILE)
    rows = table.to_pylist()
    assert [row["node"] for row in rows] == list(range(len(rows)))
    session = rows[4]
    assert session["type"] == "app.Session"
    assert [rows[node]["type"] for node in session["referents"]] == [
        "builtins.str",
        "builtins.list",
        "builtins.type",
    ]
    assert session["reference_names"] == [".user", ".tags", ".__class__"]
    assert rows[13]["reference_count"] is None
    assert [row["root_kind"] for row in rows if row["root_kind"]] == ["module", "frame", "external"]
    assert table.schema.metadata[b"heapgraph.format_version"] == b"1"


def test_the_document_has_every_column(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="has no wheel for every CPython")
    documented = re.findall(
        r"^\| `(\w+)` \| `([\w<>]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    types = {"UINT32": "uint32", "UINT64": "uint64", "STRING": "string", "BOOLEAN": "bool"}
    types["LIST<UINT32>"] = "list<element: uint32 not null>"
    types["LIST<STRING>"] = "list<element: string>"
    heapgraph.take_snapshot().save(tmp_path / "heap.parquet")
    schema = parquet.read_schema(tmp_path / "heap.parquet")
    written = [(field.name, str(field.type)) for field in schema]
    assert [(name, types[kind]) for name, kind in documented] == written
    older = [(field.name, str(field.type)) for field in parquet.read_schema(FILE)]
    assert older == [column for column in written if column[0] != "untraversed_count"]


def test_polars_reads_it() -> None:
    polars = pytest.importorskip("polars", reason="has no wheel for every CPython")
    heap = polars.read_parquet(FILE)
    edges = heap.select("node", "referents", "reference_names")
    edges = edges.filter(polars.col("referents").list.len() > 0)
    edges = edges.explode("referents", "reference_names")
    of_bob = edges.filter(polars.col("referents") == 5)
    assert of_bob["node"].to_list() == [3, 10, 10, 14]
    assert of_bob["reference_names"].to_list() == ["['bob']", None, None, "local session"]


# Root may write anywhere, so a test that root runs first becomes the user of the highest number
# that all systems have, who owns nothing.
SAVE_WHERE_NOTHING_CAN_BE_WRITTEN = """
import os, sys
import heapgraph

path = sys.argv[1]
snapshot = heapgraph.take_snapshot()
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
assert heapgraph.load_snapshot(path).node_count > 0
for name in [path, os.path.join(os.path.dirname(path), "new.parquet")]:
    try:
        snapshot.save(name)
    except heapgraph.SnapshotError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders there have no such permissions")
def test_a_read_only_folder_keeps_the_old_file_and_gets_no_other() -> None:
    # Folders of tests are private to their user.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = folder / "heap.parquet"
        shutil.copy(FILE, old)
        old.chmod(0o644)
        folder.chmod(0o555)
        try:
            saved = subprocess.run(
                [sys.executable, "-c", SAVE_WHERE_NOTHING_CAN_BE_WRITTEN, str(old)],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            folder.chmod(0o700)
        assert saved.returncode == 0, saved.stderr
        assert saved.stdout.splitlines() == [
            f"cannot save {folder / name}: Permission denied (os error 13)"
            for name in ("heap.parquet", "new.parquet")
        ]
        assert list(folder.iterdir()) == [old]
        assert old.read_bytes() == FILE.read_bytes()
