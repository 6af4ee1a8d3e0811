"""What grows in a CPython heap, and what keeps it alive.

The functions have the names and meanings of `objgraph`; ``import heapgraph as objgraph`` works.

Examples:
    >>> import heapgraph
    >>> sessions = []
    >>> heapgraph.count("dict") > 0
    True
"""

from heapgraph._core import (
    CaptureError,
    CompiledHolders,
    CycleGroup,
    Cycles,
    Explanation,
    Garbage,
    GrowingPath,
    GrowthReport,
    HeapDiff,
    HeapGraphError,
    HeapSnapshot,
    HeldByCycle,
    Hint,
    NewObjects,
    NewPlace,
    Node,
    Owner,
    Picture,
    ProcessReports,
    Reference,
    ReferenceLeak,
    RenderError,
    RootChain,
    SnapshotError,
    Suspect,
    Suspects,
    TypeChange,
    TypeRetained,
    TypeTotal,
    UnexplainedReferences,
    UnexplainedTotal,
    Why,
    load_snapshot,
)
from heapgraph._cycles import find_cycles
from heapgraph._delta import Delta, DeltaRow, explain_delta
from heapgraph._find_growth import ScenarioError, find_growth, find_growth_in
from heapgraph._growth import why_new
from heapgraph._growth_loop import GrowthLoop
from heapgraph._inspectors import Verdict, register_inspector, unregister_inspector
from heapgraph._referents import register_referents, unregister_referents
from heapgraph._saving import save_on_signal
from heapgraph._snapshots import take_snapshot
from heapgraph._watch import Watch, watch, watched
from heapgraph._why import why
from heapgraph.objgraph import (
    Baseline,
    Chain,
    at,
    at_addrs,
    by_type,
    count,
    describe_chain,
    find_backref_chain,
    find_ref_chain,
    get_leaking_objects,
    get_new_ids,
    growth,
    is_proper_module,
    is_root,
    most_common_types,
    show_backrefs,
    show_chain,
    show_growth,
    show_most_common_types,
    show_refs,
    start_over,
    typestats,
)

__all__ = [
    "Baseline",
    "CaptureError",
    "Chain",
    "CompiledHolders",
    "CycleGroup",
    "Cycles",
    "Delta",
    "DeltaRow",
    "Explanation",
    "Garbage",
    "GrowingPath",
    "GrowthLoop",
    "GrowthReport",
    "HeapDiff",
    "HeapGraphError",
    "HeapSnapshot",
    "HeldByCycle",
    "Hint",
    "NewObjects",
    "NewPlace",
    "Node",
    "Owner",
    "Picture",
    "ProcessReports",
    "Reference",
    "ReferenceLeak",
    "RenderError",
    "RootChain",
    "ScenarioError",
    "SnapshotError",
    "Suspect",
    "Suspects",
    "TypeChange",
    "TypeRetained",
    "TypeTotal",
    "UnexplainedReferences",
    "UnexplainedTotal",
    "Verdict",
    "Watch",
    "Why",
    "at",
    "at_addrs",
    "by_type",
    "count",
    "describe_chain",
    "explain_delta",
    "find_backref_chain",
    "find_cycles",
    "find_growth",
    "find_growth_in",
    "find_ref_chain",
    "get_leaking_objects",
    "get_new_ids",
    "growth",
    "is_proper_module",
    "is_root",
    "load_snapshot",
    "most_common_types",
    "register_inspector",
    "register_referents",
    "save_on_signal",
    "show_backrefs",
    "show_chain",
    "show_growth",
    "show_most_common_types",
    "show_refs",
    "start_over",
    "take_snapshot",
    "typestats",
    "unregister_inspector",
    "unregister_referents",
    "watch",
    "watched",
    "why",
    "why_new",
]

__version__ = "0.1.0"
__author__ = "The heapgraph developers"
__copyright__ = "Copyright (c) 2026 The heapgraph developers"
__license__ = "MIT OR Apache-2.0"

_TYPE_CHECKING = False
if _TYPE_CHECKING:
    IS_INTERACTIVE: bool
else:

    def __getattr__(name: str) -> object:
        """Whether pictures are shown in a notebook, under objgraph's name for it."""
        if name == "IS_INTERACTIVE":
            from heapgraph import objgraph

            return objgraph.IS_INTERACTIVE
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
