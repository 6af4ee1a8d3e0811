"""The end of the process: a thread that asks meanwhile does not abort it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from children import all_survive

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys, threading, time
import heapgraph

class Target:
    pass

def function_of(local):
    return lambda: local

target = Target()
Target.kept = [target]
data = [{number: [number]} for number in range(20_000)]
functions = [function_of(number) for number in range(2_000)]
question, is_audited, picture = sys.argv[1:]
if is_audited == "audited":
    sys.addaudithook(lambda event, arguments: sum(range(20)))
if question == "inspected":
    heapgraph.register_inspector(Target, lambda target: time.sleep(0.001))
questions = {
    "predicate": lambda: heapgraph.find_backref_chain(target, lambda found: found is sys),
    "picture": lambda: heapgraph.show_backrefs(
        target, filter=lambda found: True, max_depth=2, filename=picture
    ),
    "chain": lambda: heapgraph.find_backref_chain(target, heapgraph.is_proper_module),
    "snapshot": heapgraph.take_snapshot,
    "owners": lambda: heapgraph.take_snapshot().owners(),
    "why": lambda: heapgraph.why(target),
    "inspected": lambda: heapgraph.why(target),
    "growth": lambda: heapgraph.find_growth(lambda: data.append([1])),
}

def ask():
    while True:
        questions[question]()

threading.Thread(target=ask, daemon=True).start()
time.sleep(0.4)
"""
QUESTIONS = [
    "predicate",
    "picture",
    "chain",
    "snapshot",
    "owners",
    "why",
    "inspected",
    "growth",
]


@pytest.mark.parametrize("is_audited", ["audited", "not audited"])
def test_a_daemon_thread_that_asks_while_the_interpreter_ends(
    tmp_path: Path, is_audited: str
) -> None:
    all_survive(
        (PROGRAM, question, is_audited, str(tmp_path / f"{question}.dot")) for question in QUESTIONS
    )
