"""Why objects are alive."""

from __future__ import annotations

import gc

from heapgraph import _core, _inspectors, _watch
from heapgraph._arguments import HELD_BY_CALL
from heapgraph._asker import asker


def why(target: object, *, limit: int = 3, collect: bool = True) -> _core.Why:
    """Explain why objects are alive: the chains that explain best, and everything that holds them.

    Takes a snapshot; to ask several questions of one moment, take it once and use its `why`.
    Only here the objects themselves are looked at: those whose use is over, those that are watched,
    and those of classes with an inspector.

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
    if _core.stands_for_others(target):
        question: object = target
        held = 0
    else:
        question, held = id(target), HELD_BY_CALL
    # What asks is not to be among the holders.
    del target
    if collect:
        gc.collect()
    return explain(question, limit=limit, collected=bool(collect), held_by_caller=held)


def explain(question: object, *, limit: int, collected: bool, held_by_caller: int = 0) -> _core.Why:
    """As `why`, of a class, a name or an address."""
    is_judged = _inspectors.has_inspectors() or _watch.has_watches()
    inspect = _verdicts_on if is_judged else None
    return _core.explain(question, limit, collected, held_by_caller, inspect, asker())


def _verdicts_on(obj: object) -> list[tuple[str, str]]:
    return _watch.verdicts_on(obj) + _inspectors.verdicts_on(obj)
