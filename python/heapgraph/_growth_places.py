"""Where in a program something grows: limits that it names, and definitions.

Reads attributes of the program's objects without running its code.
"""

from __future__ import annotations

import re
from collections import deque
from functools import _lru_cache_wrapper

from heapgraph._loaded_modules import loaded_module, names_of_module

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
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


def location_of(path: str) -> str | None:
    """File and line of what binds the names of a path, as far as they can be followed."""
    steps = re.split(r"\.|\[x\]|<", path)
    for length in range(len(steps), 0, -1):
        module = loaded_module(".".join(steps[:length]))
        if module is not None:
            return _line_of(module, steps[length:])
    return None


def _line_of(module: object, names: list[str]) -> str | None:
    import ast
    import tokenize

    file = names_of_module(module).get("__file__")
    if type(file) is not str or not file.endswith(".py"):
        return None
    try:
        with tokenize.open(file) as source:
            scope: ast.AST = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return file
    line = None
    for name in names:
        found = next((node for node in ast.iter_child_nodes(scope) if _binds(node, name)), None)
        if found is None:
            break
        scope, line = found, getattr(found, "lineno", None)
    return file if line is None else f"{file}:{line}"


def _binds(node: ast.AST, name: str) -> bool:
    import ast

    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name == name
    if isinstance(node, ast.Assign):
        targets = [target for top in node.targets for target in ast.walk(top)]
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
