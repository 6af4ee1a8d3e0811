"""A whole suite under the pytest plugin: reports, and leaks that are known."""

from __future__ import annotations

import json
import re

import pytest

import heapgraph
from plugin_suite import LEAKS, NEW_LEAK, check

SUITE = """
import unittest, warnings
import app, pytest

def test_in():
    app.server.sign_in()

class TestServer:
    @pytest.mark.parametrize("user", ["a", "b"])
    def test_in(self, user):
        app.server.sign_in()

    def test_element():
        app.server.texts.append(None)

def test_in_and_out(tmp_path):
    app.server.sign_out(app.server.sign_in())

def test_warns():
    warnings.warn("old name", DeprecationWarning)

@pytest.mark.allow_growth
def test_allowed():
    app.server.sign_in()

def test_with_a_check_of_its_own(assert_no_growth):
    assert_no_growth(app.server.sign_in, ignore=["app.*"], loops=1)
"""


def test_a_whole_suite(suite: pytest.Pytester) -> None:
    tests = SUITE.replace("test_element():", "test_element(self):")
    shown = check(suite, tests, "--heapgraph", failed=4, passed=4, warnings=1)
    assert "FAILED test_app.py::test_in - " in shown
    # One leak is explained once, first what most tests show.
    failures, _, leaks = shown.partition("heapgraph: 2 leaks in 4 tests")
    assert failures.count("app.server.sessions grows with every run: +1 element") == 3
    assert failures.count('Explained at the end of the run, under "heapgraph".') == 4
    assert leaks.index("1: app.server.sessions grows") < leaks.index("2: app.server.texts grows")
    assert (
        "3 tests: test_app.py::TestServer::test_in[a], test_app.py::TestServer::test_in[b], "
        in leaks
    )
    assert leaks.count("alive by") == 2
    closing = r"heapgraph: 7 tests checked in [\d.]+ s, 4 grow; slowest: test_app.py::\S+ \("
    assert re.search(closing, leaks)


RUN_ONCE = """
import pytest

runs = []

def is_first(name):
    runs.append(name)
    return runs.count(name) == 1

def test_fails():
    assert is_first("fails")

def test_skips():
    if not is_first("skips"):
        pytest.skip("has run")

@pytest.fixture
def port():
    assert is_first("port"), "in use"

def test_setup(port):
    pass

@pytest.fixture
def file():
    yield
    assert not is_first("file"), "not closed"

def test_teardown(file):
    pass
"""


def test_what_cannot_be_repeated_keeps_its_outcome(suite: pytest.Pytester) -> None:
    plain = check(suite, RUN_ONCE, passed=4, errors=1)
    assert "not closed" in plain
    assert "\nheapgraph:" not in plain
    shown = check(suite, RUN_ONCE, "--heapgraph", passed=4, errors=1)
    assert "E       AssertionError: not closed" in shown
    lines = shown[shown.index("heapgraph: 4 tests not checked") :].splitlines()
    assert [line.partition(": AssertionError")[0] for line in lines[1:5]] == [
        "test_app.py::test_fails: failed when it was run again",
        "test_app.py::test_skips: was skipped when it was run again: Skipped: has run",
        "test_app.py::test_setup: its setup failed when it was run again",
        "test_app.py::test_teardown: its teardown failed when it was run again",
    ]
    assert re.match(r"heapgraph: 0 tests checked in [\d.]+ s, none grows, 4 not checked", lines[5])


def test_hypothesis_runs_a_method_on_one_instance(suite: pytest.Pytester) -> None:
    pytest.importorskip("hypothesis")
    shown = check(
        suite,
        """
        import hypothesis, unittest
        from hypothesis import strategies

        @hypothesis.given(strategies.booleans())
        def test_function(flag):
            pass

        kept = []

        @hypothesis.given(strategies.booleans())
        def test_that_leaves_something(flag):
            kept.append(flag)

        class TestMethods:
            @hypothesis.given(strategies.booleans())
            def test_method(self, flag):
                pass

        class UnitTest(unittest.TestCase):
            @hypothesis.given(strategies.booleans())
            def test_method(self, flag):
                pass
        """,
        "--heapgraph",
        passed=4,
    )
    assert "heapgraph: 2 tests checked in " in shown
    assert "\ntest_app.py::test_that_leaves_something: hypothesis runs it with other" in shown
    assert "\ntest_app.py::UnitTest::test_method: failed when it was run again: hypothesis" in shown


@pytest.mark.one_version
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


@pytest.mark.one_version
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
