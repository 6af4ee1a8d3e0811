"""No text that heapgraph makes does anything to a terminal, whatever the names of a program are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import heapgraph
from heapgraph import _core

PROGRAM = Path(__file__).with_name("hostile_names.py")
COMMAND = [sys.executable, "-m", "heapgraph"]

FAKED = "Found: nothing leaks"

NO_NAMES = {
    "CaptureError",
    "Chain",
    "HeapGraphError",
    "TypeRetained",
    "TypeTotal",
    "is_proper_module",
    "is_root",
    "start_over",
}
"""What says nothing that comes from a heap."""


def harm_in(text: str) -> list[str]:
    """What of a text a terminal would obey or not show, and a line that a name has faked."""
    found = [
        ascii(character)
        for character in text
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    return found + [line for line in text.splitlines() if line.lstrip().startswith(FAKED)]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path_factory.mktemp("hostile"))],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return json.loads(done.stdout)


# A new public name has to have its texts in the program, or the test of it fails.
@pytest.mark.parametrize("name", [*heapgraph.__all__, "testing.assert_no_growth"])
def test_texts_show_names_and_do_not_obey_them(said: Any, name: str) -> None:
    texts = said["texts"][name]
    for text in texts:
        assert not harm_in(text), text
    has_names = any(FAKED in text for text in texts)
    assert has_names == (name not in NO_NAMES), texts


def test_data_has_the_true_names(said: Any) -> None:
    name = f"m{said['evil']}.{said['evil']}"
    assert name in said["typestats"]
    assert name in said["types"]


def test_names_of_people_stay_as_they_are() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for text in (
        "会话缓存",
        "Größe_naïve",
        "עברית العربية",
        "हिन्दी क्\u200dष",
        "می\u200cخواهم",  # noqa: RUF001 - in its own script
        family,
        "❤️ 1",
        "🇩🇪",
        "a\u0301b",
    ):
        assert _core.one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x00\x1b\x7f\x85\x9b", r"\x00\x1b\x7f\x85\x9b"),
        ("\u202e\u2066\u200e\u061c", r"\u202e\u2066\u200e\u061c"),
        ("\u2028\u2029", r"\u2028\u2029"),
        # Drawn as nothing: two names would look alike.
        ("ad\u200bmin\u00ad\u2060\ufeff", r"ad\u200bmin\xad\u2060\ufeff"),
        ("ad\u200dmin x\ufe0f", r"ad\u200dmin x\ufe0f"),
        ("\u200d", r"\u200d"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800\udc9b", r"\ud800\udc9b"),
    ],
)
def test_what_is_no_text_is_spelled(text: str, shown: str) -> None:
    assert _core.one_line(text) == shown


def commands(file: str, pattern: str, folder: Path) -> dict[str, list[list[str]]]:
    """Words to ask each command with."""
    picture = str(folder / f"p\x1b[2J\u202e\n{FAKED}.svg")
    missing = str(folder / f"no\x1b\u202e\n{FAKED}")
    return {
        "run": [[missing], ["--signal", missing, __file__], ["-o", missing + "/x", __file__]],
        "summary": [[file], [missing]],
        "types": [[file], [missing], [f"--no\x1b\n{FAKED}"]],
        "diff": [[file, file], [file, missing], [file, file, missing]],
        "growth": [[file, file], [missing]],
        "find": [[file, pattern], [file, missing], [missing, pattern]],
        "chain": [[file, pattern], [file, "*\x1b*"], [file, pattern, "-o", picture]],
        "why": [[file, pattern], [file, pattern, "-o", missing]],
        "refs": [[file, pattern], [file, pattern, "-o", f"{missing}.\x1b"]],
        "backrefs": [[file, pattern]],
        "retained": [[file, pattern]],
        "owners": [[file, "-n", "1000"], [file, "-n", missing]],
        "suspects": [[file, "--min-size", "0"]],
        "cycles": [[file]],
        "garbage": [[file]],
        "export": [[file, "--around", pattern], [file, "-o", str(folder / missing / "x")]],
        "completions": [["bash"], [missing]],
        "help": [[missing]],
    }


def test_the_command_shows_names_and_does_not_obey_them(said: Any, tmp_path: Path) -> None:
    listed = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    section = listed.stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    names = [line.split()[0] for line in section.splitlines() if line[2:3] != " "]
    words = commands(said["file"], f"m{said['evil']}.{said['evil']}", tmp_path)
    assert set(names) == set(words)
    named = 0
    for name, questions in words.items():
        for question in questions:
            for options in ([], ["--json"]):
                done = subprocess.run(
                    [*COMMAND, name, *question, *options],
                    capture_output=True,
                    cwd=tmp_path,
                    check=False,
                )
                texts = [done.stdout.decode(), done.stderr.decode()]
                assert done.returncode in (0, 2), texts
                for text in texts:
                    assert not harm_in(text), (name, question, text)
                    named += FAKED in text
                if options and done.returncode == 0 and name not in ("help", "completions"):
                    # JSON has the true text for who reads it.
                    json.loads(texts[0] or "{}")
    assert named > 30


PYTEST = [sys.executable, "-m", "pytest", "-p", "pytest_heapgraph", "-c", os.devnull, "--rootdir=."]
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Other plugins repeat the words of the command line."""

SUITE = """
import sys, types
EVIL = "\\x1b[2J\\u202eT\\n{faked}\\n"
module = types.ModuleType("m" + EVIL)
sys.modules["m" + EVIL] = module
Type = type("T", (), {{}})
Type.__name__ = Type.__qualname__ = EVIL
vars(module)["kept" + EVIL] = []

def keep():
    vars(module)["kept" + EVIL].append(Type())

def test_block(assert_no_growth):
    with assert_no_growth():
        keep()

def test_callable(assert_no_growth):
    assert_no_growth(keep)
"""


def test_failures_of_tests_show_names_and_do_not_obey_them(tmp_path: Path) -> None:
    (tmp_path / "test_evil.py").write_text(SUITE.format(faked=FAKED))
    report, known = tmp_path / f"r\u202e\n{FAKED}", tmp_path / f"k\x1b\n{FAKED}.json"

    def run(*options: str) -> str:
        done = subprocess.run(
            [*PYTEST, *options, "test_evil.py"],
            capture_output=True,
            cwd=tmp_path,
            env=ALONE,
            check=False,
        )
        output = done.stdout.decode()
        # pytest shows the source of the test, in which the name is spelled.
        assert not harm_in(output), output
        assert not done.stderr, done.stderr
        return output

    output = run(f"--heapgraph-report={report}")
    assert "survives the block" in output
    assert "2 failed" in output
    assert len(list(report.iterdir())) >= 4
    assert "is no file of known leaks" in harmless_error(tmp_path, known)
    output = run(f"--heapgraph-baseline={known}", "--heapgraph-update-baseline")
    assert "2 passed" in output
    assert FAKED in json.loads(known.read_text("utf-8"))["leaks"][0]["path"]
    (tmp_path / "test_evil.py").write_text(
        "def test_block(assert_no_growth):\n    assert_no_growth(list)\n"
        "def test_callable(assert_no_growth):\n    assert_no_growth(list)\n"
    )
    assert "known leaks that grow no more" in run(f"--heapgraph-baseline={known}")


def harmless_error(folder: Path, known: Path) -> str:
    """What pytest says of a file of known leaks that is none."""
    known.write_text("{}")
    done = subprocess.run(
        [*PYTEST, f"--heapgraph-baseline={known}", "test_evil.py"],
        capture_output=True,
        cwd=folder,
        env=ALONE,
        check=False,
    )
    known.unlink()
    error = done.stderr.decode()
    assert not harm_in(error), error
    return error
