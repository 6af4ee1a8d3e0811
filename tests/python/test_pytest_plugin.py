"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCUMENT = Path(__file__).parents[2] / "docs" / "pytest.md"

OTHERS = ("anyio", "asyncio", "rerunfailures", "xdist")

APP = """
class Session:
    def __init__(self, user="somebody"):
        self.user = user
        self.listeners = []

class Server:
    def __init__(self):
        self.sessions = {}
        self.texts = []
        self.number = 0

    def sign_in(self):
        self.number += 1
        self.sessions[self.number] = Session()
        return self.number

    def sign_out(self, number):
        del self.sessions[number]

server = Server()
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a program that can leak, for tests of it."""
    pytester.makepyfile(app=APP)
    # What grows here has no end, so that there is no need to watch it for long.
    pytester.makeini("[pytest]\nheapgraph_seconds = 0.2\n")
    return pytester


def run(suite: pytest.Pytester, *options: str, others: Sequence[str] = ()) -> pytest.RunResult:
    """Run the tests of a folder in a process of their own, with these other plugins."""
    left_out = [part for name in OTHERS if name not in others for part in ("-p", f"no:{name}")]
    return suite.runpytest_subprocess(*left_out, "-p", "no:cacheprovider", *options)


def check(
    suite: pytest.Pytester, tests: str, *options: str, others: Sequence[str] = (), **outcomes: int
) -> str:
    """Run tests, and compare how many passed, failed, ...; return what was printed."""
    suite.makepyfile(test_app=tests)
    result = run(suite, *options, others=others)
    result.assert_outcomes(**outcomes)
    return result.stdout.str()


def test_it_is_found_by_its_entry_point() -> None:
    [found] = [point for point in entry_points(group="pytest11") if point.name == "heapgraph"]
    assert found.value == "pytest_heapgraph"


def test_it_is_idle_where_nothing_uses_it(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import sys

        def pytest_unconfigure(config):
            loaded = sorted(name for name in sys.modules if name.startswith("heapgraph"))
            print("loaded:", loaded, "pytest_heapgraph._repetition" in sys.modules)
        """
    )
    shown = check(suite, "def test_app(): pass", "-s", passed=1)
    assert "loaded: [] False" in shown


def test_importing_it_loads_nothing() -> None:
    program = """
import pytest, sys
before = set(sys.modules)
import pytest_heapgraph
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["pytest_heapgraph"]


def test_a_marked_test_that_leaks(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest

        @pytest.mark.no_growth
        def test_sign_in():
            app.server.sign_in()

        @pytest.mark.no_growth
        def test_sign_in_and_out():
            app.server.sign_out(app.server.sign_in())
        """,
        failed=1,
        passed=1,
    )
    lines = shown.splitlines()
    [failure] = [line for line in lines if line.startswith("app.server.sessions grows")]
    assert "+1 elements" in failure
    text = shown[shown.index(failure) :]
    assert re.search(r"size +builtins.dict: \d+ > \d+ > \d+", text)
    assert re.search(r"alive by\n +module app\n +\.server +Server\n +\.sessions +dict", text)
    assert re.search(r"try +Delete each entry", text)
    assert re.search(r"fingerprint [0-9a-f]{16}", text)
    assert "If this is meant: ignore=['app.server.sessions*']" in text
    # One leak is one report, and the tools of a test are none.
    assert "grows with every run" not in text[len(failure) : text.index("If this is meant")]


def test_options_of_the_marker(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest

        runs = []

        @pytest.mark.no_growth(3, 1, ignore="app.server.sessions*")
        def test_ignored():
            app.server.sign_in()

        @pytest.mark.no_growth(loops=3, warmup=4, snapshots=2)
        def test_quiet():
            runs.append(None)

        @pytest.mark.no_growth(loops=0)
        def test_no_loops():
            pass

        @pytest.mark.no_growth(lops=3)
        def test_misspelt():
            pass
        """,
        "--deselect=test_app.py::test_quiet",
        passed=1,
        failed=2,
        deselected=1,
    )
    assert "ValueError" in shown
    assert "TypeError" in shown
    assert "lops" in shown


def test_fixtures_are_fresh_for_every_run(suite: pytest.Pytester) -> None:
    check(
        suite,
        """
        import pytest

        events = []

        @pytest.fixture(scope="module")
        def database():
            events.append("database")
            yield []
            events.append("no database")

        @pytest.fixture
        def session(database):
            events.append("session")
            yield []
            events.append("no session")

        class TestSessions:
            def setup_method(self):
                self.seen = []

            @pytest.mark.no_growth(loops=1, warmup=1, ignore="test_app.events*")
            @pytest.mark.parametrize("number", [1, 2])
            def test_session(self, session, tmp_path, monkeypatch, number):
                assert session == self.seen == []
                assert list(tmp_path.iterdir()) == []
                session.append(number)
                self.seen.append(number)
                (tmp_path / "file").touch()
                monkeypatch.setenv("NUMBER", str(number))
                if number == 1:
                    return
                assert events[0] == "database" and "no database" not in events
                assert events.count("session") == events.count("no session") + 1 > 4

        def test_after():
            assert events.count("session") == events.count("no session")
        """,
        passed=3,
    )


def test_tests_that_do_not_pass_end_as_ever(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest

        pytestmark = pytest.mark.no_growth

        runs = []

        def test_fails():
            runs.append("failing")
            assert app.server is None, "its own error"

        def test_runs_of_a_failing_one(request):
            assert runs.count("failing") == 1

        def test_skips():
            pytest.skip("its own reason")

        @pytest.mark.skip(reason="marked so")
        def test_skipped():
            pass

        @pytest.mark.xfail(reason="leaks, as is known")
        def test_known_by_a_marker():
            app.server.sign_in()

        def test_passes_once():
            runs.append("once")
            assert runs.count("once") == 1

        def test_skips_when_run_again():
            runs.append("again")
            if runs.count("again") > 1:
                pytest.skip("only once")
        """,
        "-rs",
        failed=2,
        passed=1,
        skipped=3,
        xfailed=1,
    )
    assert "its own error" in shown
    assert "its own reason" in shown
    assert "The test passed once, and not again." in shown


def test_a_fixture_that_fails_when_made_again(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import pytest

        made = []

        @pytest.fixture
        def port():
            made.append(None)
            if len(made) > 1:
                raise OSError("the port is in use")
            yield 80

        @pytest.mark.no_growth
        def test_port(port):
            pass

        def test_after():
            pass
        """,
        failed=1,
        passed=1,
    )
    assert "the port is in use" in shown


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

def test_warns(recwarn):
    warnings.warn("a warning", stacklevel=1)

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
    check(suite, NOISE + mark, *([] if marked else ["--heapgraph"]), passed=15)


def test_the_fixture_with_a_callable(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest, logging

        def test_in(assert_no_growth):
            assert_no_growth(app.server.sign_in)

        def test_in_and_out(assert_no_growth):
            assert_no_growth(lambda: app.server.sign_out(app.server.sign_in()), loops=3, warmup=1)

        def test_ignored(assert_no_growth):
            assert_no_growth(app.server.sign_in, ignore=["app.server.sessions*"])

        def test_logs_and_prints(assert_no_growth, caplog):
            def scenario():
                print("a line")
                logging.warning("of %s", object())
            assert_no_growth(scenario)

        def test_raises(assert_no_growth):
            with pytest.raises(RuntimeError) as raised:
                assert_no_growth(lambda: app.server.sign_out(None))
            assert type(raised.value.__cause__) is KeyError

        def test_wrong(assert_no_growth):
            with pytest.raises(TypeError, match="allow is for a block"):
                assert_no_growth(print, allow=["Session"])
            with pytest.raises(TypeError, match="loops: of use with a callable only"):
                assert_no_growth(loops=3)
        """,
        failed=1,
        passed=5,
    )
    assert ">       assert_no_growth(app.server.sign_in)" in shown
    assert "E       AssertionError: app.server.sessions grows with every run: +1 elements" in shown


def test_the_fixture_with_a_block(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest, logging

        def test_in(assert_no_growth):
            with assert_no_growth():
                app.server.sign_in()

        def test_in_and_out(assert_no_growth):
            with assert_no_growth():
                app.server.sign_out(app.server.sign_in())

        def test_texts(assert_no_growth):
            with assert_no_growth():
                app.server.texts.append("text " * app.server.number)

        def test_a_variable(assert_no_growth):
            with assert_no_growth():
                session = app.Session()

        def test_a_variable_that_is_deleted(assert_no_growth):
            with assert_no_growth():
                session = app.Session()
                session.listeners.append(session)
                del session

        @pytest.mark.parametrize("allow", ["Session", ["app.S*"], {"Session": 2}, {"app.*": None}])
        def test_allowed(assert_no_growth, allow):
            with assert_no_growth(allow=allow):
                app.server.sign_in()
                app.server.sign_in()

        def test_allowed_by_path(assert_no_growth):
            with assert_no_growth(ignore="app.server.sessions*"):
                app.server.sign_in()

        def test_more_than_allowed(assert_no_growth):
            with assert_no_growth(allow={"Session": 1}):
                app.server.sign_in()
                app.server.sign_in()

        def test_an_error_is_raised_as_it_is(assert_no_growth):
            with pytest.raises(KeyError):
                with assert_no_growth():
                    app.server.sign_in()
                    app.server.sign_out(None)

        def test_tools_and_first_uses(assert_no_growth, caplog, capsys):
            with assert_no_growth():
                print("a line")
                logging.getLogger("another").warning("of %s", app.Session())
                import wsgiref.simple_server
                import re, fnmatch
                re.compile("first use of this")
                fnmatch.fnmatch("first", "u*e")
        """,
        failed=4,
        passed=9,
    )
    errors = [line for line in shown.splitlines() if line.startswith("E       AssertionError")]
    assert [line.partition("Error: ")[2] for line in errors] == [
        "1 Session survives the block, held by app.server.sessions[1]",
        "1 str survives the block, held by app.server.texts[0]",
        "1 Session survives the block, held by <frame test_a_variable><local session>",
        "2 Session survive the block, held by app.server.sessions[12]",
    ]
    assert re.search(r"E +alive by\nE +module app\nE +\.server +Server\nE +\.sessions +dict", shown)
    assert "A local variable of a running function holds it" in shown


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


def test_the_ini_file(suite: pytest.Pytester) -> None:
    suite.makeini(
        """
        [pytest]
        heapgraph = true
        heapgraph_loops = 3
        heapgraph_warmup = 1
        heapgraph_seconds = 0.1
        heapgraph_ignore =
            app.server.sessions*
            app.server.other*
        heapgraph_report = reports
        """
    )
    check(
        suite,
        """
        import app

        def test_in():
            app.server.sign_in()

        def test_texts():
            app.server.texts.append([])

        def test_block(assert_no_growth):
            with assert_no_growth():
                app.server.sign_in()
        """,
        failed=1,
        passed=2,
    )
    assert (suite.path / "reports" / "test_app.py-test_texts.json").is_file()


def test_wrong_settings_are_refused(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_app="def test_app(assert_no_growth): assert_no_growth(int)")
    broken = suite.path / "broken.json"
    broken.write_text('{"schema": "other"}')
    for options, message in (
        (["--heapgraph-update-baseline"], "needs a file"),
        (["--heapgraph-baseline=missing.json"], "--heapgraph-update-baseline writes the file"),
        (["--heapgraph-baseline=broken.json"], "is no file of known leaks"),
    ):
        result = run(suite, *options)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert message in result.stderr.str()
    result = run(suite, "-o", "heapgraph_loops=many")
    assert "heapgraph_loops must be a number, not 'many'" in result.stdout.str()


LEAKS = """
import app, pytest

def test_in():
    app.server.sign_in()

@pytest.mark.parametrize("text", ["a/b", "a b"])
def test_texts(text):
    app.server.texts.append([text])
"""


def test_reports_of_failures(suite: pytest.Pytester) -> None:
    shown = check(suite, LEAKS, "--heapgraph", "--heapgraph-report=reports", failed=3)
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
    options = ("--heapgraph", "--heapgraph-baseline=known.json")
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
    # What is known fails nothing.
    shown = check(suite, LEAKS, *options, passed=3)
    assert "known leaks" not in shown
    # What is new does.
    new = LEAKS + "\nnew = []\ndef test_new():\n    new.append([])\n"
    shown = check(suite, new, *options, failed=1, passed=3)
    assert "test_app.new grows" in shown
    # What was mended is reported, where its tests have run.
    mended = LEAKS.replace("app.server.sign_in()", "pass")
    shown = check(suite, mended, *options, passed=3)
    assert "known leaks that grow no more" in shown
    assert "app.server.sessions" in shown
    shown = check(suite, mended, *options, "-k", "texts", passed=2, deselected=1)
    assert "known leaks that grow no more" not in shown
    # And taken out when asked for.
    shown = check(suite, mended, *options, "--heapgraph-update-baseline", passed=3)
    assert "known.json: 0 added, 1 kept, 1 removed" in shown
    [leak] = json.loads(file.read_text("utf-8"))["leaks"]
    assert leak["path"] == "app.server.texts"


def test_nothing_is_kept_alive(suite: pytest.Pytester) -> None:
    check(
        suite,
        """
        import gc
        import app, heapgraph, pytest

        @pytest.mark.no_growth
        def test_marked():
            app.server.sign_in()

        def test_callable(assert_no_growth):
            assert_no_growth(app.server.sign_in)

        def test_block(assert_no_growth):
            with assert_no_growth():
                app.server.sign_in()

        def test_left():
            app.server.sessions.clear()
            gc.collect()
            stats = heapgraph.typestats(shortnames=False)
            own = {name for name in stats if name.startswith(("heapgraph.", "pytest_heapgraph."))}
            # What is registered for classes, and the settings.
            assert own == {"heapgraph._registry.Registry", "pytest_heapgraph._settings.Settings"}
            assert not heapgraph.by_type("app.Session")
        """,
        failed=3,
        passed=1,
    )


def test_with_xdist(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    options = ("--heapgraph", "--heapgraph-baseline=known.json", "-n2")
    update = "--heapgraph-update-baseline"
    check(suite, LEAKS, *options, update, others=["xdist"], passed=3)
    known = json.loads((suite.path / "known.json").read_text("utf-8"))
    assert [leak["path"] for leak in known["leaks"]] == ["app.server.sessions", "app.server.texts"]
    check(suite, LEAKS, *options, others=["xdist"], passed=3)
    mended = LEAKS.replace("app.server.sign_in()", "pass")
    shown = check(suite, mended, *options, others=["xdist"], passed=3)
    assert "known leaks that grow no more" in shown
    shown = check(suite, LEAKS, "--heapgraph", "-n2", others=["xdist"], failed=3)
    assert "app.server.sessions grows with every run" in shown


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


def test_with_pytest_asyncio(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_asyncio")
    suite.makeini(
        """
        [pytest]
        heapgraph_seconds = 0.2
        asyncio_default_fixture_loop_scope = function
        """
    )
    shown = check(
        suite,
        """
        import asyncio
        import app, pytest, pytest_asyncio

        pytestmark = [pytest.mark.no_growth, pytest.mark.asyncio]

        @pytest_asyncio.fixture
        async def number():
            await asyncio.sleep(0)
            yield app.server.sign_in()
            await asyncio.sleep(0)

        async def test_in(number):
            await asyncio.sleep(0)

        async def test_in_and_out(number):
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
            app.server.sign_out(number)
        """,
        others=["asyncio"],
        failed=1,
        passed=1,
    )
    assert "app.server.sessions grows with every run: +1 elements" in shown


def test_with_anyio(suite: pytest.Pytester) -> None:
    pytest.importorskip("anyio")
    shown = check(
        suite,
        """
        import anyio
        import app, pytest

        pytestmark = [pytest.mark.no_growth, pytest.mark.anyio]

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.fixture
        async def number():
            await anyio.sleep(0)
            return app.server.sign_in()

        async def test_in(number):
            await anyio.sleep(0)

        async def test_in_and_out(number):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep, 0)
            app.server.sign_out(number)
        """,
        others=["anyio"],
        failed=1,
        passed=1,
    )
    assert "app.server.sessions grows with every run: +1 elements" in shown


def test_under_coverage(suite: pytest.Pytester) -> None:
    pytest.importorskip("coverage")
    suite.makepyfile(test_app=NOISE)
    done = suite.run(
        *[sys.executable, "-m", "coverage", "run", "-m", "pytest", "--heapgraph"],
        *["-p", "no:cacheprovider", *(part for name in OTHERS for part in ("-p", f"no:{name}"))],
    )
    done.assert_outcomes(passed=15)


def test_a_test_that_ends_the_session(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_app="""
        import pytest

        runs = []

        @pytest.mark.no_growth
        def test_ends():
            runs.append(None)
            if len(runs) > 2:
                pytest.exit("enough")
        """
    )
    result = run(suite)
    assert "enough" in result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str()


def test_unittest_without_pytest(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_app="""
        import unittest
        import app
        from heapgraph.testing import assert_no_growth

        class ServerTest(unittest.TestCase):
            def test_in(self):
                assert_no_growth(app.server.sign_in)

            def test_in_and_out(self):
                assert_no_growth(lambda: app.server.sign_out(app.server.sign_in()))

            def test_block(self):
                with assert_no_growth():
                    app.server.sign_in()
        """
    )
    result = suite.run(sys.executable, "-m", "unittest", "test_app")
    shown = result.stderr.str()
    assert "FAILED (failures=2)" in shown
    assert "AssertionError: app.server.sessions grows with every run: +1 elements" in shown
    assert "AssertionError: 1 Session survives the block, held by app.server.sessions[" in shown


def test_the_files_of_the_document(suite: pytest.Pytester) -> None:
    text = DOCUMENT.read_text("utf-8")
    for contents, name in re.findall(r"```python\n(# (\S+)\n.*?)```", text, re.DOTALL):
        (suite.path / name).write_text(contents, "utf-8")
    shown = run(suite, "--no-header", "--quiet", "test_shop.py").stdout.str()
    [said] = re.findall(r"\$ pytest --no-header --quiet test_shop.py\n(.*?)```", text, re.DOTALL)

    def comparable(output: str) -> list[str]:
        """The output without numbers and folders."""
        plain = re.sub(r" /\S+/", " ", re.sub(r"[KM]B|bytes", "bytes", output))
        return re.sub(r"\d[\d,.]*( > [\d,.]+)*", "#", plain).splitlines()

    lines = comparable(shown)
    assert [
        line for line in comparable(said) if "fingerprint" not in line and line not in lines
    ] == []
    run(suite, "test_part.py").assert_outcomes(failed=1)
    run(suite, "test_block.py").assert_outcomes(failed=1, passed=1)
