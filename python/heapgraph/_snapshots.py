"""A heap that can be kept."""

from __future__ import annotations

import gc

from heapgraph import _core
from heapgraph._asker import asker


def take_snapshot(
    *,
    collect: bool = True,
    names: bool = True,
    values: bool = False,
    keys: bool = True,
    force: bool = False,
) -> _core.HeapSnapshot:
    """Capture the heap.

    The snapshot holds no object and keeps nothing alive. The program stands still meanwhile: for
    about as long as a full collection of a heap of data without names, up to twice as long with
    them.

    Args:
        collect: Whether to collect garbage first.
        names: Whether to record the names of references: attributes, keys, positions, variables.
        values: Whether to record what strings, bytes and numbers say, the first 100 characters of
            each. Whoever gets the file can then read them.
        keys: Whether names have the keys of dicts. Without them only the names of attributes and
            modules are recorded, and of any other key its type: ``app.users[<str>]``.
        force: Whether to go on where memory may not be enough.

    Returns:
        The snapshot.

    Raises:
        CaptureError: If the machine, or the control group of the process, has less memory left than
            the capture is expected to need; the message has both figures.
        ValueError: If `values` are asked for and `keys` are not: keys are values too.

    Examples:
        >>> snapshot = take_snapshot()
        >>> snapshot.histogram()["builtins.dict"].count > 0
        True
    """
    check_recorded(values=values, keys=keys)
    if collect:
        gc.collect()
    own = asker()
    return _core.take_snapshot(
        bool(collect), bool(names), bool(values), bool(keys), bool(force), own
    )


def check_recorded(*, values: bool, keys: bool) -> None:
    """Refuse to leave keys out as names and to record them as values.

    Raises:
        ValueError: If that is asked for.
    """
    if values and not keys:
        message = "values=True records what keys of dicts say: keys=False goes with values=False"
        raise ValueError(message)
