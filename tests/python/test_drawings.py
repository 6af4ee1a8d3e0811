"""Pictures of what is around some objects: what is in them, and where they go."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import types
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

import heapgraph
from alone import run_alone
from dot_reader import Drawn, drawn

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Named:
    # Without a dict, which would be one reference more where instances always have one.
    __slots__ = ("held", "name")

    def __init__(self, name: str, held: object = None) -> None:
        self.name = name
        self.held = held

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Finalized(Named):
    def __del__(self) -> None:
        """Only to be there."""


KEPT: dict[str, Any] = {}


def is_named(obj: object) -> bool:
    return isinstance(obj, Named)


def repr_texts(drawing: Drawn) -> list[str]:
    return [text.split("\n")[1] for text in drawing.texts if "\n" in text]


SHOW = (heapgraph.show_refs, heapgraph.show_backrefs)


@pytest.fixture
def family() -> list[Named]:
    """Each holds the next."""
    people = [Named(f"p{n}") for n in range(5)]
    for holder, held in itertools.pairwise(people):
        holder.held = held
    return people


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_max_depth(family: list[Named], depth: int) -> None:
    picture = drawn(heapgraph.show_refs, family[0], max_depth=depth, filter=is_named)
    assert repr_texts(picture) == [f"<p{n}>" for n in range(depth + 1)]
    picture = drawn(heapgraph.show_backrefs, family[4], max_depth=depth, filter=is_named)
    assert repr_texts(picture) == [f"<p{4 - n}>" for n in range(depth + 1)]
    assert all(edge == ("Named", "Named", ".held") for edge in picture.edges)
    assert len(picture.edges) == depth


def test_every_reference_has_a_name() -> None:
    leaf = Named("leaf")
    KEPT["leaf"] = leaf
    slots = type("Slots", (), {"__slots__": ("held",)})()
    slots.held = leaf
    holders = [leaf, (leaf,), {leaf}, {"k": leaf}, {leaf: 1}, slots, lambda: leaf, leaf.__repr__]
    for show in SHOW:
        roots = [leaf, *holders, family, sys.modules[__name__], Named, [holders]]
        picture = drawn(show, roots, max_depth=3)
        assert all(edge.label for edge in picture.edges), picture.source
    KEPT.clear()


def test_lists_and_tuples_are_several_roots(family: list[Named]) -> None:
    class Pair(tuple[object, ...]):
        pass

    for kind in (list, tuple, Pair):
        container = kind(family[:2])
        for show in SHOW:
            picture = drawn(show, container, max_depth=1)
            assert repr_texts(picture)[:2] == ["<p0>", "<p1>"]
            # The container asked with is no part of the answer.
            assert f"{kind.__name__}\n2 items" not in picture.texts
    for other in ({1}, {"a": 1}, frozenset([1])):
        assert drawn(heapgraph.show_refs, other, max_depth=0).types == [type(other).__name__]
    assert drawn(heapgraph.show_refs, [], max_depth=3).nodes == {}


def test_the_tool_is_not_in_the_picture() -> None:
    target = Named("target")

    def look(obj: object) -> bool:
        return True

    options: dict[str, Any] = {"filter": look, "highlight": look, "extra_info": str}
    for root in (target, look):
        for asked in (root, [root], (root,)):
            picture = drawn(heapgraph.show_backrefs, asked, max_depth=2, too_many=50, **options)
            assert "heapgraph" not in "".join(repr_texts(picture)[1:])
            own = {"Texts", "Roots", "Drawing", "list_iterator"}
            assert not own & set(picture.types)


def test_reference_counts_are_those_of_the_program() -> None:
    only = Named("only")
    # Called plainly: with `*` or `**` the interpreter holds the arguments in a tuple as well.
    outputs = [io.StringIO() for _ in range(7)]
    heapgraph.show_refs(only, max_depth=0, refcounts=True, output=outputs[0])
    heapgraph.show_backrefs(only, 0, (), None, 10, None, None, None, True, True, outputs[1])
    heapgraph.show_backrefs([only], max_depth=0, refcounts=True, output=outputs[2])
    heapgraph.show_backrefs((only,), max_depth=0, refcounts=True, output=outputs[3])
    several = [only]
    heapgraph.show_refs(several, max_depth=0, refcounts=True, output=outputs[4])
    heapgraph.show_chain(several, refcounts=True, output=outputs[5])
    heapgraph.show_chain([only], several, refcounts=True, output=outputs[6])
    named = [Drawn(output.getvalue()).types for output in outputs]
    assert named == [["Named [1]"]] * 7
    del several

    inner = [only]
    pair = drawn(heapgraph.show_refs, [inner], max_depth=1, refcounts=True)
    assert pair.types == ["list [1]", "Named [2]"]
    # From 3.12 `None` is immortal, and its count is no count.
    count = drawn(heapgraph.show_refs, None, refcounts=True).types[0]
    assert (count == "NoneType [immortal]") == (sys.version_info >= (3, 12))


def test_backrefs_stop_at_modules() -> None:
    KEPT["leaf"] = Named("leaf")
    picture = drawn(heapgraph.show_backrefs, KEPT["leaf"], max_depth=9, too_many=3)
    modules = {name for name, node in picture.nodes.items() if "module\n" in node["tooltip"]}
    assert modules
    assert not any(held in modules for _, held, _ in picture.links)
    assert drawn(heapgraph.show_backrefs, sys, max_depth=3).types == ["module"]
    assert len(drawn(heapgraph.show_refs, sys, max_depth=2).nodes) > 5
    KEPT.clear()


@pytest.mark.parametrize("too_many", [0, 1, 7, 100])
def test_what_is_too_much_is_counted(too_many: int) -> None:
    target = Named("target")
    hub = [Named(f"h{n}", target) for n in range(20)]
    shown = min(too_many, 20)
    picture = drawn(heapgraph.show_backrefs, target, 1, (), is_named, too_many)
    assert len(repr_texts(picture)) == 1 + shown
    more = [name for name in picture.types if "more" in name]
    assert more == ([f"{20 - shown} more referrers"] if shown < 20 else [])
    hub[:] = []

    tail = [Named(f"t{n}") for n in range(20)]
    picture = drawn(heapgraph.show_refs, dict(enumerate(tail)), 1, (), is_named, 19)
    assert [name for name in picture.types if "more" in name] == ["1 more referent"]


def test_references_between_drawn_objects_are_not_dropped() -> None:
    target = Named("target")
    loop: list[Any] = [target, [target]]
    loop += [[target, loop] for _ in range(3)]
    picture = drawn(heapgraph.show_refs, [loop, target], too_many=1, filter=lambda o: o is not loop)
    assert ("list", "Named", "[0]") in picture.edges


def test_filter_and_extra_ignore(family: list[Named]) -> None:
    asked: list[object] = []
    drawn(heapgraph.show_refs, family[0], filter=lambda obj: asked.append(obj))
    assert family[0] not in asked
    picture = drawn(heapgraph.show_refs, [family[0]], 9, [id(family[1])], is_named)
    assert repr_texts(picture) == ["<p0>"]
    picture = drawn(heapgraph.show_refs, family[0], 9, {id(family[1]), -3, 2**90}, is_named)
    assert repr_texts(picture) == ["<p0>"]


def test_marks(family: list[Named]) -> None:
    picture = drawn(
        heapgraph.show_refs,
        family[0],
        filter=is_named,
        shortnames=False,
        highlight=lambda obj: obj is family[1],
        extra_info=lambda obj: f"extra {obj.name}\nlines",
        extra_node_attrs=lambda obj: {"URL": f"#{obj.name}", "shape": None, "fillcolor": "red"},
    )
    assert picture.texts[1] == f"{__name__}.Named\n<p1>\nextra p1\nlines"
    assert picture.node("<p1>")["URL"] == "#p1"
    assert picture.node("<p1>")["fillcolor"] == "red"
    plain = drawn(heapgraph.show_refs, family[0], filter=is_named)
    marked = drawn(
        heapgraph.show_refs, family[0], filter=is_named, highlight=lambda obj: obj is family[1]
    )
    differing = [n for n in plain.nodes if plain.nodes[n] != marked.nodes[n]]
    assert differing == ["o1"]
    finalized = drawn(heapgraph.show_refs, Finalized("f"), max_depth=0)
    assert "__del__" in finalized.source


def test_chains_are_drawn_alone(family: list[Named]) -> None:
    first = heapgraph.find_ref_chain(family[0], lambda obj: obj is family[3])
    second = heapgraph.find_ref_chain(family[1], lambda obj: obj is family[4])
    for backrefs in (True, False):
        picture = drawn(heapgraph.show_chain, first, second, backrefs=backrefs)
        texts = repr_texts(picture)
        assert sorted(set(texts) - {"1 item", "2 items"}) == [f"<p{n}>" for n in range(5)]
        assert all(edge.label for edge in picture.edges)
        assert len(picture.links) == len(set(map(id, [*first, *second]))) - 1
    assert drawn(heapgraph.show_chain, [], first).texts == drawn(heapgraph.show_chain, first).texts


def test_files(family: list[Named], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for ending in ("dot", "svg", "png", "SVG"):
        for name in (str(tmp_path / f"a.{ending}"), tmp_path / f"b.{ending}"):
            heapgraph.show_refs(family[0], filename=name, filter=is_named)
            kind = f"Graph written to {name} (4 nodes)" if ending == "dot" else None
            assert capsys.readouterr().out == f"{kind or f'Image generated as {name}'}\n"
    assert (
        len(Drawn((tmp_path / "a.dot").read_text(encoding="utf-8")).nodes) == 4
    )  # and not the fifth, beyond the usual depth
    for name in ("a.svg", "b.SVG"):
        root = ElementTree.parse(tmp_path / name).getroot()
        assert root.tag.endswith("svg")
        assert "<p0>" in "".join(root.itertext())
    assert (tmp_path / "b.png").read_bytes().startswith(PNG_SIGNATURE)
    assert len(list(tmp_path.iterdir())) == 8


def test_no_file_is_left_half_written(family: list[Named], tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    file.write_text("old")

    def fail(obj: object) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        heapgraph.show_refs(family, filename=file, extra_info=fail)
    with pytest.raises(ZeroDivisionError):
        heapgraph.show_refs(family, filename=file, filter=fail)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_other_endings_need_graphviz(
    family: list[Named], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(heapgraph.RenderError, match=r"install Graphviz"):
        heapgraph.show_refs(family, filename=tmp_path / "a.pdf")
    with pytest.raises(heapgraph.RenderError, match=r"\.svg"):
        heapgraph.show_refs(family, filename=tmp_path / "ending")
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_a_temporary_one_is_named(
    family: list[Named],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert heapgraph.show_backrefs(family[2]) is None
    (file,) = tmp_path.iterdir()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"Graph written to {file} (")
    assert file.suffix == ".svg"
    assert file.stat().st_mode & 0o777 == 0o600
    ElementTree.parse(file)
    heapgraph.show_backrefs(family[2])
    assert len(list(tmp_path.iterdir())) == 2


def test_in_a_notebook_the_picture_is_returned(
    family: list[Named], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shells = {name: type(name, (), {})() for name in ("ZMQShell", "TerminalInteractiveShell")}
    ipython = types.ModuleType("IPython.core.getipython")
    monkeypatch.setitem(sys.modules, ipython.__name__, ipython)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # While it is being imported it has no such function.
    assert heapgraph.show_refs(family) is None
    ipython.__dict__["get_ipython"] = lambda: shells["TerminalInteractiveShell"]
    assert heapgraph.show_refs(family) is None
    ipython.__dict__["get_ipython"] = lambda: shells["ZMQShell"]
    for show in (*SHOW, heapgraph.show_chain):
        picture = show(family)
        assert picture is not None
        ElementTree.fromstring(picture._repr_svg_())
        assert picture.to_png().startswith(PNG_SIGNATURE)
    assert heapgraph.show_refs(family, filename=os.fspath(tmp_path / "a.dot")) is None
    assert heapgraph.show_refs(family, output=io.StringIO()) is None


@pytest.mark.parametrize("callback", ["filter", "highlight", "extra_info", "extra_node_attrs"])
def test_callbacks_may_change_the_heap(callback: str) -> None:
    for show in SHOW:
        run_alone("changing_heap", show.__name__, callback)


DETERMINISM = (Path(__file__).parent / "same_picture.py").read_text(encoding="utf-8")


def test_pictures_and_chains_are_the_same_in_every_run() -> None:
    printed = set()
    for seed in range(4):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(
            [sys.executable, "-c", DETERMINISM],
            capture_output=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed.add(done.stdout)
    assert len(printed) == 1
    assert len(printed.pop()) > 10_000


def test_drawings_of_deep_structures() -> None:
    leaf = Named("leaf")
    outer: Any = leaf
    for _ in range(50_000):
        outer = (outer,)
    pieces = {1: outer}
    try:
        picture = heapgraph.show_refs(pieces, 10**9, output=(output := io.StringIO()))
        assert picture is None
        assert output.getvalue().count("->") >= 50_000
        chain = heapgraph.find_backref_chain(leaf, lambda obj: obj is pieces, 10**9)
        heapgraph.show_chain(chain, output=(output := io.StringIO()))
        assert output.getvalue().count("->") == 50_001
    finally:
        del chain
        pieces.clear()
