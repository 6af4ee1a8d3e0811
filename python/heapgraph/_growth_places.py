"""Where in the source of a program the names of a path are bound.

Reads attributes of modules without running their code.
"""

from __future__ import annotations

import re

from heapgraph._loaded_modules import loaded_module, names_of_module

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

_MOST_IMPORTS = 20
"""So many modules may hand on a name: each imports it from the next."""


def location_of(path: str) -> str | None:
    """File and line of what binds the names of a path, as far as they can be followed.

    A name that a module imports from another is looked for there; nothing is said of one that no
    statement of a module binds.
    """
    steps = re.split(r"\.|\[x\]|<", path)
    for length in range(len(steps), 0, -1):
        module = loaded_module(".".join(steps[:length]))
        if module is not None:
            return _line_of(module, steps[length:])
    return None


def _line_of(module: object, names: list[str]) -> str | None:
    import ast

    for _ in range(_MOST_IMPORTS):
        file = names_of_module(module).get("__file__")
        tree = _parsed(file)
        if tree is None or not names:
            return None
        scope: ast.AST = tree
        line = None
        for name in names:
            found = next((node for node in _statements(scope) if _binds(node, name)), None)
            if found is None:
                break
            scope, line = found, found.lineno
            if isinstance(found, ast.ImportFrom):
                break
        if line is None:
            return None
        if not isinstance(scope, ast.ImportFrom):
            return f"{file}:{line}"
        source = _source_of(module, scope)
        if source is None:
            return None
        module, names = source, [_name_there(scope, names[0]), *names[1:]]
    return None


def _parsed(file: object) -> ast.Module | None:
    import ast
    import tokenize

    if type(file) is not str or not file.endswith(".py"):
        return None
    try:
        with tokenize.open(file) as source:
            return ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return None


def _statements(scope: ast.AST) -> Iterator[ast.stmt]:
    """Those of a module or class, also below `if`, `try` and `with`."""
    import ast

    for node in ast.iter_child_nodes(scope):
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from _statements(node)
        elif isinstance(node, ast.stmt):
            yield node


def _binds(node: ast.stmt, name: str) -> bool:
    import ast

    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name == name
    if isinstance(node, ast.ImportFrom):
        return any(name == (alias.asname or alias.name) for alias in node.names)
    if isinstance(node, ast.Assign):
        targets = [target for top in node.targets for target in ast.walk(top)]
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _source_of(module: object, statement: ast.ImportFrom) -> object | None:
    """The module that a statement of another one imports from."""
    package = names_of_module(module).get("__package__")
    name = statement.module or ""
    if statement.level:
        if type(package) is not str:
            return None
        above = package.split(".")
        above = above[: len(above) - statement.level + 1]
        name = ".".join([*above, name] if name else above)
    return loaded_module(name)


def _name_there(statement: ast.ImportFrom, name: str) -> str:
    """What a name that a statement binds is called where it is from."""
    named = {alias.asname or alias.name: alias.name for alias in statement.names}
    return named[name]
