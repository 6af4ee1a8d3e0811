"""The command ``heapgraph``; ``python -m heapgraph`` is the same."""

from __future__ import annotations

import signal
import sys

from heapgraph import _core


def main() -> int:
    """Carry out the command in ``sys.argv``.

    Returns:
        The exit code: 0 if all is well, 1 if something was found that ``--fail-on`` asks about,
        2 after an error. A program that is run has the exit code it would have without heapgraph.
    """
    outcome = _command(["heapgraph", *sys.argv[1:]])
    if isinstance(outcome, int):
        return outcome
    from heapgraph._run import run

    return run(outcome)


def _command(args: list[str]) -> int | _core.ProgramToRun:
    # Python would only look at Ctrl-C when the answer is there; a command ends at once.
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return _core.command(args, False)
    finally:
        if is_default:
            signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
