"""What to try about something that grows or survives."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapgraph import GrowingPath, RootChain

OF_CYCLES = (
    "The collector never frees it: break the cycle when its objects are done with, or make one of "
    "its references weak."
)

_BY_KIND = {
    "bytes": "Cut it, or start it anew, when its contents are used.",
    "references": "A reference is taken and not given back: look for a missing Py_DECREF in the "
    "compiled code that handles this object.",
    "outside": "Look for what is registered and never taken away again: atexit, at-fork and other "
    "callbacks of compiled code.",
    "cycles": OF_CYCLES,
    "blocks": "Objects that only compiled code knows: with tracemalloc.start() before the test, "
    "the lines that allocate them are named.",
    "native": "Memory of a compiled library: close or free what each iteration opens.",
}

_BY_CAUSE = {
    "fragmentation": "Free memory lies between what is in use: make fewer small allocations that "
    "live for long among others that do not, or try MALLOC_ARENA_MAX=2 or another allocator.",
    "mapping": "Close what maps memory: files, shared memory, a library's own pools.",
}
"""Where memory that no Python object explains has gone."""

_CALLBACKS = frozenset(["builtins.function", "builtins.method", "functools.partial"])

_OF_CALLBACKS = "Take the callback away again when its owner is done, or hold it weakly."

_BY_TYPE = {
    "builtins.dict": "Delete each entry when it is done with, hold the values in a "
    "weakref.WeakValueDictionary, or give the cache a limit.",
    "builtins.list": "Remove each element when it is done with, or keep the last ones only, in a "
    "collections.deque with maxlen.",
    "builtins.set": "Discard each element when it is done with, or hold them in a weakref.WeakSet.",
    "collections.deque": "Give the deque a maxlen, or take out what is done with.",
    "functools._lru_cache_wrapper": "Give the cache a maxsize, or call its cache_clear; on a "
    "method it keeps every self.",
}

_LRU_CACHE = "functools._lru_cache_wrapper"


def advice(chain: RootChain, type_name: str, element: str | None = None) -> str:
    """What to try about what a chain leads to.

    Args:
        chain: Why it is alive. What the classes of the holders ask for comes first.
        type_name: The full name of the type of the container.
        element: That of what there is more of in it, if that is known.
    """
    if chain.advice is not None:
        return chain.advice
    if chain.root_kind == "frame" and len(chain) > 1:
        return "A local variable of a running function holds it: `del` it, or let its function end."
    if any(node.type_name == _LRU_CACHE for node in chain.nodes[-3:]):
        return _BY_TYPE[_LRU_CACHE]
    if element in _CALLBACKS and type_name in _BY_TYPE:
        return _OF_CALLBACKS
    return _BY_TYPE.get(type_name, "Cut this reference when the object is done with.")


def advice_on_growth(path: GrowingPath) -> str:
    """What to try about what grows."""
    if path.kind == "native" and path.type_name in _BY_CAUSE:
        return _BY_CAUSE[path.type_name]
    by_kind = _BY_KIND.get(path.kind)
    if by_kind is not None:
        return by_kind
    if path.advice is not None:
        return path.advice
    if path.path.startswith("<frame "):
        return "A local variable of a running function holds it: `del` it, or let its function end."
    elements = sorted(path.elements.items(), key=lambda row: (-row[1], row[0]))
    if elements and elements[0][0] in _CALLBACKS and path.type_name in _BY_TYPE:
        return _OF_CALLBACKS
    return _BY_TYPE.get(path.type_name, "Cut this reference when the object is done with.")
