"""The functions of `objgraph`, with its names, arguments and meanings.

``import heapgraph as objgraph`` or ``from heapgraph import objgraph`` is enough to switch. The
heap is walked once for each question, in compiled code.

"All objects" means those that the collector tracks, in its own order. A type name is short
(``dict``) or full (``builtins.dict``); where a name is asked for, a class may be given too.
"""

from __future__ import annotations

from heapgraph._chains import Chain, describe_chain, find_backref_chain, find_ref_chain
from heapgraph._core import is_proper_module, is_root
from heapgraph._counting import (
    at,
    at_addrs,
    by_type,
    count,
    get_leaking_objects,
    most_common_types,
    show_most_common_types,
    typestats,
)
from heapgraph._graphs import show_backrefs, show_chain, show_refs
from heapgraph._growth import Baseline, get_new_ids, growth, show_growth, start_over

__all__ = [
    "Baseline",
    "Chain",
    "at",
    "at_addrs",
    "by_type",
    "count",
    "describe_chain",
    "find_backref_chain",
    "find_ref_chain",
    "get_leaking_objects",
    "get_new_ids",
    "growth",
    "is_proper_module",
    "is_root",
    "most_common_types",
    "show_backrefs",
    "show_chain",
    "show_growth",
    "show_most_common_types",
    "show_refs",
    "start_over",
    "typestats",
]

_TYPE_CHECKING = False
if _TYPE_CHECKING:
    IS_INTERACTIVE: bool
    __version__: str
    __author__: str
    __copyright__: str
    __license__: str
else:

    def __getattr__(name: str) -> object:
        """What a program may read of objgraph that is no function."""
        if name == "IS_INTERACTIVE":
            from heapgraph.display import _in_notebook

            return _in_notebook()
        if name in ("__version__", "__author__", "__copyright__", "__license__"):
            import heapgraph

            return getattr(heapgraph, name)
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
