"""The limits that containers of a program keep to.

Reads attributes of the program's objects without running its code.
"""

from __future__ import annotations

from collections import deque
from functools import _lru_cache_wrapper

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 2**63
"""A limit that no container comes to, and that is too large for the compiled part."""


def find_limits(
    watched: list[tuple[int, list[object], list[object]]],
) -> Iterator[tuple[int, int, str]]:
    """For each watched path that keeps to a limit: its number, the limit and where it is from.

    Limits that attributes name are found by the compiled part, in the snapshot.
    """
    for number, containers, owners in watched:
        found = _limit_of_deques(containers) or _limit_of_caches(owners)
        if found is not None and found[0] < _LARGEST:
            yield number, *found


def _limit_of_deques(containers: list[object]) -> tuple[int, str] | None:
    """How much deques may have together."""
    limits = [one.maxlen if type(one) is deque else None for one in containers]
    return _sum(limits, "deque.maxlen")


def _limit_of_caches(owners: list[object]) -> tuple[int, str] | None:
    """How many results caches may have together, which are in the dicts that they own."""
    caches = {id(one): one for one in owners}.values()
    limits = [
        one.cache_parameters()["maxsize"] if type(one) is _lru_cache_wrapper else None
        for one in caches
    ]
    return _sum(limits, "lru_cache maxsize")


def _sum(limits: list[int | None], source: str) -> tuple[int, str] | None:
    """All limits together, if nothing is without one."""
    known = [limit for limit in limits if limit is not None]
    return (sum(known), source) if limits and len(known) == len(limits) else None
