"""The fixture of the pytest plugin, and what it is without pytest."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from plugin_suite import check

if TYPE_CHECKING:
    import pytest


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

        def test_raises_in_vain(assert_no_growth):
            assert_no_growth(lambda: app.server.sign_out(None))

        def test_wrong(assert_no_growth):
            with pytest.raises(TypeError, match="allow is for a block"):
                assert_no_growth(print, allow=["Session"])
            with pytest.raises(TypeError, match="loops: of use with a callable only"):
                assert_no_growth(loops=3)
            with pytest.raises(ValueError, match="allow\\['Session'\\] must be a whole number"):
                assert_no_growth(allow={"Session": "2"})
        """,
        failed=2,
        passed=5,
    )
    assert ">       assert_no_growth(app.server.sign_in)" in shown
    # The lines of the test, and none of what runs it.
    assert "ScenarioError: the scenario raised KeyError in iteration 1" in shown
    assert "def find_growth" not in shown
    assert "E       AssertionError: app.server.sessions grows with every run: +1 element" in shown


def test_the_fixture_with_a_block(suite: pytest.Pytester) -> None:
    shown = check(
        suite,
        """
        import app, pytest, logging
        from types import MappingProxyType
        from unittest import mock

        remembers = mock.Mock()

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

        @pytest.mark.parametrize(
            "allow", ["Session", ["app.S*"], MappingProxyType({"Session": 2}), {"app.*": None}]
        )
        def test_allowed(assert_no_growth, allow):
            with assert_no_growth(allow=allow):
                app.server.sign_in()
                app.server.sign_in()

        def test_allowed_by_path(assert_no_growth):
            with assert_no_growth(ignore="app.server.sessions*"):
                app.server.sign_in()

        def test_a_mock(assert_no_growth):
            with assert_no_growth():
                remembers(app.Session())

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
        passed=10,
    )
    errors = [line for line in shown.splitlines() if line.startswith("E       AssertionError")]
    assert [line.partition("Error: ")[2] for line in errors] == [
        "1 Session survives the block, held by app.server.sessions[1]",
        "1 str survives the block, held by app.server.texts[0]",
        "1 Session survives the block, held by <frame test_a_variable><local session>",
        "2 Session survive the block, held by app.server.sessions[12]",
    ]
    assert re.search(r"\n +alive by\n +module app\n +\.server +Server\n +\.sessions +dict", shown)
    assert "A local variable of a running function holds it" in shown


def test_first_uses_in_a_block(suite: pytest.Pytester) -> None:
    """What is imported or looked up for the first time stays, and no test is to blame for that."""
    later = "import parts\n\ndef begin(): pass\n\nparts.callbacks.append(begin)"
    suite.makepyfile(**{"parts/__init__": "callbacks = []", "parts/imported_later": later})
    check(
        suite,
        """
        import asyncio, contextvars, parts, pytest, struct, time, urllib.request

        name, user = contextvars.ContextVar("name"), contextvars.ContextVar("user")

        def test_a_part_of_a_package(assert_no_growth):
            with assert_no_growth():
                import parts.imported_later

        def test_a_codec(assert_no_growth):
            with assert_no_growth():
                "text".encode("cp1250")

        def test_a_date(assert_no_growth):
            with assert_no_growth():
                time.strptime("2020", "%Y")

        def test_a_loop(assert_no_growth):
            with assert_no_growth():
                asyncio.run(asyncio.sleep(0))

        def test_numbers_in_bytes(assert_no_growth):
            with assert_no_growth():
                struct.pack("<HQd", 1, 2, 3)

        def test_an_address(assert_no_growth):
            with assert_no_growth():
                urllib.request.Request(urllib.parse.urlsplit("http://shop/list").geturl())

        def test_a_variable_of_the_context(assert_no_growth):
            name.set(["a", "name"])
            with assert_no_growth():
                user.reset(user.set(["a", "user"]))
            with pytest.raises(AssertionError, match="held by <Context><context variables>"):
                with assert_no_growth():
                    user.set(["a", "user"])
        """,
        passed=7,
    )


def test_blocks_in_coroutines(suite: pytest.Pytester) -> None:
    """The calls of an event loop are its own; a task that is kept is not."""
    shown = check(
        suite,
        """
        import asyncio, pytest

        async def woken():
            event = asyncio.Event()
            asyncio.get_running_loop().call_soon(event.set)
            await event.wait()

        async def tasks():
            await asyncio.gather(*[asyncio.create_task(asyncio.sleep(0)) for _ in range(3)])

        kept = []

        async def goes_on():
            kept.append(asyncio.create_task(asyncio.sleep(100)))
            await asyncio.sleep(0)

        def run(function, debug, assert_no_growth):
            async def block():
                with assert_no_growth():
                    await function()
            asyncio.run(block(), debug=debug)

        @pytest.mark.parametrize("function", [
            lambda: asyncio.sleep(0),
            lambda: asyncio.sleep(0.01),
            lambda: asyncio.wait_for(asyncio.sleep(0), 1),
            woken,
            tasks,
        ])
        def test_awaits(function, assert_no_growth):
            run(function, False, assert_no_growth)
            run(function, True, assert_no_growth)

        def test_a_task_that_goes_on(assert_no_growth):
            run(goes_on, False, assert_no_growth)
        """,
        failed=1,
        passed=5,
    )
    assert "1 Task survives the block, held by test_app.kept[0]" in shown


def test_functions_without_a_module_are_survivors(suite: pytest.Pytester) -> None:
    """A module that was loaded by hand, and dies, keeps no function."""
    check(
        suite,
        """
        from types import ModuleType

        HANDLERS = []

        def test_a_plugin_that_is_loaded_again(assert_no_growth):
            with assert_no_growth():
                plugin = ModuleType("plugin")
                exec("def handle(): pass", plugin.__dict__)
                HANDLERS.append(plugin.handle)
                del plugin

        def test_a_function_of_no_module(assert_no_growth):
            with assert_no_growth():
                HANDLERS.append(eval("lambda: 1", {}))

        def test_a_function_beside_others(assert_no_growth):
            with assert_no_growth():
                HANDLERS.append((eval("lambda: 1", {}), [1] * 1000))
        """,
        failed=3,
    )


def test_many_texts_in_a_wide_container(suite: pytest.Pytester) -> None:
    """Each of them is looked at once, not the container for each of them."""
    shown = check(
        suite,
        """
        texts = {str(number) for number in range(100_000, 150_000)}

        def test_many(assert_no_growth):
            with assert_no_growth():
                texts.update([str(number) for number in range(10_000)])
        """,
        failed=1,
    )
    assert (
        "AssertionError: 10000 str survive the block, held by test_app.texts<set element>" in shown
    )


def test_what_a_cut_frees(suite: pytest.Pytester) -> None:
    """What several references hold is freed by cutting all, and nothing that is beside it."""
    shown = check(
        suite,
        """
        import app

        app.server.texts += [bytearray(1_000_000), {}, {}]

        def test_held_twice(assert_no_growth):
            one, another = app.server.texts[1:]
            with assert_no_growth():
                one["key"] = another["key"] = bytearray(50_000)

        def test_held_by_two_modules(assert_no_growth):
            with assert_no_growth():
                app.kept = app.Session.kept = bytearray(60_000)

        def test_held_once(assert_no_growth):
            with assert_no_growth():
                app.server.texts.append(bytearray(70_000))
        """,
        failed=3,
    )
    tests = ("test_held_twice", "test_held_by_two_modules", "test_held_once")
    leaks = re.split(r"\n\d: ", shown)
    # In the order of the tests.
    leaks = [
        next(leak for leak in leaks if f"1 test: test_app.py::{test}\n" in leak) for test in tests
    ]
    lines = [line.strip() for leak in leaks for line in leak.splitlines()]
    also = [line.split()[2] for line in lines if line.startswith("also by ")]
    assert re.match(r"app\.server\.texts\[[12]\]\['key'\]:$", also[0])
    assert also[1:] == ["app.Session.kept:"]
    assert [line for line in lines if line.startswith("frees ")] == [
        f"frees      {sys.getsizeof(bytearray(50_000)):,} bytes when all are cut",
        f"frees      {sys.getsizeof(bytearray(60_000)):,} bytes when all are cut",
        f"frees      {sys.getsizeof(bytearray(70_000)):,} bytes when cut",
    ]


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
            assert own == {
                "heapgraph._registry.Registry",
                "pytest_heapgraph._Checks",
                "pytest_heapgraph._settings.Settings",
            }
            assert not heapgraph.by_type("app.Session")
        """,
        failed=3,
        passed=1,
    )


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
    assert "AssertionError: app.server.sessions grows with every run: +1 element" in shown
    assert "AssertionError: 1 Session survives the block, held by app.server.sessions[" in shown
