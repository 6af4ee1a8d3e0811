"""Nothing of the program runs while addresses are in use; each case once crashed or lost something.

Each runs in an interpreter of its own, as a fault would end it.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

CASES = {
    "a compiled __sizeof__ under a class of another layout": """
from heapgraph._core import CapturedHeap
class Foreign:
    __sizeof__ = dict.__sizeof__
item = Foreign()
size = CapturedHeap().record(id(item))[1]
assert size < 200, size
""",
    "a compiled object that was never initialised": """
import struct
from heapgraph._core import CapturedHeap
item = struct.Struct.__new__(struct.Struct)
assert CapturedHeap().record(id(item))[1] < 500
""",
    "a signal handler that empties what is being named": """
import signal
from heapgraph._core import named_referents
ballast = [[i] for i in range(300_000)]
held = {"k%d" % i: [object(), i] for i in range(50)}
def handler(*_):
    held.clear()
    handler.junk = [bytearray(b"\\xff" * size) for size in range(20, 200) for _ in range(40)]
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
for _ in range(3):
    assert all(type(value) in (str, list) for _, value in named_referents(held))
assert not held
""",
    "an interrupt is not swallowed": """
import signal
from heapgraph._core import named_referents
ballast = [[i] for i in range(300_000)]
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    for _ in range(100):
        named_referents({"a": [1], "b": 2})
except KeyboardInterrupt:
    pass
else:
    raise AssertionError("the interrupt was lost")
""",
    "an import hook that empties what is being named": """
import builtins
from heapgraph._core import draw_neighbourhood, named_referents
real, calls = builtins.__import__, []
def hooked(*arguments, **options):
    calls.append(1)
    if len(calls) == at:
        held.clear()
        hooked.junk = [bytearray(b"\\xff" * size) for size in range(20, 300) for _ in range(20)]
    return real(*arguments, **options)
builtins.__import__ = hooked
for at in range(1, 12):
    calls.clear()
    held = {"k%d" % i: [object() for _ in range(3)] for i in range(50)}
    assert all(type(value) in (str, list) for _, value in named_referents(held))
    draw_neighbourhood([held], True, 2, 100, [], None, 1)
""",
    "keys derived from str under the names that are looked for": """
from heapgraph import by_type, find_backref_chain, is_proper_module, typestats
from heapgraph._core import CapturedHeap, draw_neighbourhood, named_referents
class Key(str):
    __hash__ = str.__hash__
    def __eq__(self, other):
        calls.append(other)
        return str.__eq__(self, other)
calls = []
names = ("__sizeof__", "__module__", "__del__", "__dict__", "value")
cls = type("Odd", (), {Key(name): lambda *_: None for name in names})
item = cls()
object.__setattr__(item, "value", [])
calls.clear()
CapturedHeap()
named_referents(item)
typestats(shortnames=False)
by_type("other.Odd")
draw_neighbourhood([item], True, 2, 100, [], None, 1)
find_backref_chain(item, is_proper_module)
assert not calls, calls
""",
    "an answer while the interpreter shuts down": """
import codecs, types
from heapgraph._core import is_proper_module
class Search:
    def __call__(self, name):
        return None
def make(ask, module):
    return lambda self: ask(module)
Search.__del__ = make(is_proper_module, types.ModuleType("unregistered"))
codecs.register(Search())
""",
    "locals of a function that is being profiled": """
import sys
import heapgraph
def work():
    data = {"rows": [1, 2]}
    len(data)
    return data
def profile(frame, event, argument):
    if event == "c_call" and frame.f_code.co_name == "work":
        heapgraph.find_backref_chain(heapgraph, heapgraph.is_proper_module)
sys.setprofile(profile)
result = work()
sys.setprofile(None)
assert result == {"rows": [1, 2]}, result
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals of POSIX")
@pytest.mark.parametrize("case", CASES)
def test_nothing_runs_in_between(case: str) -> None:
    command = [sys.executable, "-X", "faulthandler", "-c", CASES[case]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
