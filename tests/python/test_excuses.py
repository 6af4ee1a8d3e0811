"""Every rule by which something is excused, shown by what needs it."""

from __future__ import annotations

import ctypes
import json
import pickle
import subprocess
import sys
import warnings
from array import array
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heapgraph import _core
from heapgraph._survivors import HeapBefore
from plugin_suite import check

if TYPE_CHECKING:
    from heapgraph._findings import Findings

HERE = Path(__file__).parent
RULES: list[dict[str, Any]] = json.loads(_core.EXCUSES)
OWNERS = ("module", "package", "class", "principle")


def rules_shown_by(test: str) -> list[str]:
    """The rules of this version of which a test here says that it shows them."""
    version = "{}.{:02}".format(*sys.version_info[:2])

    def has(rule: dict[str, Any]) -> bool:
        since = rule.get("since", "3.0").split(".")
        return rule["of"] != "CPython" or version >= f"{since[0]}.{int(since[1]):02}"

    return [
        rule["id"]
        for rule in RULES
        if rule["test"].partition("[")[0] == f"test_excuses.py::{test}" and has(rule)
    ]


def test_every_rule_has_one_owner_a_reason_and_a_test() -> None:
    ids = [rule["id"] for rule in RULES]
    assert len(set(ids)) == len(ids)
    for rule in RULES:
        assert sum(owner in rule for owner in OWNERS) == 1, rule
        assert rule["why"]
        file, _, test = rule["test"].partition("::")
        source = (HERE / file).read_text("utf-8")
        assert f"def {test.partition('[')[0]}(" in source, rule


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What `excused.py` has noted, in a process where nothing has been used."""
    ran = subprocess.run(
        [sys.executable, HERE / "excused.py"], capture_output=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr.decode()
    answered: dict[str, Any] = json.loads(ran.stdout)
    return answered


@pytest.mark.parametrize("rule", rules_shown_by("test_first_uses"))
def test_first_uses(answers: dict[str, Any], rule: str) -> None:
    assert answers[rule]["leaks"] == []
    assert rule in answers[rule]["rules"]


def test_running_calls(answers: dict[str, Any]) -> None:
    for rule in ("running-call", "running-handle"):
        assert answers[rule]["leaks"] == answers[f"woken in {rule}"]["leaks"] == []
        assert rule in answers[rule]["rules"]


def test_mocks(answers: dict[str, Any]) -> None:
    for rule in rules_shown_by("test_mocks"):
        assert answers[rule]["leaks"] == []
        assert rule in answers[rule]["rules"]


@pytest.mark.parametrize(
    "path",
    [
        "shop.client.method_calls[0]",
        "shop.client._mock_log[0]",
        "shop.client._current_handle[0]",
        "inspect.left_here",
        "inspect.modulesbyfile['x']",
        "warnings.left_here",
        "warnings.filters[",
        ".dispatch_table[<class __main__.Session>]",
        "re._cache['x']",
        "logging.Logger.manager.loggerDict['third']",
    ],
)
def test_objects_of_the_program_are_not_excused(answers: dict[str, Any], path: str) -> None:
    """No name of an attribute hides them, nor that a module is one of the standard library."""
    leaks = [leak for answer in answers.values() for leak in answer["leaks"]]
    assert any(path in leak for leak in leaks), leaks


def test_only_text_that_compiled_code_holds_is_excused() -> None:
    """What a list, which compiled code alone holds, keeps of other untracked types is reported."""
    lost: ctypes.py_object[list[object]] = ctypes.py_object([])
    ctypes.pythonapi.Py_IncRef(lost)
    address = id(lost.value)
    del lost
    for text in ("text" * 100, b"text" * 100, bytearray(400)):
        findings = survivors_in(address, text)
        assert findings.leaks == []
        assert {excused.rule for excused in findings.excused} == {"compiled-buffers"}
    for other in (array("q", range(100)), datetime(2020, 1, 2, tzinfo=timezone.utc)):
        [leak] = survivors_in(address, other).leaks
        assert leak.type_name.endswith(type(other).__name__)


def survivors_in(address: int, made: object) -> Findings:
    """What survives a block that puts a copy of something into the list at an address."""
    pickled = pickle.dumps(made)
    before = HeapBefore()
    ctypes.cast(address, ctypes.py_object).value.append(pickle.loads(pickled))
    return before.survivors({}, [])


def test_a_dict_where_another_was_is_new() -> None:
    """What is in it is no survivor of its own, held by something that was there before."""
    with warnings.catch_warnings(record=True) as recorded:
        # What recorded lists get is excused, and all that only this holds.
        old = {"number": 1.5}
        address = id(old)
        before = HeapBefore()
        del old
        made: list[object] = []
        while not made or id(made[-1]) != address:
            made.append({"number": float(f"{len(made)}.5"), "list": [], "text": str(made)})
        recorded.append([made.pop()])  # type: ignore[arg-type]
        made.clear()
        assert before.survivors({}, []).leaks == []


PLANTED = """
import sys, json, importlib
import heapgraph

class Held: pass
class Deep: pass

program = sys.modules["__main__"]
program.far = Deep()
program.far.farther = Deep()
program.far.farther.farthest = {}
planted = {}
for rule in json.loads(heapgraph._core.EXCUSES):
    if rule["kind"] != "cache":
        continue
    module = importlib.import_module(rule["module"])
    cache = getattr(module, rule["name"].rstrip("*"), None)
    held = Held()
    if cache is None:
        continue
    if isinstance(cache, list):
        cache.append(held)
    else:
        cache[rule["id"]] = held
    program.far.farther.farthest[rule["id"]] = held
    planted[rule["id"]] = id(held)
del held, cache, module
snapshot = heapgraph.take_snapshot()
paths = {rule: snapshot.why(address).chains[0].path for rule, address in planted.items()}
sys.stdout.write(json.dumps(paths))
"""
"""Puts an object into each cache, and where it is at the end of a longer chain."""


def test_a_cache_explains_badly() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PLANTED], capture_output=True, check=False
    )
    paths = json.loads(ran.stdout or "{}")
    assert paths == {rule: f"__main__.far.farther.farthest['{rule}']" for rule in paths}
    assert set(paths) == set(rules_shown_by("test_a_cache_explains_badly")), ran.stderr.decode()


def test_tools_of_pytest(suite: pytest.Pytester) -> None:
    """What is excused is told with `-v`, and by which rule."""
    shown = check(
        suite,
        """
        import logging, warnings, pytest

        def test_logs(assert_no_growth):
            with assert_no_growth():
                logging.getLogger("a").warning("of %s", object())

        def test_prints(assert_no_growth, capsys):
            assert_no_growth(lambda: print("a line" * 100), loops=2, snapshots=3)

        def test_warns(assert_no_growth):
            with assert_no_growth():
                warnings.warn("a warning", stacklevel=1)

        def test_asserts(assert_no_growth):
            with assert_no_growth():
                try:
                    assert [1, 2] == [1, 3]
                except AssertionError:
                    pass

        def test_finalizers(assert_no_growth, record_property, request):
            with assert_no_growth():
                record_property("key", [1])
                request.addfinalizer(lambda: None)
        """,
        "-v",
        passed=5,
    )
    told = shown[shown.index("excused") :]
    for rule in rules_shown_by("test_tools_of_pytest"):
        assert f" {rule}: " in told
