"""The functions of `objgraph`, with its names, arguments and meanings.

``import heapgraph as objgraph`` or ``from heapgraph import objgraph`` is enough to switch. The
heap is walked once for each question, in compiled code.

"All objects" means those that the collector tracks, in its own order. A type name is short
(``dict``) or full (``builtins.dict``); where a name is asked for, a class may be given too.
"""

from heapgraph._chains import describe_chain, find_backref_chain, find_ref_chain
from heapgraph._core import is_proper_module, is_root
from heapgraph._counting import (
    at,
    at_addrs,
    by_type,
    count,
    growth,
    most_common_types,
    show_growth,
    show_most_common_types,
    typestats,
)
from heapgraph._graphs import show_backrefs, show_chain, show_refs

__all__ = [
    "at",
    "at_addrs",
    "by_type",
    "count",
    "describe_chain",
    "find_backref_chain",
    "find_ref_chain",
    "growth",
    "is_proper_module",
    "is_root",
    "most_common_types",
    "show_backrefs",
    "show_chain",
    "show_growth",
    "show_most_common_types",
    "show_refs",
    "typestats",
]
