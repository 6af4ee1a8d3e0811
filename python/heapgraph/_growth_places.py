"""Where in a program something grows: limits that it names, and definitions.

Reads attributes of the program's objects without running its code.
"""

from __future__ import annotations

import re
import sys

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

_LIMIT = re.compile(
    r"_*(max|maxlen|maxsize|maxitems|maxentries|max_?(size|len|length|entries|items|count|keys)"
    r"|maximum_size|size_limit|limit|capacity|cache_size|cachesize)",
    re.IGNORECASE,
)
"""Names of attributes that say how much a container may hold."""


def find_limits(
    watched: list[tuple[int, list[object], list[object]]],
) -> Iterator[tuple[int, int, str]]:
    """For each watched path with a limit: its number, the limit and where it is from."""
    for number, containers, owners in watched:
        for container in containers:
            found = _own_limit(container)
            if found is None:
                found = next(filter(None, map(_own_limit, owners)), None)
            if found is not None and found[0] >= length_of(container):
                yield number, *found
                break


def _own_limit(container: object) -> tuple[int, str] | None:
    from collections import deque
    from functools import _lru_cache_wrapper

    if type(container) is deque and container.maxlen is not None:
        return container.maxlen, "deque.maxlen"
    if type(container) is _lru_cache_wrapper:
        limit = container.cache_parameters()["maxsize"]
        if limit is not None:
            return limit, "lru_cache maxsize"
    return _named_limit(container)


def _named_limit(owner: object) -> tuple[int, str] | None:
    """A limit among the attributes of an instance or among the keys of a dict of attributes."""
    if type(owner) is dict:
        if "__name__" in owner:
            # The globals of a module; `sys.maxsize` is no limit.
            return None
        attributes = owner
    else:
        try:
            attributes = object.__getattribute__(owner, "__dict__")
        except AttributeError:
            return None
        if isinstance(owner, type) or type(attributes) is not dict:
            return None
    for name, limit in list(attributes.items()):
        if type(name) is str and type(limit) is int and _LIMIT.fullmatch(name):
            return limit, f"attribute {name}"
    return None


def length_of(container: object) -> int:
    is_sized = type(container) in (list, dict, set, frozenset, tuple, bytearray)
    return len(container) if is_sized else 0  # type: ignore[arg-type]


def location_of(path: str) -> str | None:
    """File and line of what binds the names of a path, as far as they can be followed."""
    steps = re.split(r"\.|\[x\]|<", path)
    for length in range(len(steps), 0, -1):
        module = sys.modules.get(".".join(steps[:length]))
        if module is not None:
            return _line_of(module, steps[length:])
    return None


def _line_of(module: object, names: list[str]) -> str | None:
    import ast
    import tokenize

    file = getattr(module, "__dict__", {}).get("__file__")
    if not isinstance(file, str) or not file.endswith(".py"):
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
