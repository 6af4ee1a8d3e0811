"""What a snapshot costs that is taken deep in a stack: the same for each frame, however deep.

    python benches/frames.py

A list of one number is measured beside it: a frame holds several objects, and has a name.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time

import heapgraph

DEPTHS = (25_000, 50_000, 100_000, 200_000)
ROUNDS = 5
STACK = 1 << 30


def main() -> None:
    """Print the processor time of a frame, and of a list, at each depth."""
    print(f"CPython {sys.version.split()[0]}; microseconds of processor time for each")
    print(f"{'frames or lists':>16}{'frame':>10}{'list':>10}")
    sys.setrecursionlimit(10 * max(DEPTHS))
    threading.stack_size(STACK)
    thread = threading.Thread(target=table)
    thread.start()
    thread.join()


def table() -> None:
    """One line for each depth."""
    alone = seconds()
    for depth in DEPTHS:
        frames = (deep(depth) - alone) / depth
        lists = [[number] for number in range(depth)]
        objects = (seconds() - alone) / len(lists)
        del lists
        print(f"{depth:16,}{frames * 1e6:10.2f}{objects * 1e6:10.2f}", flush=True)


def deep(level: int) -> float:
    """The seconds of a snapshot below so many frames, each with a list of its own."""
    own = [level]
    return deep(own[0] - 1) if level else seconds()


def seconds() -> float:
    """Processor time of a snapshot, the median of some."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        heapgraph.take_snapshot(collect=False)
        times.append(time.process_time() - begin)
    return statistics.median(times)


if __name__ == "__main__":
    main()
