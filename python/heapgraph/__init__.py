"""What grows in a CPython heap, and what keeps it alive.

The functions have the names and meanings of `objgraph`; ``import heapgraph as objgraph`` works.

Examples:
    >>> import heapgraph
    >>> sessions = []
    >>> heapgraph.count("dict") > 0
    True
"""

from heapgraph._core import CaptureError, HeapGraphError, RenderError
from heapgraph.objgraph import (
    at,
    at_addrs,
    by_type,
    count,
    describe_chain,
    find_backref_chain,
    find_ref_chain,
    growth,
    is_proper_module,
    is_root,
    most_common_types,
    show_backrefs,
    show_chain,
    show_growth,
    show_most_common_types,
    show_refs,
    typestats,
)

__all__ = [
    "CaptureError",
    "HeapGraphError",
    "RenderError",
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

__version__ = "0.1.0"
