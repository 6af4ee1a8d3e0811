"""Runs a function in a forked child: cheaper than an interpreter that starts, and as much alone.

Whoever uses it imports next to nothing, so that a child has in it what the function loads.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` loads more.
import faulthandler
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SECONDS = 120
"""A child that takes longer is ended by SIGALRM, which counts as a crash."""


def forked(act: Callable[..., object], *arguments: object) -> str:
    """Run `act` in a child of this process; what went wrong there, or nothing."""
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(receiving)
        os._exit(_in_child(sending, act, arguments))
    os.close(sending)
    with os.fdopen(receiving, errors="backslashreplace") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return ""
    ended = f"ended by signal {-code}" if code < 0 else "raised"
    return f"{ended}\n{said}"


def _in_child(sending: int, act: Callable[..., object], arguments: tuple[object, ...]) -> int:
    os.dup2(sending, 2)
    os.close(sending)
    faulthandler.enable(2)
    _signal.alarm(SECONDS)
    try:
        act(*arguments)
    except BaseException:
        import traceback

        # Not through sys.stderr, which what was loaded may have replaced.
        os.write(2, traceback.format_exc().encode(errors="backslashreplace"))
        return 1
    return 0


def failures_among(
    act: Callable[[list[Any]], object], items: list[Any], named: Callable[[Any], str]
) -> dict[str, str]:
    """Run `act` with these in a child: which of them fail it alone, or that all together do."""
    together = forked(act, items)
    if not together:
        return {}
    alone = {named(item): forked(act, [item]) for item in items}
    return {name: failure for name, failure in alone.items() if failure} or {
        f"together: {', '.join(alone) or 'none of them'}": together
    }


def report(failures: dict[str, str]) -> None:
    """Say what failed, once for all that failed alike, and end with status 1 if anything did."""
    alike: dict[str, list[str]] = {}
    for name, failure in failures.items():
        alike.setdefault(failure, []).append(name)
    for failure, names in alike.items():
        sys.stderr.write(f"--- {', '.join(names)}: {failure}\n")
    if failures:
        sys.exit(1)
