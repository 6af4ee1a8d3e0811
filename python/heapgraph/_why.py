"""Why objects are alive."""

from __future__ import annotations

import gc
import sys

from heapgraph import _core

# Up to 3.10 the value stack of the caller holds the arguments of a call until it returns.
_HELD_BY_CALL = 1 if sys.version_info < (3, 11) else 0


def why(target: object, *, limit: int = 3, collect: bool = True) -> _core.Why:
    """Explain why objects are alive: the chains that explain best, and everything that holds them.

    Takes a snapshot; to ask several questions of one moment, take it once and use its `why`.

    Args:
        target: An object; or a type name or a class, and then all of its objects: those that are
            held in the same way are one explanation; or what `id` gave for an object.
        limit: How many explanations to give.
        collect: Whether to collect garbage first.

    Returns:
        The answer: its `str` is a text to read line by line, its `chains` are the data, and a
        notebook shows it with a picture.

    Raises:
        KeyError: If there is no object at the address.
        CaptureError: As for `take_snapshot`.

    Examples:
        >>> import colorsys
        >>> print(why(colorsys.rgb_to_hsv).chains[0].path)
        colorsys.rgb_to_hsv
    """
    kind = type(target)
    if issubclass(kind, type) or kind is str or kind is int:
        question: object = target
        held = 0
    else:
        question, held = id(target), _HELD_BY_CALL
    # What asks is not to be among the holders.
    del target
    if collect:
        gc.collect()
    address = question if held and type(question) is int else 0
    snapshot = _core.take_snapshot(bool(collect), True, False, False, address, held)
    return snapshot.why(question, limit)
