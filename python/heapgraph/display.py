"""Where a picture goes: a file, a notebook cell, or a temporary file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike
    from typing import TextIO

    from heapgraph import _core


def present(
    picture: _core.Picture,
    filename: str | PathLike[str] | None,
    output: TextIO | None,
) -> _core.Picture | None:
    """Show a picture the way the caller asked for.

    Args:
        picture: What to show.
        filename: The file to write, in the format of its ending.
        output: A text file to write the graph to, in Graphviz's language.

    Returns:
        The picture in a notebook, unless a file was asked for; otherwise `None`.

    Raises:
        ValueError: If both `filename` and `output` are given.
        TypeError: If one of them is no file.
    """
    if filename and output:
        message = "Cannot specify both output and filename. Pass one of them."
        raise ValueError(message)
    if output:
        if not hasattr(output, "write"):
            message = f"output must be an open text file, not {type(output).__name__}"
            raise TypeError(message)
        output.write(picture.to_dot())
    elif filename:
        _save(picture, os.fspath(filename))
    elif _in_notebook():
        return picture
    else:
        _save(picture, _temporary_file())
    return None


def _save(picture: _core.Picture, path: str) -> None:
    name = picture.save(path)
    if name == "dot":
        print(f"Graph written to {path} ({picture.node_count} nodes)")
    else:
        print(f"Image generated as {path} ({picture.node_count} nodes)")


def _temporary_file() -> str:
    import tempfile  # rarely needed, and slow to import

    handle, path = tempfile.mkstemp(prefix="heapgraph-", suffix=".svg")
    os.close(handle)
    return path


def _in_notebook() -> bool:
    """Whether what a call returns is shown as a picture: in Jupyter, not in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "Terminal" not in type(shell).__name__
