"""Asks what grows in a module of `fixtures/leaks`, in an interpreter of its own.

    python growth_of_one.py FOLDER MODULE ITERATIONS

The innocent twin runs before the leak, so that what it fills is full by then. It is watched for as
long as by default, the leak for so many iterations. Prints JSON.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

import heapgraph

DEFAULT = 2000
NO_HURRY = 300
"""Seconds: how busy the machine is must not decide."""


def main() -> None:
    """Run both."""
    folder, name, iterations = sys.argv[1:]
    sys.path.insert(0, folder)
    module = import_module(name)
    answers = {}
    for scenario, most in (("innocent", DEFAULT), ("leak", int(iterations))):
        if hasattr(module, scenario):
            report = heapgraph.find_growth(
                getattr(module, scenario), iterations=most, seconds=NO_HURRY
            )
            answers[scenario] = {
                "leaks": bool(report),
                "text": str(report),
                "growing": [
                    [path.path, path.type_name, path.kind, *path.also] for path in report.growing
                ],
            }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
