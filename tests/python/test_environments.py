"""Answers under whatever watches the program, in children of it, and beside other interpreters.

Each case runs in an interpreter of its own: it changes what holds for all of it, or might end it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = """
import gc, io, os, sys, threading
import heapgraph

class Leak:
    pass

KEPT = {"leak": Leak()}

def ask():
    \"\"\"The questions of which each needs another part of a walk.\"\"\"
    local = Leak()
    output = io.StringIO()
    heapgraph.show_backrefs(local, max_depth=1, output=output)
    assert "local local" in output.getvalue(), output.getvalue()
    assert "local output" not in output.getvalue()
    chain = heapgraph.find_backref_chain(KEPT["leak"], heapgraph.is_proper_module)
    assert chain[0] is sys.modules["__main__"], chain
    assert chain[-1] is KEPT["leak"]
    assert heapgraph.describe_chain(chain).startswith("__main__.KEPT['leak']")
    output = io.StringIO()
    heapgraph.show_chain(chain, output=output)
    heapgraph.show_refs([KEPT], output=output)
    # None where they are frozen.
    assert heapgraph.count("Leak") < 10
    assert local is not None
"""

CASES = {
    "after gc.freeze": """
gc.freeze()
ask()
gc.unfreeze()
""",
    "under tracemalloc": """
import tracemalloc
tracemalloc.start(25)
ask()
tracemalloc.stop()
""",
    "under sys.settrace": """
seen = []
def trace(frame, event, argument):
    seen.append(event)
    return trace
sys.settrace(trace)
ask()
sys.settrace(None)
assert seen
""",
    "under sys.setprofile": """
seen = []
sys.setprofile(lambda frame, event, argument: seen.append(event))
ask()
sys.setprofile(None)
assert seen
""",
    "under sys.monitoring": """
if sys.version_info >= (3, 12):
    monitoring, seen = sys.monitoring, []
    monitoring.use_tool_id(3, "test")
    monitoring.register_callback(3, monitoring.events.LINE, lambda *place: seen.append(place))
    monitoring.set_events(3, monitoring.events.LINE)
    ask()
    monitoring.set_events(3, 0)
    assert seen
""",
    "under bdb": """
import bdb
class Stepper(bdb.Bdb):
    lines = 0
    def user_line(self, frame):
        self.lines += 1
        self.set_step()
stepper = Stepper()
stepper.runcall(ask)
assert stepper.lines > 5
""",
    "at the prompt of a debugger, in another thread": """
def work():
    ask()
thread = threading.Thread(target=work)
thread.start()
thread.join()
""",
    "in a signal handler": """
import signal
asked = []
def handler(*_):
    ask()
    asked.append(1)
def work(held):
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(1000):
        if asked:
            break
    return held
signal.signal(signal.SIGUSR1, handler)
assert work(Leak())
assert asked
""",
    "in a thread while others work": """
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
""",
    "in a forked child": """
import warnings
warnings.simplefilter("ignore")
ask()
for _ in range(3):
    child = os.fork()
    if child == 0:
        try:
            ask()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
ask()
""",
    "in a child forked while a thread works": """
import warnings
warnings.simplefilter("ignore")
is_over = threading.Event()
thread = threading.Thread(target=is_over.wait)
thread.start()
child = os.fork()
if child == 0:
    try:
        ask()
    except BaseException:
        os._exit(1)
    os._exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
is_over.set()
thread.join()
assert status == 0
""",
    "in children of multiprocessing": """
import multiprocessing
context = multiprocessing.get_context("fork")
child = context.Process(target=ask)
child.start()
child.join()
assert child.exitcode == 0
""",
    "in a finalizer": """
class Last:
    def __del__(self):
        ask()
        done.append(1)
done = []
Last()
assert done
""",
    "in a callback of the collector": """
asked = []
def callback(phase, info):
    if phase == "stop" and not asked:
        asked.append(1)
        ask()
gc.callbacks.append(callback)
gc.collect()
gc.callbacks.clear()
assert asked
""",
    "in an audit hook": """
asked = []
def hook(event, arguments):
    if event == "test.event" and not asked:
        asked.append(1)
        ask()
sys.addaudithook(hook)
sys.audit("test.event")
assert asked
""",
}


def run(source: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", *options, "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.skipif(sys.platform == "win32", reason="forks and signals are those of POSIX")
@pytest.mark.parametrize("case", CASES)
def test_questions_are_answered(case: str) -> None:
    done = run(BEGIN + CASES[case] + "\nprint('done')\n")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "done\n")


@pytest.mark.parametrize("core", ["ctrace", "pytrace", "sysmon"])
def test_under_coverage(core: str, tmp_path: Path) -> None:
    pytest.importorskip("coverage")
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("needs sys.monitoring")
    program = tmp_path / "program.py"
    program.write_text(BEGIN + "\nask()\nprint('done')\n")
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--data-file", str(tmp_path / "data"), program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COVERAGE_CORE": core},
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


SUBINTERPRETERS = """
import os, sys
{before}

def new_interpreter():
    try:
        from concurrent import interpreters
    except ImportError:
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        interpreter = interpreters.create()
        return lambda source: interpreters.run_string(interpreter, source)
    return interpreters.create().exec

read, write = os.pipe()
run = new_interpreter()
run(f'''
import os, sys
sys.path[:] = {{sys.path!r}}
try:
    import heapgraph
    said = "worked" if heapgraph.count("dict") else "counted nothing"
except ImportError as error:
    said = "ImportError: " + str(error)
os.write({{write}}, said.encode())
''')
print(os.read(read, 10_000).decode())
{after}
"""


@pytest.mark.parametrize("is_imported_first", [False, True])
def test_in_other_interpreters(is_imported_first: bool) -> None:
    """Importing it there says why it does not work, and leaves this one's as it was."""
    ask = "import heapgraph\nassert heapgraph.count('dict') > 0"
    before = ask if is_imported_first else ""
    done = run(
        SUBINTERPRETERS.format(before=before, after=f"{ask}\nimport gc\ngc.collect()\n{ask}")
    )
    if "ModuleNotFoundError" in done.stderr and "interpreters" in done.stderr:
        pytest.skip("this CPython has no other interpreters")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ImportError: ")
    assert "interpreter" in done.stdout


BESIDE = """
{interpreter}
import heapgraph, io
target = []
chain = heapgraph.find_backref_chain(target, heapgraph.is_proper_module)
assert chain[1:] == [vars(chain[0]), target]
heapgraph.show_backrefs(target, output=io.StringIO())
print("done")
"""


def test_beside_another_interpreter() -> None:
    start = SUBINTERPRETERS[SUBINTERPRETERS.index("def new") : SUBINTERPRETERS.index("read, ")]
    interpreter = start + "run = new_interpreter()\nrun('kept = [[] for _ in range(1000)]')"
    done = run(BESIDE.format(interpreter=interpreter))
    if "ModuleNotFoundError" in done.stderr and "interpreters" in done.stderr:
        pytest.skip("this CPython has no other interpreters")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
