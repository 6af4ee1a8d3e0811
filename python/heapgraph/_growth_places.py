"""Where in a program something grows: named limits, definitions, and the lines that insert.

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
    from types import FrameType, TracebackType
    from typing import Any

    from typing_extensions import Self

    from heapgraph import _core

_LIMIT = re.compile(
    r"_*(max|maxlen|maxsize|maxitems|maxentries|max_?(size|len|length|entries|items|count|keys)"
    r"|maximum_size|size_limit|limit|capacity|cache_size|cachesize)",
    re.IGNORECASE,
)
"""Names of attributes that say how much a container may hold."""

_MOST_PLACES = 3
_SAMPLED = 20


def find_limits(
    watched: list[tuple[int, list[object], list[object]]],
) -> Iterator[tuple[int, int, str]]:
    """For each watched path with a limit: its number, the limit and where it is from."""
    for number, containers, owners in watched:
        for container in containers:
            found = _own_limit(container)
            if found is None:
                found = next(filter(None, map(_own_limit, owners)), None)
            if found is not None and found[0] >= _length(container):
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


def _length(container: object) -> int:
    is_sized = type(container) in (list, dict, set, frozenset, tuple, bytearray)
    return len(container) if is_sized else 0  # type: ignore[arg-type]


def find_sources(
    report: _core.GrowthReport, inserted: dict[str, list[str]]
) -> dict[str, tuple[str | None, list[str], list[str]]]:
    """For each path: where it is defined, where it grows and where its elements are made."""
    return {
        row.path: (_location(row.path), inserted.get(row.path, []), _allocations(row))
        for row in [*report.growing, *report.bounded]
    }


def _location(path: str) -> str | None:
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


def _allocations(row: _core.GrowingPath) -> list[str]:
    """The lines where the last elements of a container were allocated, while `tracemalloc` runs."""
    import tracemalloc

    if not tracemalloc.is_tracing():
        return []
    from collections import Counter

    from heapgraph import at_addrs

    holder = row.holder
    if holder is None:
        return []
    # A list is traversed from its end, a dict from its start.
    referents = holder.referents
    ends = [*referents[:_SAMPLED], *referents[-_SAMPLED:]]
    held = [reference.node.address for reference in ends]
    lines: Counter[str] = Counter()
    for element in at_addrs(held):
        traceback = tracemalloc.get_object_traceback(element)
        if traceback is not None:
            lines[f"{traceback[-1].filename}:{traceback[-1].lineno}"] += 1
    return [line for line, _ in lines.most_common(_MOST_PLACES)]


class inserting_lines:  # noqa: N801 - used as a function
    """Finds, in its `with` block, the lines after which a watched container holds more.

    Traces every line of the thread, so that is slow; a tracing function that was there before is
    put back in the end.
    """

    def __init__(self, history: _core.GrowthHistory) -> None:
        """Look at what `history` watches."""
        from collections import Counter

        self._paths = [
            (history.spelled(number), [one for one in containers if _is_sized(one)])
            for number, containers, _ in history.watched_objects()
        ]
        self._lengths = [self._length(containers) for _, containers in self._paths]
        self._lines: list[Counter[str]] = [Counter() for _ in self._paths]
        self._last: str | None = None

    def __enter__(self) -> Self:
        """Begin to trace."""
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End, and let go of the containers."""
        sys.settrace(self._before)
        self._look()
        self._paths = [(path, []) for path, _ in self._paths]

    def by_path(self) -> dict[str, list[str]]:
        """For each path its lines, those first that insert most often."""
        return {
            path: [line for line, _ in lines.most_common(_MOST_PLACES)]
            for (path, _), lines in zip(self._paths, self._lines, strict=True)
        }

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401
        self._look()
        if event == "return" and frame.f_back is not None:
            # The line that called goes on.
            frame = frame.f_back
        code = frame.f_code
        self._last = f"{code.co_filename}:{frame.f_lineno} in {code.co_name}"
        return self._trace

    def _look(self) -> None:
        for position, (_, containers) in enumerate(self._paths):
            length = self._length(containers)
            if length > self._lengths[position] and self._last is not None:
                self._lines[position][self._last] += 1
            self._lengths[position] = length

    @staticmethod
    def _length(containers: list[object]) -> int:
        return sum(map(_length, containers))


def _is_sized(container: object) -> bool:
    return type(container) in (list, dict, set, bytearray)
