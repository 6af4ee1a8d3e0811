"""The marker of the pytest plugin: a test is run again and again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_suite import check, run

if TYPE_CHECKING:
    import pytest


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
    # The failure is short, and says where the leak is explained.
    failure, _, text = shown.partition("heapgraph: 1 leak in 1 test")
    assert "\napp.server.sessions grows with every run: +1 element" in failure
    assert "alive by" not in failure
    assert re.search(r"\n1: app.server.sessions grows with every run: \+1 element", text)
    assert re.search(r"\n +in +1 test: test_app.py::test_sign_in\n", text)
    assert re.search(r"size +builtins.dict: \d+ > \d+ > \d+", text)
    assert re.search(r"alive by\n +module app\n +\.server +Server\n +\.sessions +dict", text)
    assert re.search(r"try +Delete each entry", text)
    assert re.search(r"fingerprint [0-9a-f]{16}", text)
    assert "If this is meant: ignore=['app.server.sessions*']" in text
    # One leak is one report, and the tools of a test are none.
    assert "\n2: " not in text
    assert re.search(r"\nheapgraph: 2 tests checked in [\d.]+ s, 1 grows", text)
    assert "- Grows: app.server" in text


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

        @pytest.mark.no_growth(3, 1, 4)
        def test_too_many():
            pass
        """,
        "--deselect=test_app.py::test_quiet",
        passed=1,
        failed=3,
        deselected=1,
    )
    assert "the marker no_growth takes loops and warmup by position" in shown
    assert "the marker no_growth: loops must be a whole number of at least 1, not 0" in shown
    assert "the marker no_growth: got an unexpected keyword argument 'lops'" in shown
    # The lines of the plugin say nothing.
    assert "_repetition.py" not in shown


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

        @pytest.mark.parametrize("strict", [True, False])
        def test_known_by_a_marker(request, strict):
            request.applymarker(pytest.mark.xfail(reason="leaks, as is known", strict=strict))
            app.server.sign_in()

        @pytest.mark.xfail(reason="leaks no more", strict=True)
        def test_mended():
            app.server.sign_out(app.server.sign_in())

        def test_passes_once():
            runs.append("once")
            assert runs.count("once") == 1

        def test_skips_when_run_again():
            runs.append("again")
            if runs.count("again") > 1:
                pytest.skip("only once")
        """,
        "-rs",
        failed=3,
        passed=1,
        skipped=3,
        xfailed=2,
    )
    assert "[XPASS(strict)] leaks no more" in shown
    assert "its own error" in shown
    assert "its own reason" in shown
    assert "The test passed once, and failed when it was run again: AssertionError: " in shown


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


def test_a_fixture_that_fails_when_taken_down(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import pytest

        @pytest.fixture
        def port():
            yield 80
            raise OSError("the port is in use")

        @pytest.mark.no_growth
        def test_port(port, caplog):
            pass

        def test_after():
            pass
        """,
        failed=1,
        errors=1,
        passed=1,
    )
    assert shown.count("E       OSError: the port is in use") == 2
    assert "KeyError" not in shown


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
