"""What heapgraph prints, returns and raises, as lists of texts."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def printed(function: Callable[..., object], *args: object, **options: object) -> list[str]:
    """What a function prints and what the `str` of what it returns is."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*args, **options)
    return [out.getvalue()]


def error_of(function: Callable[..., object], *args: object, **options: object) -> list[str]:
    """What the exception that a function raises says."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            function(*args, **options)
    except Exception as error:
        return [str(error), *map(str, error.args)]
    message = f"{function} raised nothing"
    raise AssertionError(message)


def shown(answer: object) -> list[str]:
    """All texts that an answer is shown as."""
    html = getattr(answer, "_repr_html_", str)()
    svg = getattr(answer, "_repr_svg_", str)()
    return [str(answer), repr(answer), html, svg, *map(str, getattr(answer, "chains", ()))]
