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
from heapgraph._core import Asker, draw_neighbourhood, named_referents
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
    draw_neighbourhood([held], True, 2, 100, [], None, 1, Asker([], [], []))
""",
    "keys derived from str under the names that are looked for": """
from heapgraph import by_type, find_backref_chain, is_proper_module, typestats
from heapgraph._core import Asker, CapturedHeap, draw_neighbourhood, named_referents
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
draw_neighbourhood([item], True, 2, 100, [], None, 1, Asker([], [], []))
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
    "an audit hook that ends what roots are named after": """
import sys, threading
from heapgraph import describe_chain, find_backref_chain, is_root
class Leak: pass
def suspended(leak):
    yield
def loop(leaks):
    for _ in suspended(leaks[0]):
        started.release()
        done.wait()
def hook(event, arguments):
    if armed and arguments[-1:] == ("gi_code",):
        armed.clear()
        done.set()
        for thread in threads:
            thread.join()
        hook.junk = [bytearray(b"\\xff" * size) for size in range(20, 600) for _ in range(20)]
sys.addaudithook(hook)
def ask(describes):
    global done, threads
    done, leaks = threading.Event(), [Leak()]
    threads = [threading.Thread(target=loop, args=(leaks,), daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
        started.acquire()
    leak = leaks.pop()
    chain = find_backref_chain(leak, is_root) if describes else []
    armed.append(1)
    describe_chain(chain) if describes else find_backref_chain(leak, is_root)
    assert done.is_set()
armed, started = [], threading.Semaphore(0)
ask(False)
ask(True)
""",
    "an audit hook that adds to a dict that is being named": """
import sys
from heapgraph import take_snapshot
class Mapping(dict): pass
mapping = Mapping(a=[1])
def hook(event, arguments):
    if armed and arguments[-1:] == ("__code__",):
        mapping.update((number, [number]) for number in range(50))
sys.addaudithook(hook)
armed = [1]
snapshot = take_snapshot()
armed.clear()
assert len(mapping) > 1
(node,) = snapshot.find(obj=mapping)
assert [held.name for held in node.referents][:2] == ["key 'a'", "['a']"], node.referents
""",
    "attributes under names derived from str": """
from heapgraph import take_snapshot
from heapgraph._core import named_referents
class Key(str):
    __hash__ = str.__hash__
    def __eq__(self, other):
        calls.append(other)
        return str.__eq__(self, other)
class Session:
    def use(self):
        return self.user, self.limit
calls, sessions = [], [Session() for _ in range(3)]
for session in sessions:
    session.user = [1]
    session.__dict__[Key("limit")] = [2]
calls.clear()
take_snapshot()
for session in sessions:
    named_referents(session)
assert not calls, calls
""",
    "exit callbacks that compare in other ways": """
import atexit, weakref
from heapgraph import is_root
class Callback:
    def __call__(self): pass
    def __eq__(self, other): calls.append(other)
class Meta(type):
    __eq__ = Callback.__eq__
    __hash__ = type.__hash__
calls, callback = [], Callback()
original = atexit.unregister
atexit.register(weakref.proxy(callback))
is_root([])
atexit._clear()
atexit.register(Meta("Made", (), {"__init__": lambda self: None}))
is_root([])
atexit._clear()
atexit.unregister = calls.append
is_root([])
atexit.unregister = original
assert not calls, calls
""",
    "an index under which a weak reference is kept": """
import weakref
from heapgraph import get_leaking_objects
class Key:
    def __index__(self):
        calls.append(self)
        return 5
def second(_, found): return found
calls = []
second({Key(): weakref.ref(Key)}, get_leaking_objects())
assert not calls
""",
    "modules that are not what they seem": """
import sys, threading
import heapgraph
class Fake:
    def __getattr__(self, name):
        raise AssertionError(name)
def ask():
    data = [1]
    assert heapgraph.is_root(sys)
    assert not heapgraph.is_root(data)
    heapgraph.take_snapshot()
for name in ("atexit", "threading"):
    original = sys.modules.get(name)
    for other in (None, Fake(), type(sys)(name)):
        sys.modules[name] = other
        ask()
    sys.modules[name] = original
""",
    "namespaces and modules of the program beside those of a debugger": """
import sys, types
import heapgraph
class Name(str):
    __hash__ = str.__hash__
    def __eq__(self, other):
        calls.append(other)
class Namespace(dict):
    def get(self, *arguments):
        calls.append(arguments)
class Lazy(types.ModuleType):
    def __getattribute__(self, name):
        calls.append(name)
class Modules(dict):
    get = Namespace.get
def ask():
    program = "heapgraph.find_backref_chain(data, heapgraph.is_proper_module)"
    exec(program, Namespace(heapgraph=heapgraph, data=[1], __name__=Name("pdb")))
    heapgraph.find_growth(lambda: None, iterations=10)
    heapgraph.find_cycles(types.SimpleNamespace)
import bdb
calls = []
ask()
for name in ("bdb", "functools"):
    original = sys.modules[name]
    sys.modules[name] = Lazy(name)
    ask()
    sys.modules[name] = original
original = sys.modules
sys.modules = Modules(original)
heapgraph.find_backref_chain([1], heapgraph.is_proper_module)
sys.modules = original
assert not calls, calls
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals of POSIX")
@pytest.mark.parametrize("case", CASES)
def test_nothing_runs_in_between(case: str) -> None:
    command = [sys.executable, "-X", "faulthandler", "-c", CASES[case]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
