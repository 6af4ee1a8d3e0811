"""Runs functions of one test module, each in a fork of this process, which has loaded little else.

    python small_heap_runner.py FILE

Reads names of functions, and writes for each a line with the `repr` of what went wrong, or of "".
What tests print goes to standard error.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).parent
LONGEST = 300
"""Seconds: a test that hangs shows where, and ends."""
MOST_OF_LINE = 500
"""Characters: a variable may hold all there is."""


def main() -> None:
    """Answer each line."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        module = loaded(sys.argv[1])
        for line in sys.stdin:
            child = os.fork()
            if child == 0:
                print(repr(failure_of(module, line.strip())), file=answers, flush=True)
                # What the test has left behind is in the way of any other end.
                os._exit(0)
            _, status = os.waitpid(child, 0)
            if status:
                print(repr(f"The test ended its process: {status}"), file=answers, flush=True)


def loaded(file: str) -> ModuleType:
    """The test module, under the name of its file."""
    sys.path.insert(0, str(HERE / "harm"))
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def failure_of(module: ModuleType, name: str) -> str:
    """What went wrong in a test, with the variables of each function; empty if it passed."""
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    gc.collect()
    # Two looks at one heap agree: no collection in between takes anything off the list.
    gc.disable()
    try:
        getattr(module, name)()
    except BaseException as error:
        from traceback import TracebackException

        told = "".join(TracebackException.from_exception(error, capture_locals=True).format())
        return "".join(f"{line[:MOST_OF_LINE]}\n" for line in told.splitlines())
    return ""


if __name__ == "__main__":
    main()
