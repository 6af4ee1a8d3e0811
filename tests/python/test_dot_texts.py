"""Whatever an object says of itself, the source of its picture is Graphviz's language.

Texts come from `repr`, `extra_info`, keys of dicts (which label references) and extra attributes,
and are read back by a reader that has nothing in common with the writer. All texts of a test are in
one picture.
"""

from __future__ import annotations

import io
import random
import sys
from typing import Any

import pytest

import heapgraph
from dot_reader import Drawn
from heapgraph import _core

PIECES = [
    *(chr(code_point) for code_point in range(256)),
    *["\ud800", "\udfff", "\u202e", "\u2028", "\ufeff", "\uffff", "\U0010ffff", "é日本"],
    *["\r\n", "\\\n", "\\N", "\\G", "\\l", "&amp;", "&#65;", "&", "<b>", "</b>", "<br/>", "<!--"],
    *["-->", "->", "--", "a:b:ne", "/*", "*/", "//", "#", "];", "}", "{a|b}", '" + "', "]]>"],
    *["graph", "digraph", "subgraph", "node", "edge", "strict", "", " ", "  "],
]


def random_texts(seed: int, count: int) -> list[str]:
    """Texts of pieces that mean something to somebody, and of any other characters."""
    choice = random.Random(seed)

    def piece() -> str:
        if choice.random() < 0.5:
            return choice.choice(PIECES)
        return "".join(chr(choice.randint(0, sys.maxunicode)) for _ in range(choice.randint(0, 3)))

    return ["".join(piece() for _ in range(choice.randint(0, 8))) for _ in range(count)]


class Said:
    """An object that says anything of itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def source_of(texts: list[str], attributes: list[str]) -> str:
    """A picture with each text wherever one can be, and with an attribute of that name."""
    output = io.StringIO()
    said = [Said(text) for text in texts]
    attribute_of = dict(zip(map(id, said), attributes, strict=True))
    heapgraph.show_refs(
        [{one.text: one} for one in said],
        max_depth=1,
        filter=lambda obj: type(obj) is Said,
        output=output,
        extra_info=lambda obj: obj.text if type(obj) is Said else None,
        extra_node_attrs=lambda obj: {attribute_of[id(obj)]: obj.text} if type(obj) is Said else {},
    )
    return output.getvalue()


def shown(text: str) -> str:
    """What a reader sees of a text: characters without a shape of their own are spelled."""
    return "\n".join(map(_core.one_line, text.split("\n")))


def drawn_text(value: str) -> str:
    """An attribute as Graphviz draws it: it resolves entities, and so they are escaped."""
    return value.replace("&amp;", "&")


def test_texts_come_back() -> None:
    texts = random_texts(1, 300)
    texts += ["", "x" * 1_000_000, *(character * 50_000 for character in "\\<\n")]
    # Within brackets, as the reader does not keep blanks at the ends.
    texts = [f"[{text}]" for text in texts]
    drawing = Drawn(source_of(texts, ["comment"] * len(texts)))
    for text, (_, held, reference) in zip(texts, drawing.links, strict=True):
        expected = shown(text)
        assert reference["label"][:3] in ("['[", '["[')
        said = drawing.nodes[held]
        # In a tooltip Graphviz resolves backslashes twice.
        tooltip = drawn_text(said["tooltip"].replace("\\\\", "\\"))
        is_same = drawn_text(said["comment"]) == expected, tooltip.endswith(f"\n{expected}")
        assert is_same == (True, True)


def test_names_of_attributes_come_back() -> None:
    texts = random_texts(2, 300)
    names = [f"[{name}]" for name in random_texts(3, 300)]
    drawing = Drawn(source_of(texts, names))
    assert len(drawing.nodes) == 600
    for name, (_, held, _) in zip(names, drawing.links, strict=True):
        assert shown(name) in map(drawn_text, drawing.nodes[held])


# It uses names of its parser that are going to be renamed.
@pytest.mark.filterwarnings("ignore")
def test_pydot_reads_it_too() -> None:
    pydot: Any = pytest.importorskip("pydot")
    source = source_of(random_texts(4, 15), ["comment"] * 15)
    (graph,) = pydot.graph_from_dot_data(source)
    nodes = {node.get_name() for node in graph.get_nodes()} - {"graph", "node", "edge"}
    assert nodes == {f"o{number}" for number in range(30)}
    edges = {(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()}
    assert edges == {(link[0], link[1]) for link in Drawn(source).links}
    assert len(edges) == 15
