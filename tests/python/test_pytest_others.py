"""The pytest plugin beside other plugins and tools of tests."""

from __future__ import annotations

import json
import re
import sys

import pytest

from plugin_suite import LEAKS, NEW_LEAK, OTHERS, check


def test_unittest_and_subtests(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import unittest
        import app, pytest

        class ServerTest(unittest.TestCase):
            def setUp(self):
                self.numbers = []

            @pytest.mark.no_growth
            def test_in(self):
                self.numbers.append(app.server.sign_in())
                self.assertEqual(len(self.numbers), 1)

            @pytest.mark.no_growth
            def test_in_and_out(self):
                for number in range(3):
                    with self.subTest(number=number):
                        app.server.sign_out(app.server.sign_in())

            @pytest.mark.no_growth
            def test_raises(self):
                with self.assertRaises(KeyError):
                    app.server.sign_out(None)
        """,
        failed=1,
        passed=2,
    )
    assert "FAILED test_app.py::ServerTest::test_in " in shown
    assert "subtests passed" not in shown or "3 subtests passed" in shown


def test_unittests_that_do_not_pass_end_as_ever(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import unittest
        import pytest

        runs = []

        @pytest.mark.no_growth
        class EndsTest(unittest.IsolatedAsyncioTestCase):
            def test_fails(self):
                runs.append("fails")
                self.fail("its own error")

            def test_skips(self):
                runs.append("skips")
                self.skipTest("its own reason")

            @unittest.expectedFailure
            def test_is_expected_to_fail(self):
                runs.append("expected")
                self.assertEqual(runs, [])

            async def test_raises(self):
                runs.append("raises")
                raise KeyError("its own key")

        def test_runs():
            assert sorted(runs) == ["expected", "fails", "raises", "skips"]
        """,
        "-rs",
        failed=2,
        skipped=1,
        xfailed=1,
        passed=1,
    )
    assert "its own error" in shown
    assert "its own reason" in shown
    assert "its own key" in shown


NOISE = """
import asyncio, io, logging, unittest, warnings
from unittest import mock
import pytest

log = logging.getLogger(__name__)
remembers = mock.MagicMock()

def test_nothing():
    pass

def test_prints(capsys):
    print("a line" * 100)

def test_prints_into_what_pytest_captures():
    print("a line" * 100)

def test_logs():
    log.warning("of %s", object())

def test_logs_into_caplog(caplog):
    caplog.set_level("DEBUG")
    log.debug("of %s", object())
    assert caplog.records

def test_files(tmp_path, tmp_path_factory):
    (tmp_path / "file").write_text("text")

def test_patches(monkeypatch):
    monkeypatch.setattr(unittest, "name", object(), raising=False)
    with mock.patch("os.getcwd") as patched:
        patched()

def test_mocks():
    remembers.method(object())

def test_warns():
    warnings.warn("a warning", stacklevel=1)

def test_warns_and_looks(recwarn):
    warnings.warn("a warning", stacklevel=1)
    assert len(recwarn) == 1

def test_raises():
    with pytest.raises(ZeroDivisionError) as raised:
        1 / 0
    assert raised.value

def test_requests(request, record_property, pytestconfig):
    record_property("key", "value")
    request.addfinalizer(lambda: None)

@pytest.mark.parametrize("value", [1, [2]])
def test_parameters(value):
    assert value

def test_runs_a_loop():
    asyncio.run(asyncio.sleep(0))

class UnitTest(unittest.TestCase):
    def test_logs(self):
        with self.assertLogs() as logs:
            log.error("an error")
"""


@pytest.mark.parametrize("marked", [True, False])
def test_tools_of_tests_are_not_blamed(suite: pytest.Pytester, marked: bool) -> None:
    mark = "\npytestmark = pytest.mark.no_growth\n" if marked else ""
    check(suite, NOISE + mark, *([] if marked else ["--heapgraph"]), passed=16)


def test_under_coverage(suite: pytest.Pytester) -> None:
    pytest.importorskip("coverage")
    suite.makepyfile(test_app=NOISE)
    done = suite.run(
        *[sys.executable, "-m", "coverage", "run", "-m", "pytest", "--heapgraph"],
        *["-p", "no:cacheprovider", *(part for name in OTHERS for part in ("-p", f"no:{name}"))],
    )
    done.assert_outcomes(passed=16)


@pytest.mark.one_version
def test_with_xdist(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    options = ("--heapgraph-baseline=known.json", "-n2")
    update = "--heapgraph-update-baseline"
    check(suite, LEAKS, *options, update, others=["xdist"], passed=3)
    known = json.loads((suite.path / "known.json").read_text("utf-8"))
    assert [leak["path"] for leak in known["leaks"]] == ["app.server.sessions", "app.server.texts"]
    # One is mended, one is known, and one is new.
    changed = LEAKS.replace("app.server.sign_in()", "pass") + NEW_LEAK
    shown = check(suite, changed, *options, others=["xdist"], failed=1, passed=3)
    assert "test_app.new grows with every run" in shown
    assert "known leaks that grow no more" in shown
    stale = shown[shown.index("known leaks that grow no more") :]
    assert "app.server.sessions" in stale
    assert "app.server.texts" not in stale


def test_with_reruns(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_rerunfailures")
    shown = check(
        suite,
        """
        import app, pytest

        pytestmark = pytest.mark.no_growth

        runs = []

        def test_fails_at_first():
            runs.append(None)
            assert len(runs) > 1

        def test_in():
            app.server.sign_in()
        """,
        "--reruns=1",
        "-o",
        "heapgraph_ignore=test_app.runs*",
        others=["rerunfailures"],
        failed=1,
        passed=1,
    )
    assert re.search(r"1 failed, 1 passed, 2 rerun", shown), shown
    assert "app.server.sessions grows with every run" in shown


ASYNC = """
import {library}
import app, pytest, {plugin}

pytestmark = [pytest.mark.no_growth, pytest.mark.{mark}]

@pytest.fixture
def anyio_backend():
    return "asyncio"

@{plugin}.fixture
async def number():
    await {library}.sleep(0)
    yield app.server.sign_in()
    await {library}.sleep(0)

async def test_in(number):
    await {library}.sleep(0)

async def test_in_and_out(number):
    {together}
    app.server.sign_out(number)
"""


@pytest.mark.parametrize(
    ("package", "parts"),
    [
        (
            "pytest_asyncio",
            {
                "library": "asyncio",
                "plugin": "pytest_asyncio",
                "mark": "asyncio",
                "together": "await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))",
            },
        ),
        (
            "anyio",
            {
                "library": "anyio",
                "plugin": "pytest",
                "mark": "anyio",
                "together": "async with anyio.create_task_group() as tasks:\n"
                "        tasks.start_soon(anyio.sleep, 0)",
            },
        ),
    ],
)
def test_with_coroutines(suite: pytest.Pytester, package: str, parts: dict[str, str]) -> None:
    pytest.importorskip(package)
    shown = check(suite, ASYNC.format(**parts), others=[parts["mark"]], failed=1, passed=1)
    assert "app.server.sessions grows with every run: +1 element" in shown
