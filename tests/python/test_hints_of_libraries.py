"""Hints about what IPython and `logging` keep, each with a twin that is none."""

from __future__ import annotations

import re

import pytest

from hints_of import REPORT, hints, say

SHELL = """
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.history_manager.enabled = False
for line in {lines!r}:
    shell.run_cell(line, store_history=True)
"""
# What IPython prints at a result is no hint.
SHELL_REPORT = "\nprint()" + REPORT.replace("print(hint)", "print('hint:', hint)")


def in_shell(*lines: str) -> str:
    lines = ("class Table(list): __repr__ = lambda self: 'table'", *lines)
    text = say(SHELL.format(lines=lines), SHELL_REPORT)
    found = [line for line in text.splitlines() if line.startswith("hint:")]
    return re.sub(r"[\d,]+ bytes in [\d,]+ objects?", "...", "\n".join(found))


def test_the_history_of_a_session_keeps_results() -> None:
    pytest.importorskip("IPython")
    assert in_shell(*["Table([bytes(100_000)])"] * 5) == (
        "hint: `__main__._oh` (dict, 5 items) keeps 4 results of the session alive that have no "
        "other name: .... `%reset out` forgets them; a `;` at the end of a line keeps its result "
        "out."
    )


def test_results_that_have_another_name_are_no_hint() -> None:
    pytest.importorskip("IPython")
    assert in_shell("kept = []", *["kept.append(Table([bytes(100_000)])); kept[-1]"] * 5) == ""
    assert in_shell(*["Table([bytes(100_000)]);"] * 5) == ""


LOG = """
import collections, logging, logging.handlers, queue

class Request:
    def __init__(self):
        self.text = bytes(3000)

logger = logging.getLogger("app")
logger.propagate = False
{handler}
for number in range(100):
    logger.warning("request %s", {argument})
"""


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        ("handler = logging.handlers.MemoryHandler(1000)", "app.handler.buffer` (list, 100 items)"),
        (
            "waiting = queue.SimpleQueue(); handler = logging.handlers.QueueHandler(waiting)\n"
            "handler.prepare = lambda record: record\n"
            "waiting = handler.queue = queue.Queue()",
            "app.waiting.queue` (deque)",
        ),
    ],
)
def test_records_that_wait_are_kept(handler: str, name: str) -> None:
    handler += "\nlogger.addHandler(handler)"
    assert hints(LOG.format(handler=handler, argument="Request()")) == (
        f"`{name} keeps 100 log records alive, with what was to be put into the messages: .... "
        "See that the buffer is flushed to a target, or that somebody reads the queue."
    )


def test_records_that_are_written_are_no_hint() -> None:
    handler = (
        "import io\n"
        "target = logging.StreamHandler(io.StringIO())\n"
        "logger.addHandler(logging.handlers.MemoryHandler(5, target=target))"
    )
    assert hints(LOG.format(handler=handler, argument="Request()")) == ""


def test_a_handler_that_is_added_again_and_again() -> None:
    handler = "for _ in range({}): logger.addHandler(logging.NullHandler())"
    assert hints(LOG.format(handler=handler.format(20), argument="number")) == (
        "`app.logger.handlers` (list, 20 items) keeps 20 handlers of "
        "one class, `logging.NullHandler`, for one logger: it logs as often: .... Add a handler "
        "once, when the program starts, or take it off with `removeHandler`."
    )
    assert hints(LOG.format(handler=handler.format(5), argument="number")) == ""
