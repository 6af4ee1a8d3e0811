"""Imports each extension module of the standard library alone, and asks everything.

usage: each_module.py FOLDER_OF_HEAPGRAPH [MODULE ...]

To be run with -S: what `site` loads would be there for every module. The wrapper in Python, which
often makes the types of its extension ready, is not loaded.
"""

from __future__ import annotations

import sys

sys.path.insert(0, sys.argv[1])

from extensions import extension_modules, import_extension
from forked import forked, report
from questions import HOLDER, ask_everything


def look_at(name: str) -> None:
    """In a child: import it and ask."""
    HOLDER.append(import_extension(name))
    ask_everything()


def main() -> None:
    names = sys.argv[2:] or extension_modules()
    report({name: failure for name in names if (failure := forked(look_at, name))})
    before = set(names) & set(sys.modules)
    print(len(names), "modules; in each process, as heapgraph needs them:", *sorted(before))


if __name__ == "__main__":
    main()
