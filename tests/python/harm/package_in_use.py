"""Imports a package, uses it, and asks everything.

usage: package_in_use.py NAME

`packages.toml` says what is imported and how it is used first. What it makes is a global here.
"""

from __future__ import annotations

import sys

from packages import PACKAGES
from questions import ask_everything


def main() -> None:
    name = sys.argv[1]
    package = PACKAGES[name]
    exec(f"import {package.get('imports', name)}\n{package['use']}", globals())
    ask_everything()


if __name__ == "__main__":
    main()
