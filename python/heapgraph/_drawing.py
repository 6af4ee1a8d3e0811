"""From objects to a finished picture: what to draw comes from the core, the words from here."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any

from heapgraph import _core
from heapgraph._object_text import object_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True)
class Texts:
    """How the nodes of a picture are labelled and marked."""

    highlight: Callable[[Any], object] | None
    extra_info: Callable[[Any], object] | None
    refcounts: bool
    shortnames: bool
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None

    def finish(self, drawing: _core.Drawing) -> _core.Picture:
        """Give every node of a drawing its text and marks."""
        names = drawing.type_names(self.shortnames)
        counts = drawing.reference_counts
        rows = zip(drawing.objects, names, counts, strict=True)
        return drawing.finish([self._text(*row) for row in rows])

    def _text(self, obj: object, name: str, count: int | None) -> _core.NodeText:
        lines = [self._type_line(name, count), object_text(obj)]
        if self.extra_info:
            lines.append(str(self.extra_info(obj)))
        highlighted = bool(self.highlight and self.highlight(obj))
        return [_drawable(line) for line in lines], highlighted, self._attributes(obj)

    def _type_line(self, name: str, count: int | None) -> str:
        if not self.refcounts:
            return name
        return f"{name} [{'immortal' if count is None else count}]"

    def _attributes(self, obj: object) -> list[tuple[str, str]]:
        if not self.extra_node_attrs:
            return []
        attributes = self.extra_node_attrs(obj)
        try:
            pairs = sorted(attributes.items())
        except AttributeError:
            message = f"extra_node_attrs must return a dict, not {type(attributes).__name__}"
            raise TypeError(message) from None
        for name, value in pairs:
            if type(name) is not str or not (value is None or type(value) is str):
                message = f"extra_node_attrs must map str to str or None, not {name!r} to {value!r}"
                raise TypeError(message)
        return [(_drawable(name), _drawable(value)) for name, value in pairs if value is not None]


def _drawable(text: str) -> str:
    """Spell out lone surrogates, which no file can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def draw(
    objs: list[object],
    forward: bool,
    max_depth: int,
    too_many: int,
    extra_ignore: Iterable[int],
    keep: Callable[[Any], object] | None,
    texts: Texts,
) -> _core.Picture:
    """Draw the neighbourhood of some objects.

    Args:
        objs: The objects, in a list that nobody else holds: it is left out.
        forward: Whether to search what they refer to, rather than what refers to them.
        max_depth: How many references away to look.
        too_many: How many neighbours of one object to draw.
        extra_ignore: Ids of objects to leave out.
        keep: Called with each neighbour; those for which it is false are left out.
        texts: What to write on the nodes.

    Raises:
        TypeError: If `max_depth` or `too_many` is not an integer.
    """
    limits = [_limit("max_depth", max_depth), _limit("too_many", too_many)]
    ignored = [id(objs), *map(index, extra_ignore)]
    gc.collect()
    held = 1
    drawing = _core.draw_neighbourhood(objs, forward, *limits, ignored, keep, held)
    return texts.finish(drawing)


def _limit(name: str, value: int) -> int:
    try:
        return max(0, index(value))
    except TypeError:
        message = f"{name} must be an integer, not {type(value).__name__}"
        hint = "; pass a large number for no limit" if value is None else ""
        raise TypeError(message + hint) from None
