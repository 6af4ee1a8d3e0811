"""The pytest plugin: when it is there, and what it is told."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from plugin_suite import check, run

DOCUMENT = Path(__file__).parents[2] / "docs" / "pytest.md"


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


def test_the_ini_file(suite: pytest.Pytester) -> None:
    suite.makeini(
        """
        [pytest]
        heapgraph = true
        heapgraph_loops = 3
        heapgraph_warmup = 1
        heapgraph_iterations = 20
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


@pytest.mark.one_version
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
    for setting, message in (
        ("heapgraph_loops=many", "must be a whole number of at least 1, not 'many'"),
        ("heapgraph_loops=5.7", "must be a whole number of at least 1, not '5.7'"),
        ("heapgraph_warmup=-1", "must be a whole number of at least 0, not '-1'"),
        ("heapgraph_seconds=nan", "must be a number of at least 0, not 'nan'"),
    ):
        result = run(suite, "-o", setting)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert f"{setting.partition('=')[0]} {message}" in result.stderr.str()


def test_the_files_of_the_document(suite: pytest.Pytester) -> None:
    text = DOCUMENT.read_text("utf-8")
    for contents, name in re.findall(r"```python\n(# (\S+)\n.*?)```", text, re.DOTALL):
        (suite.path / name).write_text(contents, "utf-8")
    shown = run(suite, "--no-header", "--quiet", "test_shop.py").stdout.str()
    [said] = re.findall(r"\$ pytest --no-header --quiet test_shop.py\n(.*?)```", text, re.DOTALL)

    def comparable(output: str) -> list[str]:
        """The output without numbers and folders."""
        plain = re.sub(r" /\S+/", " ", output)
        return re.sub(r"\d[\d,.]*( > [\d,.]+)*", "#", plain).splitlines()

    lines = comparable(shown)
    assert [
        line for line in comparable(said) if "fingerprint" not in line and line not in lines
    ] == []
    run(suite, "test_part.py").assert_outcomes(failed=1)
    run(suite, "test_block.py").assert_outcomes(failed=1, passed=1)
