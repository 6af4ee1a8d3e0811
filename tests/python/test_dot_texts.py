"""Whatever an object says of itself, the source of its picture is Graphviz's language.

Texts come from `repr`, `extra_info`, keys of dicts (which label references) and extra attributes,
and are read back by a reader that has nothing in common with the writer.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import heapgraph
from dot_reader import Drawn

PIECES = [
    *(chr(code_point) for code_point in range(256)),
    *["\ud800", "\udfff", "\u202e", "\u2028", "\ufeff", "\uffff", "\U0010ffff", "é日本"],
    *["\r\n", "\\\n", "\\N", "\\G", "\\l", "&amp;", "&#65;", "&", "<b>", "</b>", "<br/>", "<!--"],
    *["-->", "->", "--", "a:b:ne", "/*", "*/", "//", "#", "];", "}", "{a|b}", '" + "', "]]>"],
    *["graph", "digraph", "subgraph", "node", "edge", "strict", "", " ", "  "],
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join)


class Said:
    """An object that says anything of itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def source_of(text: str, attribute: str) -> str:
    """A picture with a text wherever one can be."""
    output = io.StringIO()
    said = Said(text)
    heapgraph.show_refs(
        [{text: said}],
        max_depth=1,
        filter=lambda obj: obj is said,
        output=output,
        extra_info=lambda obj: text if obj is said else None,
        extra_node_attrs=lambda obj: {attribute: text} if obj is said else {},
    )
    return output.getvalue()


def shown(text: str) -> str:
    """What a reader sees of a text: characters without a shape of their own are spelled."""
    spelled = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(map(_shown_character, spelled))


def _shown_character(character: str) -> str:
    code_point = ord(character)
    if character in "\t\r":
        return {"\t": "\\t", "\r": "\\r"}[character]
    if character == "\n":
        return character
    if code_point < 32 or 127 <= code_point < 160:
        return f"\\x{code_point:02x}"
    if character in "\u200e\u200f\ufeff\ufffe\uffff" or "\u2028" <= character <= "\u202e":
        return f"\\u{code_point:04x}"
    if "\u2066" <= character <= "\u2069":
        return f"\\u{code_point:04x}"
    return character


def drawn_text(value: str) -> str:
    """An attribute as Graphviz draws it: it resolves entities, and so they are escaped."""
    return value.replace("&amp;", "&")


@settings(deadline=None, max_examples=30)
@given(TEXTS)
@example("x" * 1_000_000)
@example("\\" * 50_000)
@example("<" * 50_000)
@example("\n" * 50_000)
def test_texts_come_back(text: str) -> None:
    # Within brackets, as the reader does not keep blanks at the ends.
    drawing = Drawn(source_of(f"[{text}]", "comment"))
    expected = shown(f"[{text}]")
    (_, _, reference), *others = drawing.links
    assert not others
    assert reference["label"][:3] in ("['[", '["[')
    said = drawing.nodes["o1"]
    # In a tooltip Graphviz resolves backslashes twice.
    tooltip = drawn_text(said["tooltip"].replace("\\\\", "\\"))
    is_same = drawn_text(said["comment"]) == expected, tooltip.endswith(f"\n{expected}")
    assert is_same == (True, True)


@settings(deadline=None, max_examples=30)
@given(TEXTS, TEXTS)
def test_names_of_attributes_come_back(text: str, name: str) -> None:
    drawing = Drawn(source_of(text, f"[{name}]"))
    assert list(drawing.nodes) == ["o0", "o1"]
    assert shown(f"[{name}]") in map(drawn_text, drawing.nodes["o1"])


# It uses names of its parser that are going to be renamed.
@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=15)
@given(TEXTS)
def test_pydot_reads_it_too(text: str) -> None:
    pydot: Any = pytest.importorskip("pydot")
    (graph,) = pydot.graph_from_dot_data(source_of(text, "comment"))
    nodes = {node.get_name() for node in graph.get_nodes()} - {"graph", "node", "edge"}
    assert nodes == {"o0", "o1"}
    ((edge),) = graph.get_edges()
    assert (edge.get_source(), edge.get_destination()) == ("o0", "o1")
