"""What a handler of a signal raises reaches the program, whatever is asked meanwhile."""

from __future__ import annotations

import pytest

from children import survives

PROGRAM = """
import gc, os, signal, sys, threading, time
import heapgraph

class Session:
    def __repr__(self):
        time.sleep(0.01)  # a place where a handler may run
        return "a session"

class Late(Exception):
    pass

def raise_late(number, frame):
    raise Late

question, picture, *audited = sys.argv[1:]
if audited:
    sys.addaudithook(lambda event, arguments: [event])
sessions = [Session() for _ in range(100)]
heapgraph.register_inspector(Session, lambda session: repr(session) and None)
if question == "referents":
    heapgraph.register_referents(Session, lambda session: [])
questions = {
    "why": lambda: heapgraph.why(sessions[5]),
    "why a type": lambda: heapgraph.why(Session),
    "snapshot": heapgraph.take_snapshot,
    "chain": lambda: heapgraph.find_backref_chain(sessions[5], heapgraph.is_proper_module),
    "predicate": lambda: heapgraph.find_backref_chain(sessions[5], lambda found: found is sys),
    "described": lambda: heapgraph.describe_chain([sessions, sessions[5]]),
    "picture": lambda: heapgraph.show_backrefs(
        sessions[:20], max_depth=1, filter=lambda found: True, filename=picture
    ),
    "growth": lambda: heapgraph.find_growth(lambda: None),
    "leaking": lambda: heapgraph.get_leaking_objects(),
    "new ids": lambda: heapgraph.get_new_ids(limit=0),
    "referents": heapgraph.take_snapshot,
}
# An import, which the first to ask may need, loses what a handler raises in it.
questions[question]()
sessions += [Session() for _ in range(100_000)]
signal.signal(signal.SIGALRM, raise_late)
for delay in (0.01, 0.03, 0.06, 0.1, 0.15, 0.2):
    counts = [sys.getrefcount(session) for session in sessions[:50]]
    try:
        # Threads that end meanwhile leave what runs code when it is freed.
        threads = [threading.Timer(delay / 2, len, [()]) for _ in range(3)]
        for thread in threads:
            thread.start()
        signal.setitimer(signal.ITIMER_REAL, delay)
        questions[question]()
        time.sleep(1)
    except Late:
        pass
    else:
        sys.exit(f"lost after {delay} s")
    for thread in threads:
        thread.join()
    assert gc.isenabled()
    del thread, threads
    assert counts == [sys.getrefcount(session) for session in sessions[:50]]
"""
QUESTIONS = [
    "why",
    "why a type",
    "snapshot",
    "chain",
    "predicate",
    "described",
    "picture",
    "growth",
    "leaking",
    "new ids",
    "referents",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_handler_raises_is_handed_on(tmp_path: object, question: str) -> None:
    survives(PROGRAM, question, f"{tmp_path}/picture.dot")


# In these attributes are read of which an audit hook is told, most of the time.
@pytest.mark.parametrize("question", ["why", "why a type", "snapshot", "picture", "growth"])
def test_so_is_what_a_handler_raises_in_the_midst_of_an_audit_hook(
    tmp_path: object, question: str
) -> None:
    survives(PROGRAM, question, f"{tmp_path}/picture.dot", "audited")


IN_A_HOOK = """
import io, os, signal, sys
import heapgraph
from heapgraph import _core


class Late(Exception):
    pass


def raise_late(number, frame):
    raise Late


def hook(event, arguments):
    if armed and event == "object.__getattr__":
        armed.clear()
        os.kill(os.getpid(), signal.SIGALRM)
        for _ in range(100):
            pass


def numbers():
    yield 1


armed = []
suspended = numbers()
next(suspended)
frame = suspended.gi_frame
signal.signal(signal.SIGALRM, raise_late)
sys.addaudithook(hook)
questions = {
    "described": lambda: heapgraph.describe_chain([suspended, frame]),
    "drawn": lambda: heapgraph.show_chain([suspended, frame], output=io.StringIO()),
    "referents": lambda: _core.named_referents(suspended),
    "snapshot": heapgraph.take_snapshot,
}
armed.append(True)
try:
    questions[sys.argv[1]]()
except Late:
    pass
else:
    assert armed, "lost"
armed.clear()
heapgraph.take_snapshot()
"""


@pytest.mark.parametrize("question", ["described", "drawn", "referents", "snapshot"])
def test_what_a_handler_raises_is_for_the_question_in_which_it_ran(question: str) -> None:
    survives(IN_A_HOOK, question)
