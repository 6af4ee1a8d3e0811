"""From objects to a finished picture: what to draw comes from the core, the words from here."""

from __future__ import annotations

import gc

from heapgraph import _core
from heapgraph._arguments import HELD_BY_CALL, addresses, limit
from heapgraph._asker import asker
from heapgraph._debugger import debugger_ids
from heapgraph._object_text import drawable, object_text, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    NodeText: TypeAlias = tuple[list[str], bool, list[tuple[str, str]]]


class Texts:
    """How the nodes of a picture are labelled and marked."""

    # Not a dataclass: importing those takes longer than importing all of this package.
    __slots__ = ("extra_info", "extra_node_attrs", "highlight", "refcounts", "shortnames")

    def __init__(
        self,
        highlight: Callable[[Any], object] | None,
        extra_info: Callable[[Any], object] | None,
        refcounts: bool,
        shortnames: bool,
        extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None,
    ) -> None:
        """Take the arguments of the same names of `show_backrefs`."""
        self.highlight = highlight
        self.extra_info = extra_info
        self.refcounts = refcounts
        self.shortnames = shortnames
        self.extra_node_attrs = extra_node_attrs

    def finish(self, drawing: _core.Drawing) -> _core.Picture:
        """Give every node of a drawing its text and marks."""
        names = drawing.type_names(bool(self.shortnames))
        counts = drawing.reference_counts
        rows = zip(drawing.objects, names, counts, strict=True)
        return drawing.finish([self._text(*row) for row in rows])

    def _text(self, obj: object, name: str, count: int | None) -> NodeText:
        lines = [self._type_line(name, count), object_text(obj)]
        if self.extra_info:
            info = self.extra_info(obj)
            lines.append(info if isinstance(info, str) else str(info))
        highlighted = bool(self.highlight and self.highlight(obj))
        return [drawable(line) for line in lines], highlighted, self._attributes(obj)

    def _type_line(self, name: str, count: int | None) -> str:
        if not self.refcounts:
            return name
        return f"{name} [{'immortal' if count is None else count}]"

    def _attributes(self, obj: object) -> list[tuple[str, str]]:
        if not self.extra_node_attrs:
            return []
        attributes = self.extra_node_attrs(obj)
        try:
            pairs = list(attributes.items())
        except AttributeError:
            message = f"extra_node_attrs must return a dict, not {type_name(type(attributes))}"
            raise TypeError(message) from None
        for name, value in pairs:
            if type(name) is not str or not (value is None or type(value) is str):
                message = (
                    "extra_node_attrs must return a dict of str to str or None, "
                    f"not of {type_name(type(name))} to {type_name(type(value))}"
                )
                raise TypeError(message)
        # By name, which no two have in common.
        pairs.sort(key=lambda pair: pair[0])
        return [(drawable(name), drawable(value)) for name, value in pairs if value is not None]


class Roots:
    """The objects to begin at, and how often they are held only to say so.

    Made first of all, in place of the argument: the frame's own reference to it is then gone.
    """

    __slots__ = ("container", "held", "objects")

    def __init__(self, objs: object) -> None:
        """Take one object, or a list or tuple of objects."""
        self.container: object = None
        self.objects: list[object]
        if _core.is_instance(objs, list):
            self.objects = list(list.__iter__(objs))  # type: ignore[arg-type]
        elif _core.is_instance(objs, tuple):
            self.objects = list(tuple.__iter__(objs))  # type: ignore[arg-type]
        else:
            self.objects = [objs]
            self.held = 1 + HELD_BY_CALL
            return
        # Held, so that no other object can get its address.
        self.container = objs
        self.held = 2


def draw(
    roots: Roots,
    forward: bool,
    max_depth: int,
    too_many: int,
    extra_ignore: Iterable[int],
    keep: Callable[[Any], object] | None,
    collect: bool,
) -> _core.Drawing:
    """Find the neighbourhood of some objects.

    Args:
        roots: The objects. What they are listed in is left out.
        forward: Whether to search what they refer to, rather than what refers to them.
        max_depth: How many references away to look.
        too_many: How many neighbours of one object to draw.
        extra_ignore: Ids of objects to leave out.
        keep: Called with each neighbour; those for which it is false are left out.
        collect: Whether to collect garbage first.

    Raises:
        TypeError: If `max_depth` or `too_many` is not an integer, or `extra_ignore` not of ids.
    """
    limits = limit("max_depth", max_depth), limit("too_many", too_many)
    ignored = [*addresses("extra_ignore", extra_ignore), id(extra_ignore), id(roots.objects)]
    ignored += debugger_ids()
    if roots.container is not None:
        ignored.append(id(roots.container))
    if collect:
        gc.collect()
    return _core.draw_neighbourhood(
        roots.objects, forward, limits[0], limits[1], ignored, keep or None, roots.held, asker()
    )
