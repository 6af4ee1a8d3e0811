"""A reader of Graphviz's language, for what the tests ask of a drawing."""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|->|[\w.]+|[{}\[\]=;,]', re.DOTALL)


class DrawnEdge(NamedTuple):
    """A reference as it is drawn: the ends by what their tooltips say first."""

    holder: str
    held: str
    label: str


class Drawn:
    """A drawing, read back."""

    def __init__(self, source: str) -> None:
        """Read the source of a drawing; `ValueError` if it is none."""
        self.source = source
        self.nodes: dict[str, dict[str, str]] = {}
        self.links: list[tuple[str, str, dict[str, str]]] = []
        tokens = list(_tokens(source))
        assert tokens[:3] == ["digraph", "heapgraph", "{"], tokens[:3]
        assert tokens[-1] == "}"
        _read_statements(tokens[3:-1], self)

    @property
    def texts(self) -> list[str]:
        """What the tooltips of the nodes say, in drawing order."""
        return [attributes["tooltip"] for attributes in self.nodes.values()]

    @property
    def types(self) -> list[str]:
        """The first lines of `texts`: type names, or how many more there are."""
        return [text.split("\n")[0] for text in self.texts]

    @property
    def edges(self) -> list[DrawnEdge]:
        """The references, without those to nodes that stand for others."""
        first = {name: node["tooltip"].split("\n")[0] for name, node in self.nodes.items()}
        return [
            DrawnEdge(first[holder], first[held], attributes.get("label", ""))
            for holder, held, attributes in self.links
            if not (holder + held).startswith("more") and "more_" not in holder + held
        ]

    def node(self, text: str) -> dict[str, str]:
        """The attributes of the one node whose tooltip contains a text."""
        (found,) = (node for node in self.nodes.values() if text in node["tooltip"])
        return found


def drawn(show: Callable[..., object], *args: object, **options: object) -> Drawn:
    """What a function draws."""
    output = io.StringIO()
    assert show(*args, output=output, **options) is None
    return Drawn(output.getvalue())


def _tokens(source: str) -> Iterator[str]:
    position = 0
    while position < len(source):
        if source[position] == "<":
            end = _markup_end(source, position)
            lines = re.sub(r"<br/>", "\n", source[position + 1 : end - 1])
            yield '"' + html.unescape(re.sub(r"<[^>]*>", "", lines))
            position = end
            continue
        match = TOKEN.match(source, position)
        if match is None:
            raise ValueError(source[position : position + 40])
        position = match.end()
        token = match[0]
        if token.startswith('"'):
            yield '"' + re.sub(r"\\(.)", _unescaped, token[1:-1], flags=re.DOTALL)
        elif not token.isspace():
            yield token


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] == "\n":
        # The string goes on in the next line.
        return ""
    return "\n" if escape[1] in "nlr" else escape[1]


def _markup_end(source: str, start: int) -> int:
    depth = 0
    for position in range(start, len(source)):
        depth += {"<": 1, ">": -1}.get(source[position], 0)
        if depth == 0:
            return position + 1
    raise ValueError(source[start : start + 40])


def _read_statements(tokens: list[str], into: Drawn) -> None:
    statement: list[str] = []
    for token in tokens:
        if token != ";":
            statement.append(token)
            continue
        head = statement[: statement.index("[")] if "[" in statement else statement
        attributes = _attributes(statement[len(head) + 1 : -1])
        if len(head) == 3:
            into.links.append((head[0], head[2], attributes))
        elif head[0] not in ("graph", "node", "edge"):
            assert head[0] not in into.nodes
            into.nodes[head[0]] = attributes
        statement = []
    assert not statement, statement


def _attributes(tokens: list[str]) -> dict[str, str]:
    words = [token for token in tokens if token != ","]
    names, signs, values = words[::3], words[1::3], words[2::3]
    assert all(sign == "=" for sign in signs), words
    pairs = zip(names, values, strict=True)
    return {name.removeprefix('"'): value.removeprefix('"').strip() for name, value in pairs}
