"""The examples in the documents, each document in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
WITH_EXAMPLES = sorted(path for path in DOCS.rglob("*.md") if ">>> " in path.read_text("utf-8"))


def test_the_documents_are_there() -> None:
    assert [path.name for path in WITH_EXAMPLES] == [
        "growth.md",
        "leak-hunt.md",
        "pytest.md",
        "references.md",
        "snapshots.md",
        "bots.md",
        "pipeline.md",
        "workers.md",
        "why.md",
    ]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.name)
def test_examples_of_a_document(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "doctest", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
