"""What pytest keeps of a test that is run again, as if it was one more test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.fixtures import FixtureDef


class Leftovers:
    """What a test has left in pytest when it has run once; what repetitions add is taken out again.

    That are the reports of subtests, and what fixtures of wider scope are told: to take down the
    test's fixtures that were made from them, which is done by then.
    """

    __slots__ = ("_lengths", "_reports", "_wider")

    def __init__(self, item: pytest.Item) -> None:
        """Take a test that has run."""
        reporter: Any = item.config.pluginmanager.get_plugin("terminalreporter")
        # Reports that count for nothing are kept under no name.
        self._reports: list[Any] = [] if reporter is None else reporter.stats.setdefault("", [])
        # By now all that the test has asked for is there.
        request: Any = getattr(item, "_request", None)
        made: dict[str, FixtureDef[Any]] = {} if request is None else request._fixture_defs
        self._wider = [fixture for fixture in made.values() if fixture.scope != "function"]
        self._lengths = [len(fixture._finalizers) for fixture in self._wider]
        self._lengths.append(len(self._reports))

    def forget(self) -> None:
        """Take out what was added since."""
        del self._reports[self._lengths[-1] :]
        for fixture, length in zip(self._wider, self._lengths, strict=False):
            added = fixture._finalizers[length:]
            if added:
                fixture._finalizers[length:] = [one for one in added if not _takes_down(one)]


def _takes_down(finalizer: Callable[[], object]) -> bool:
    """Whether it takes down a fixture of function scope."""
    fixture = getattr(finalizer.func, "__self__", None) if type(finalizer) is partial else None
    return isinstance(fixture, pytest.FixtureDef) and fixture.scope == "function"


def make_anew(item: pytest.Item) -> None:
    """Let the next set-up make everything anew, as pytest's runner does for a test run again."""
    if isinstance(item, pytest.Function):
        # It runs a method on one instance only.
        keeps_instance = is_of_hypothesis(item)
        item._initrequest()
        if getattr(item, "_instance", None) is not None and not keeps_instance:
            del item._instance
            item._obj = None


def is_of_hypothesis(item: pytest.Item) -> bool:
    """Whether hypothesis runs the function, with examples of its own."""
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
