"""Snapshots of a running program, saved when a signal or a clock says so."""

from __future__ import annotations

import _thread
import os

from heapgraph import _core
from heapgraph._arguments import path_text
from heapgraph._registry import error_text
from heapgraph._signals import is_of_handler
from heapgraph._snapshots import check_recorded

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from heapgraph._arguments import FilePath

    Save = Callable[[bool], "str | None"]

FILE_NAME = "heapgraph-{pid}-{n}.parquet"


def save_on_signal(
    signum: int | None = None,
    folder: FilePath = ".",
    *,
    collect: bool = True,
    names: bool = True,
    values: bool = False,
    keys: bool = True,
    force: bool = False,
) -> None:
    """Save a snapshot of the heap whenever the process gets a signal.

    The files are ``heapgraph-PID-N.parquet``, with N from 1 on; none is overwritten, and only the
    user may read them. A process
    that is forked later saves under its own number. A handler that the signal has already is
    called after the snapshot.

    Python runs handlers in the main thread between two of its instructions: while that thread is
    inside a long call of compiled code, nothing is saved. If a snapshot can not be saved, the
    error output says why, and the program goes on.

    Args:
        signum: The signal; ``signal.SIGUSR1`` unless given.
        folder: Where to write the files.
        collect: Whether to collect garbage first.
        names: Whether to record the names of references.
        values: Whether to record what strings, bytes and numbers say.
        keys: Whether names have the keys of dicts.
        force: Whether to go on where memory may not be enough.

    Raises:
        ValueError: If it is not the main thread that calls, or as for `take_snapshot`.
        OSError: If there is no such folder, or the signal can not be handled.

    Examples:
        >>> import signal, tempfile
        >>> save_on_signal(signal.SIGUSR2, tempfile.gettempdir())
        >>> _ = signal.signal(signal.SIGUSR2, signal.SIG_DFL)  # and no more
    """
    import signal

    check_recorded(values=values, keys=keys)
    path = os.path.abspath(path_text(folder))
    if not os.path.isdir(path):
        message = "there is no such folder to save snapshots in"
        raise FileNotFoundError(2, message, path)
    save = make_saver(
        os.path.join(path, FILE_NAME),
        collect=collect,
        names=names,
        values=values,
        keys=keys,
        force=force,
    )
    save_at(signal.SIGUSR1 if signum is None else signum, save)


def make_saver(
    pattern: str,
    *,
    is_told: bool = False,
    collect: bool = True,
    names: bool = True,
    values: bool = False,
    keys: bool = True,
    force: bool = False,
) -> Save:
    """Make what saves one snapshot after another, under names made from a pattern.

    It is a function, as are the others here: the heap that is saved has no objects of this package
    in it.

    Args:
        pattern: Path of the files. In the name, ``{pid}`` is the number of the process and
            ``{n}`` that of the first file that does not exist yet.
        is_told: Whether the error output names each file that is saved.
        collect: As for `take_snapshot`, as are the others.
        names: Whether to record the names of references.
        values: Whether to record what strings, bytes and numbers say.
        keys: Whether names have the keys of dicts.
        force: Whether to go on where memory may not be enough.

    Returns:
        A function that saves one. Its argument says whether to wait for another thread that is
        saving one, and then to save another. It returns the file; `None` if nothing was saved,
        which the error output explains.
    """
    folder, name = os.path.split(os.path.abspath(pattern))
    is_saving, process = _thread.allocate_lock(), os.getpid()

    def save(wait: bool) -> str | None:
        nonlocal is_saving, process
        if process != os.getpid():
            # Forked: the lock may be held by a thread that this process does not have.
            is_saving, process = _thread.allocate_lock(), os.getpid()
        # A signal handler interrupts the thread that may hold the lock: it must not wait for it.
        lock = is_saving
        if not lock.acquire(wait):
            return None
        try:
            path = _next_path(folder, name)
            import heapgraph  # which imports this module

            snapshot = heapgraph.take_snapshot(
                collect=collect, names=names, values=values, keys=keys, force=force
            )
            snapshot.save(path)
        except Exception as error:  # whatever it is, the program goes on
            if is_of_handler(error):
                raise
            tell(f"no snapshot saved: {error_text(error)}")
            return None
        finally:
            lock.release()
        if is_told:
            tell(f"saved {os.path.relpath(path)}")
        return path

    return save


def _next_path(folder: str, pattern: str) -> str:
    name = pattern.replace("{pid}", str(os.getpid()))
    number = 1
    while True:
        path = os.path.join(folder, name.replace("{n}", str(number)))
        if "{n}" not in name or not os.path.lexists(path):
            return path
        number += 1


def check_first_file(pattern: str) -> None:
    """Refuse what nothing can be saved to, before there is anything to save.

    Raises:
        ValueError: If there is no such folder, or the first file cannot take its place there.
    """
    folder, name = os.path.split(os.path.abspath(pattern))
    if not os.path.isdir(folder):
        raise ValueError(f"there is no folder {folder} to save snapshots in")
    path = _next_path(folder, name)
    try:
        _core.check_target(path)
    except OSError as error:
        raise ValueError(f"cannot save snapshots to {path}: {error}") from None


class SavingHandler:
    """A signal handler that saves a snapshot and then calls the one it replaces."""

    __slots__ = ("_save", "replaced")

    def __init__(
        self, save: Save, replaced: Callable[[int, FrameType | None], object] | None
    ) -> None:
        """Make a handler.

        Args:
            save: What saves.
            replaced: The handler to call afterwards.
        """
        self._save = save
        self.replaced = replaced
        # Only the interpreter's table of handlers holds it: so it is not in the heap that is saved.
        _core.untrack(self)

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        self._save(False)
        if self.replaced is not None:
            self.replaced(signum, frame)


def save_at(signum: int, save: Save) -> None:
    """Save a snapshot whenever the signal comes; a handler it has already is called too."""
    import signal

    replaced = signal.getsignal(signum)
    if isinstance(replaced, SavingHandler):
        replaced = replaced.replaced
    # The default action, and none, are numbers.
    signal.signal(signum, SavingHandler(save, None if isinstance(replaced, int) else replaced))


def save_every(seconds: float, save: Save) -> Callable[[], None]:
    """Save a snapshot every so many seconds, in a thread of its own.

    A process that is forked later does the same.

    Returns:
        What stops it; a snapshot that is being saved is finished.
    """
    is_running = _thread.allocate_lock()

    def work(is_running: _thread.LockType) -> None:
        while not is_running.acquire(timeout=seconds):
            save(False)

    def start() -> None:
        nonlocal is_running
        is_running = _thread.allocate_lock()
        is_running.acquire()
        # Not a `threading.Thread`: the program would see it in `threading.enumerate()`.
        _thread.start_new_thread(work, (is_running,))

    def stop() -> None:
        if is_running.locked():
            is_running.release()

    start()
    os.register_at_fork(after_in_child=start)
    return stop


def tell(message: str) -> None:
    """Write a line to the error output of the process.

    Not through ``sys.stderr``, which may be in the middle of writing when a signal comes.
    """
    line = f"heapgraph: {_core.one_line(message)}\n".encode()
    try:
        os.write(2, line)
    except OSError:  # closed, or a pipe that nobody reads
        return
