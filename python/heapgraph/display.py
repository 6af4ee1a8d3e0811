"""Where a picture goes: a file, a notebook cell, or a temporary file that a viewer shows."""

from __future__ import annotations

from types import FunctionType

from heapgraph._arguments import path_text
from heapgraph._core import one_line
from heapgraph._loaded_modules import loaded_module, names_of_module
from heapgraph._object_text import type_name
from heapgraph._viewer import open_viewer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from heapgraph import _core
    from heapgraph._arguments import FilePath


def check_target(filename: FilePath | None, output: TextIO | None) -> None:
    """Refuse a target that `present` could not write to, before anything is drawn.

    Args:
        filename: As for `present`.
        output: As for `present`.

    Raises:
        ValueError: If both are given.
        TypeError: If one of them is no file.
    """
    if filename and output is not None:
        message = "Cannot specify both output and filename. Pass one of them."
        raise ValueError(message)
    if output is not None and not hasattr(output, "write"):
        message = f"output must be an open text file, not {type_name(type(output))}"
        raise TypeError(message)
    if filename:
        path_text(filename)


def present(
    picture: _core.Picture,
    filename: FilePath | None,
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
        OSError: If the file cannot be written.
        RenderError: If the picture cannot be drawn in the file's format.
    """
    if output is not None:
        output.write(picture.to_dot())
    elif filename:
        _save(picture, path_text(filename))
    elif _in_notebook():
        return picture
    else:
        _show_temporary(picture)
    return None


def _save(picture: _core.Picture, path: str) -> None:
    # The lines that objgraph prints, to the letter: scripts read the names of files from them.
    if picture.save(path) == "dot":
        print(_written(picture, path))
    else:
        print(f"Image generated as {one_line(path)}")


def _written(picture: _core.Picture, path: str) -> str:
    return f"Graph written to {one_line(path)} ({picture.node_count} nodes)"


def _show_temporary(picture: _core.Picture) -> None:
    # Not by `tempfile`: importing it makes thousands of objects, which would be growth.
    path = picture.save_temporary()
    print(_written(picture, path))
    viewer = open_viewer(path)
    if viewer is not None:
        print(f"Spawning graph viewer ({viewer})")


def _in_notebook() -> bool:
    """Whether what a call returns is shown as a picture: in Jupyter, not in a terminal."""
    # Where it is defined: `IPython` itself may have it only once it is asked for. Absent while
    # that is imported.
    get_shell = names_of_module(loaded_module("IPython.core.getipython")).get("get_ipython")
    shell = get_shell() if type(get_shell) is FunctionType else None
    # The shell of `IPython.embed` is one of a terminal by what it is derived from.
    names = [cls.__name__ for cls in type(shell).__mro__]
    return shell is not None and not any("Terminal" in name for name in names)
