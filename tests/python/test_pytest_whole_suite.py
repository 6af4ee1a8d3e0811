"""A whole suite under the pytest plugin: reports, and leaks that are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import heapgraph
from plugin_suite import LEAKS, NEW_LEAK, check

if TYPE_CHECKING:
    import pytest


def test_a_whole_suite(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest

        def test_in():
            app.server.sign_in()

        def test_in_and_out():
            app.server.sign_out(app.server.sign_in())

        @pytest.mark.allow_growth
        def test_allowed():
            app.server.sign_in()

        def test_with_a_check_of_its_own(assert_no_growth):
            assert_no_growth(app.server.sign_in, ignore=["app.*"])
        """,
        "--heapgraph",
        failed=1,
        passed=3,
    )
    assert "FAILED test_app.py::test_in - " in shown


def test_reports_of_failures(suite: pytest.Pytester) -> None:
    shown = check(suite, LEAKS, "--heapgraph-report=reports", failed=3)
    folder = suite.path / "reports"
    assert len(list(folder.iterdir())) == 9
    report = json.loads((folder / "test_app.py-test_in.json").read_text("utf-8"))
    assert report["schema"] == "heapgraph/test-failure@1"
    assert report["test"] == "test_app.py::test_in"
    [leak] = report["leaks"]
    assert (leak["path"], leak["type"]) == ("app.server.sessions", "builtins.dict")
    assert report["answer"]["verdict"] == "leaking"
    assert (folder / "test_app.py-test_in.svg").read_text("utf-8").startswith("<")
    snapshot = heapgraph.load_snapshot(folder / "test_app.py-test_in.parquet")
    assert snapshot.histogram()["app.Session"].count > 5
    assert "test_app.py-test_in.json, test_app.py-test_in.svg" in shown


def test_known_leaks(suite: pytest.Pytester) -> None:
    options = ("--heapgraph-baseline=known.json",)
    shown = check(suite, LEAKS, *options, "--heapgraph-update-baseline", passed=3)
    assert "known.json: 2 added, 0 kept, 0 removed" in shown
    file = suite.path / "known.json"
    known = json.loads(file.read_text("utf-8"))
    assert known["schema"] == "heapgraph/known-leaks@1"
    assert [(leak["path"], leak["tests"]) for leak in known["leaks"]] == [
        ("app.server.sessions", ["test_app.py::test_in"]),
        (
            "app.server.texts",
            ["test_app.py::test_texts[a b]", "test_app.py::test_texts[a/b]"],
        ),
    ]
    # What is known fails nothing, what is new does, and what was mended is reported.
    mended = LEAKS.replace("app.server.sign_in()", "pass")
    shown = check(suite, mended + NEW_LEAK, *options, failed=1, passed=3)
    assert "test_app.new grows" in shown
    stale = shown[shown.index("known leaks that grow no more") :]
    assert "app.server.sessions" in stale
    assert "app.server.texts" not in shown
    # But not where its tests have not run.
    shown = check(suite, mended, *options, "-k", "texts", passed=2, deselected=1)
    assert "known leaks" not in shown
    # And taken out when asked for.
    shown = check(suite, mended, *options, "--heapgraph-update-baseline", passed=3)
    assert "known.json: 0 added, 1 kept, 1 removed" in shown
    [leak] = json.loads(file.read_text("utf-8"))["leaks"]
    assert leak["path"] == "app.server.texts"
