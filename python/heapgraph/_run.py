"""``heapgraph run``: a program as Python would run it, with snapshots of its heap."""

from __future__ import annotations

import atexit
import builtins
import os
import pkgutil
import runpy
import signal
import sys
import types
from importlib.machinery import SourceFileLoader

from heapgraph import _core
from heapgraph._saving import check_first_file, make_saver, save_at, save_every, tell

# Not from `typing`: the program is not to find more modules loaded than it must.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TYPES_SHOWN = "10"


def run(program: _core.ProgramToRun) -> int:
    """Run a program; its exceptions, its exit code and its end by a signal are its own.

    Args:
        program: What to run and when to save snapshots.

    Returns:
        0 if the program came to its end, 2 if it could not be started.

    Raises:
        SystemExit: If the program does.
        BaseException: What the program raises; its traceback is shown without these functions.
    """
    try:
        signals = [_signal_number(name) for name in program.signals]
        check_first_file(program.output)
        start = _module(program.words[0]) if program.is_module else _file(program.words[0])
    except (OSError, ValueError) as error:
        tell(str(error))
        return 2
    _save_snapshots(program, signals)
    main = types.ModuleType("__main__")
    vars(main)["__builtins__"] = builtins
    sys.modules["__main__"] = main
    sys.argv = program.words
    try:
        start(main)
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook = _without_our_frames(sys.excepthook)
        raise
    return 0


def _file(path: str) -> Callable[[types.ModuleType], object]:
    """What runs a Python file, or a folder or archive with a ``__main__.py``."""
    if pkgutil.get_importer(path) is not None:
        return lambda _main: _run_as_main("__main__", _full(path), alter_argv=False)
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        message = f"cannot open {path}: {error.strerror}"
        raise ValueError(message) from None
    return lambda main: _run_file(path, main)


def _run_file(path: str, main: types.ModuleType) -> None:
    full_path = _full(path)
    vars(main).update(
        __file__=full_path, __cached__=None, __loader__=SourceFileLoader("__main__", full_path)
    )
    _set_first_path(os.path.dirname(os.path.realpath(path)))
    with open(full_path, "rb") as file:
        code = pkgutil.read_code(file)
    if code is None:
        with open(full_path, "rb") as file:
            code = compile(file.read(), full_path, "exec", dont_inherit=True)
    exec(code, vars(main))


def _full(path: str) -> str:
    """The path from the root on, otherwise as it was typed, which is how Python spells it."""
    return os.path.join(os.getcwd(), path)


def _module(name: str) -> Callable[[types.ModuleType], object]:
    """What runs a module as ``python -m`` does."""

    def start(_main: types.ModuleType) -> object:
        sys.argv = ["-m", *sys.argv[1:]]
        return _run_as_main(name, os.getcwd(), alter_argv=True)

    return start


def _run_as_main(name: str, first_path: str, *, alter_argv: bool) -> object:
    _set_first_path(first_path)
    # What `python -m` itself calls. `runpy.run_module` would empty the module at its end, before
    # the snapshot.
    run_as_main: Callable[..., object] = vars(runpy)["_run_module_as_main"]
    try:
        return run_as_main(name, alter_argv)
    except SystemExit as end:
        # What it says itself has the name of the module as it was typed.
        if type(end.code) is str and _raised_by(end) is vars(runpy):
            end.code = _core.one_line(end.code)
        raise


def _raised_by(error: BaseException) -> dict[str, object] | None:
    """The namespace of the function that raised it."""
    entry = error.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return None if entry is None else entry.tb_frame.f_globals


def _set_first_path(folder: str) -> None:
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0] = folder


def _save_snapshots(program: _core.ProgramToRun, signals: list[int]) -> None:
    """Have snapshots saved at signals, by the clock, and at the end."""
    save = make_saver(
        program.output,
        is_told=True,
        names=program.names,
        values=program.values,
        keys=program.keys,
    )
    stop = None if program.every is None else save_every(program.every, save)
    options = ["--json"] if program.is_json else []

    def finish() -> None:
        if stop is not None:
            stop()
        path = save(True)
        if path is not None:
            _core.command(["heapgraph", "types", path, "-n", _TYPES_SHOWN, *options], True)

    def end_by_signal(signum: int, _frame: types.FrameType | None) -> None:
        finish()
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)

    # Registered first and so called last, after the program's own functions.
    atexit.register(finish)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end_by_signal)
    for signum in signals:
        if signum != signal.SIGTERM:
            save_at(signum, save)


def _signal_number(name: str) -> int:
    """The signal of a name such as ``USR2`` or ``SIGUSR2``, or of a number.

    Raises:
        ValueError: If there is none, or it can not be handled.
    """
    upper = name.upper()
    known = {item.name.removeprefix("SIG"): item for item in signal.Signals}
    number = int(name) if name.isdigit() else known.get(upper.removeprefix("SIG"))
    if number not in signal.valid_signals() or number in (signal.SIGKILL, signal.SIGSTOP):
        message = f"{name} is no signal that can be handled: use one such as USR1 or USR2"
        raise ValueError(message)
    return int(number)


def _without_our_frames(hook: Callable[..., Any]) -> Callable[..., Any]:
    """`hook`, shown an exception as if Python had run the program."""

    def shortened(
        kind: type[BaseException], value: BaseException, traceback: types.TracebackType | None
    ) -> object:
        rest = entry = traceback
        while entry is not None:
            if entry.tb_frame.f_globals is globals():
                rest = entry.tb_next
            entry = entry.tb_next
        value.__traceback__ = sys.last_traceback = rest
        return hook(kind, value, rest)

    return shortened
