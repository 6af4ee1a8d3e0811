"""objgraph's pictures."""

from __future__ import annotations

import gc

from heapgraph import _core
from heapgraph._arguments import chain_list, check_callable
from heapgraph._drawing import Roots, Texts, draw
from heapgraph.display import check_target, present

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TextIO

    from heapgraph._arguments import FilePath


def show_backrefs(
    objs: object,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], object] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], object] | None = None,
    filename: FilePath | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
    *,
    collect: bool = True,
) -> _core.Picture | None:
    """Draw what refers to some objects.

    Modules are drawn and not searched further.

    Args:
        objs: One object, or a list or tuple of objects.
        max_depth: How many references away to look.
        extra_ignore: Ids of objects to leave out.
        filter: Called with each object; those for which it is false are left out.
        too_many: How many referrers of one object to draw; the others are counted. So are, where a
            module is drawn, the functions that have its names as globals.
        highlight: Called with each object; those for which it is true stand out.
        filename: The file to write, in the format of its ending: ``.dot``, ``.svg`` and ``.png``
            need nothing else, others an installed Graphviz.
        extra_info: Called with each object; what it returns is added to the label.
        refcounts: Whether to show reference counts.
        shortnames: Whether to leave the module out of type names.
        output: A text file to write the graph to, in Graphviz's language.
        extra_node_attrs: Called with each object; returns more attributes of its node in
            Graphviz's language, which win over ours. `None` values are skipped.
        collect: Whether to collect garbage first.

    Returns:
        In a notebook, unless a file was asked for, the picture; otherwise `None`. Outside a
        notebook and without a file the picture goes to a temporary SVG file, whose name is
        printed.

    Raises:
        ValueError: If both `filename` and `output` are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    objs = Roots(objs)
    check_callable(
        filter=filter,
        highlight=highlight,
        extra_info=extra_info,
        extra_node_attrs=extra_node_attrs,
    )
    drawing = draw(objs, False, max_depth, too_many, extra_ignore, filter, collect)
    # Made after the walk, which would see it.
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)


def show_refs(
    objs: object,
    max_depth: int = 3,
    extra_ignore: Iterable[int] = (),
    filter: Callable[[Any], object] | None = None,
    too_many: int = 10,
    highlight: Callable[[Any], object] | None = None,
    filename: FilePath | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
    *,
    collect: bool = True,
) -> _core.Picture | None:
    """Draw what some objects refer to.

    Args:
        objs: As for `show_backrefs`, as are all other arguments.
        max_depth: How many references away to look.
        extra_ignore: Ids of objects to leave out.
        filter: Called with each object; those for which it is false are left out.
        too_many: How many referents of one object to draw; the others are counted.
        highlight: Called with each object; those for which it is true stand out.
        filename: The file to write.
        extra_info: Called with each object; what it returns is added to the label.
        refcounts: Whether to show reference counts.
        shortnames: Whether to leave the module out of type names.
        output: A text file to write the graph to, in Graphviz's language.
        extra_node_attrs: Called with each object; returns more attributes of its node.
        collect: Whether to collect garbage first.

    Returns:
        As `show_backrefs`.

    Raises:
        ValueError: If both `filename` and `output` are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    objs = Roots(objs)
    check_callable(
        filter=filter,
        highlight=highlight,
        extra_info=extra_info,
        extra_node_attrs=extra_node_attrs,
    )
    drawing = draw(objs, True, max_depth, too_many, extra_ignore, filter, collect)
    # Made after the walk, which would see it.
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)


def show_chain(
    *chains: Sequence[object],
    backrefs: bool = True,
    highlight: Callable[[Any], object] | None = None,
    filename: FilePath | None = None,
    extra_info: Callable[[Any], object] | None = None,
    refcounts: bool = False,
    shortnames: bool = True,
    output: TextIO | None = None,
    extra_node_attrs: Callable[[Any], Mapping[str, str | None]] | None = None,
    collect: bool = True,
) -> _core.Picture | None:
    """Draw chains of references, and nothing else.

    Args:
        *chains: What `find_backref_chain` or `find_ref_chain` returned.
        backrefs: Whether the last object of each chain is the one asked about, as
            `find_backref_chain` returns them, rather than the first.
        highlight: As for `show_backrefs`.
        filename: As for `show_backrefs`.
        extra_info: As for `show_backrefs`.
        refcounts: As for `show_backrefs`.
        shortnames: As for `show_backrefs`.
        output: As for `show_backrefs`.
        extra_node_attrs: As for `show_backrefs`.
        collect: Whether to collect garbage first.

    Returns:
        As `show_backrefs`.

    Raises:
        ValueError: If there is no chain with an object in it, or both `filename` and `output`
            are given.
        TypeError: If an argument is of the wrong type.
        OSError: If the file cannot be written; an existing one is then unchanged.
        RenderError: If the format cannot be drawn.
    """
    check_target(filename, output)
    check_callable(highlight=highlight, extra_info=extra_info, extra_node_attrs=extra_node_attrs)
    drawn = [objects for objects in map(chain_list, chains) if objects]
    if not drawn:
        message = "no chain to draw: pass what find_backref_chain or find_ref_chain returned"
        raise ValueError(message)
    if collect:
        gc.collect()
    drawing = _core.draw_chains(drawn, bool(backrefs))
    texts = Texts(highlight, extra_info, refcounts, shortnames, extra_node_attrs)
    return present(texts.finish(drawing), filename, output)
