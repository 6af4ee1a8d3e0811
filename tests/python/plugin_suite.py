"""Suites of a program that can leak, in runs of pytest of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

OTHERS = (
    "anyio",
    "asyncio",
    "hypothesispytest",
    "platformdirs",
    "rerunfailures",
    "xdist",
    "xdist.looponfail",
)
"""Plugins that only the tests of them load: each makes an inner run slower and its heap larger."""

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

LEAKS = """
import app, pytest

pytestmark = pytest.mark.no_growth(loops=2, snapshots=2, iterations=20)

def test_in():
    app.server.sign_in()

@pytest.mark.parametrize("text", ["a/b", "a b"])
def test_texts(text):
    app.server.texts.append([text])
"""
"""Two leaks in three tests."""

NEW_LEAK = """
new = []

def test_new():
    new.append([])
"""
"""What can be written below them."""


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
