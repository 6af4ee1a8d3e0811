"""Snapshots of a running program, saved when a signal or a clock says so."""

from __future__ import annotations

import _thread
import os

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

FILE_NAME = "heapgraph-{pid}-{n}.parquet"


def save_on_signal(
    signum: int | None = None,
    folder: str | os.PathLike[str] = ".",
    *,
    collect: bool = True,
    names: bool = True,
    values: bool = False,
    force: bool = False,
) -> None:
    """Save a snapshot of the heap whenever the process gets a signal.

    The files are ``heapgraph-PID-N.parquet``, with N from 1 on; none is overwritten. A process
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
        force: Whether to go on where memory may not be enough.

    Raises:
        ValueError: If it is not the main thread that calls.
        OSError: If there is no such folder, or the signal can not be handled.

    Examples:
        >>> import signal, tempfile
        >>> save_on_signal(signal.SIGUSR2, tempfile.gettempdir())
        >>> _ = signal.signal(signal.SIGUSR2, signal.SIG_DFL)  # and no more
    """
    import signal

    folder = os.path.abspath(folder)
    if not os.path.isdir(folder):
        message = "there is no such folder to save snapshots in"
        raise FileNotFoundError(2, message, folder)
    saver = Saver(
        os.path.join(folder, FILE_NAME), collect=collect, names=names, values=values, force=force
    )
    save_at(signal.SIGUSR1 if signum is None else signum, saver)


class Saver:
    """Saves one snapshot after another under names made from a pattern."""

    def __init__(self, pattern: str, *, is_told: bool = False, **options: bool) -> None:
        """Make a saver for files of that name.

        Args:
            pattern: Path of the files. In the name, ``{pid}`` is the number of the process and
                ``{n}`` that of the first file that does not exist yet.
            is_told: Whether the error output names each file that is saved.
            **options: Those of `take_snapshot`.
        """
        self._folder, self._name = os.path.split(os.path.abspath(pattern))
        self._is_told = is_told
        self._options = options
        self._is_saving = _thread.allocate_lock()
        # The lock may be held by a thread that the new process does not have.
        os.register_at_fork(after_in_child=self._after_fork)

    def save(self, *, wait: bool = False) -> str | None:
        """Save a snapshot.

        Args:
            wait: Whether to wait for another thread that is saving one, and then save another.

        Returns:
            The file; `None` if nothing was saved, which the error output explains.
        """
        # A signal handler interrupts the thread that may hold the lock: it must not wait for it.
        if not self._is_saving.acquire(wait):
            return None
        try:
            path = self._next_path()
            import heapgraph  # which imports this module

            heapgraph.take_snapshot(**self._options).save(path)
        except Exception as error:  # whatever it is, the program goes on
            tell(f"no snapshot saved: {type(error).__name__}: {error}")
            return None
        finally:
            self._is_saving.release()
        if self._is_told:
            tell(f"saved {os.path.relpath(path)}")
        return path

    def _next_path(self) -> str:
        name = self._name.replace("{pid}", str(os.getpid()))
        number = 1
        while True:
            path = os.path.join(self._folder, name.replace("{n}", str(number)))
            if "{n}" not in name or not os.path.lexists(path):
                return path
            number += 1

    def _after_fork(self) -> None:
        self._is_saving = _thread.allocate_lock()


class SavingHandler:
    """A signal handler that saves a snapshot and then calls the one it replaces."""

    def __init__(
        self, saver: Saver, replaced: Callable[[int, FrameType | None], Any] | None
    ) -> None:
        """Make a handler.

        Args:
            saver: What saves.
            replaced: The handler to call afterwards.
        """
        self._saver = saver
        self.replaced = replaced

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        self._saver.save()
        if self.replaced is not None:
            self.replaced(signum, frame)


def save_at(signum: int, saver: Saver) -> None:
    """Save a snapshot whenever the signal comes; a handler it has already is called too."""
    import signal

    replaced = signal.getsignal(signum)
    if isinstance(replaced, SavingHandler):
        replaced = replaced.replaced
    # The default action, and none, are numbers.
    signal.signal(signum, SavingHandler(saver, None if isinstance(replaced, int) else replaced))


class Clock:
    """Saves a snapshot every so many seconds, in a thread of its own, until it is stopped."""

    def __init__(self, saver: Saver, seconds: float) -> None:
        """Start the clock; a process that is forked later has one too."""
        self._saver = saver
        self._seconds = seconds
        self._start()
        os.register_at_fork(after_in_child=self._start)

    def stop(self) -> None:
        """Save no more; a snapshot that is being saved is finished."""
        if self._is_running.locked():
            self._is_running.release()

    def _start(self) -> None:
        self._is_running = _thread.allocate_lock()
        self._is_running.acquire()
        # Not a `threading.Thread`: the program would see it in `threading.enumerate()`.
        _thread.start_new_thread(self._run, (self._is_running,))

    def _run(self, is_running: _thread.LockType) -> None:
        while not is_running.acquire(timeout=self._seconds):
            self._saver.save()


def tell(message: str) -> None:
    """Write a line to the error output of the process.

    Not through ``sys.stderr``, which may be in the middle of writing when a signal comes.
    """
    line = f"heapgraph: {message}\n".encode(errors="backslashreplace")
    try:
        os.write(2, line)
    except OSError:  # closed, or a pipe that nobody reads
        return
