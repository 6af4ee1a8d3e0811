"""The extension modules of the standard library, as this CPython has them."""

from __future__ import annotations

import _imp
import os
import sys

UNIMPORTABLE = {
    "_curses": "libncurses",
    "_curses_panel": "libncurses",
    "_dbm": "libdb or libgdbm",
    "_gdbm": "libgdbm",
    "_tkinter": "libtk",
    "nis": "libnsl",
    "readline": "libreadline",
}
"""Modules whose import may fail, with the library that a machine may lack."""


def extension_modules() -> list[str]:
    """The names of all of them, test modules among them: built in, or files of this build."""
    names = set(sys.builtin_module_names)
    endings = tuple(_imp.extension_suffixes())
    for folder in sys.path:
        if folder.endswith("lib-dynload"):
            files = [file for file in os.listdir(folder) if file.endswith(endings)]
            names.update(file.partition(".")[0] for file in files)
    return sorted(names)


def import_extension(name: str) -> object:
    """The module; nothing if it is one that this machine may be unable to import, and is."""
    try:
        return __import__(name)
    except ImportError:
        if name not in UNIMPORTABLE:
            raise
        return None
