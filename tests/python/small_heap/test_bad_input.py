"""Wrong arguments, each with a message that says what to pass; objects that lie or raise."""

from __future__ import annotations

import io
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import heapgraph
from alone import run_alone
from dot_reader import drawn
from hostile_objects import FalseText
from raising import raising

if TYPE_CHECKING:
    from collections.abc import Callable

SHOW = (heapgraph.show_refs, heapgraph.show_backrefs)
FIND = (heapgraph.find_ref_chain, heapgraph.find_backref_chain)
CALLBACKS = ("filter", "highlight", "extra_info", "extra_node_attrs")


def test_unknown_types_are_no_error() -> None:
    for name in ("", "no such type", "no.such.Type", "\ud800", "\0"):
        assert heapgraph.count(name) == 0
        assert heapgraph.by_type(name) == []


def test_types_are_names_or_classes() -> None:
    wrongs: list[Any] = [None, 3, b"dict", ["dict"]]
    for ask, wrong in product((heapgraph.count, heapgraph.by_type), wrongs):
        with raising(TypeError, r"a type name \(str\) or a class"):
            ask(wrong)


def test_wrong_numbers() -> None:
    for show in SHOW:
        for name in ("max_depth", "too_many"):
            for wrong in (None, "3", 2.5):
                with raising(TypeError, f"{name} must be an integer.*large one"):
                    show([], **{name: wrong})  # type: ignore[arg-type]
    for find in FIND:
        with raising(TypeError, r"max_depth must be an integer"):
            find([], bool, max_depth=None)  # type: ignore[arg-type]


def test_negative_and_huge_numbers() -> None:
    assert drawn(heapgraph.show_refs, {1: 2}, max_depth=-1).types == ["dict"]
    assert "2 more referents" in drawn(heapgraph.show_refs, {1: 2}, too_many=-5).types
    assert len(drawn(heapgraph.show_refs, {1: 2}, 10**40, too_many=10**40).types) == 3
    for find in FIND:
        assert find([[]], lambda obj: obj == [], max_depth=-1)[1:] == []


def test_ids_are_asked_for() -> None:
    for wrong in (["x"], [object()], 3, None):
        for show in SHOW:
            with raising(TypeError, r"extra_ignore .* ids of objects"):
                show([], extra_ignore=wrong)  # type: ignore[arg-type]
        for find in FIND:
            with raising(TypeError, r"extra_ignore .* ids of objects"):
                find([], bool, extra_ignore=wrong)  # type: ignore[arg-type]
        with raising(TypeError, r"address_set .* ids of objects"):
            heapgraph.at_addrs(wrong)  # type: ignore[arg-type]
    with raising(TypeError, r"addr takes ids of objects"):
        heapgraph.at("x")  # type: ignore[arg-type]


def test_functions_are_asked_for() -> None:
    for find in FIND:
        for wrong in (None, 3):
            with raising(TypeError, r"predicate must be a function of one object"):
                find([], wrong)  # type: ignore[arg-type]
    for show in SHOW:
        for name in CALLBACKS:
            with raising(TypeError, f"{name} must be a function of one object"):
                show([], **{name: 3})  # type: ignore[arg-type]
    with raising(TypeError, r"filter must be a function"):
        heapgraph.typestats(filter=3)  # type: ignore[arg-type]


def test_files() -> None:
    with TemporaryDirectory() as folder:
        assert_files_are_refused(Path(folder))


def assert_files_are_refused(tmp_path: Path) -> None:
    for show in (*SHOW, heapgraph.show_chain):
        with raising(ValueError, r"Cannot specify both output and filename"):
            show([1], filename="a.dot", output=io.StringIO())
        with raising(FileNotFoundError) as caught:
            show([1], filename=tmp_path / "no" / "a.svg")
        assert isinstance(caught.error, FileNotFoundError)
        assert caught.error.filename == str(tmp_path / "no" / "a.svg")
        with raising(TypeError, r"output must be an open text file"):
            show([1], output="a.dot")  # type: ignore[arg-type]
        with raising(TypeError, r"os.PathLike"):
            show([1], filename=3)  # type: ignore[arg-type]
    (tmp_path / "d.svg").mkdir()
    with raising(IsADirectoryError):
        heapgraph.show_refs([1], filename=tmp_path / "d.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["d.svg"]


def test_chains() -> None:
    nothings: list[list[Any]] = [[], [[]], [(), []]]
    for nothing in nothings:
        with raising(ValueError, r"no chain to draw: pass what find_backref_chain"):
            heapgraph.show_chain(*nothing)
    with raising(ValueError, r"the chain is empty: pass what find_backref_chain"):
        heapgraph.describe_chain([])
    with raising(TypeError, r"a chain is a list of objects"):
        heapgraph.show_chain(3)  # type: ignore[arg-type]
    with raising(TypeError, r"a chain is a list of objects"):
        heapgraph.describe_chain(None)  # type: ignore[arg-type]


def test_chains_that_have_come_apart() -> None:
    inner: list[object] = []
    outer = [inner]
    chain = heapgraph.find_ref_chain(outer, lambda obj: obj is inner)
    outer.clear()
    assert "no reference any more" in heapgraph.describe_chain(chain)
    (edge,) = drawn(heapgraph.show_chain, chain).edges
    assert edge.label == "no reference any more"
    assert heapgraph.describe_chain([3, "x", None])


class Said:
    def __init__(self, said: Any) -> None:
        self.said = said

    def __repr__(self) -> Any:
        return self.said() if callable(self.said) else self.said


def interrupted() -> str:
    raise KeyboardInterrupt


def failing() -> str:
    raise ZeroDivisionError


def test_hostile_objects() -> None:
    run_alone("hostile_objects")


def test_objects_without_a_repr() -> None:
    for said in (failing, 3, None, lambda: [][0]):
        assert drawn(heapgraph.show_refs, Said(said), 0).texts == ["Said\n(unrepresentable)"]
        assert "(unrepresentable)" in heapgraph.describe_chain([Said(said)])


def test_an_interrupted_repr_is_not_covered_up() -> None:
    with raising(KeyboardInterrupt):
        heapgraph.show_refs(Said(interrupted), output=io.StringIO())
    with raising(KeyboardInterrupt):
        heapgraph.describe_chain([Said(interrupted)])


STRANGE = [
    *("\ud800 lone", FalseText("false"), "x" * 10**6),
    *('"<\\>&\n\0\x1b', "", "{|}", "}];\ndigraph"),
]


def test_strange_texts() -> None:
    with TemporaryDirectory() as folder:
        for said in STRANGE:
            show_strange_text(said, Path(folder))


def show_strange_text(said: str, tmp_path: Path) -> None:
    obj = Said(said)
    assert len(drawn(heapgraph.show_refs, obj, 0).texts[0]) < 200
    drawn(heapgraph.show_refs, obj, 0, extra_info=lambda _: said, shortnames=False)
    drawn(heapgraph.show_refs, {said: said}, 1)
    heapgraph.describe_chain([{said: obj}, obj])
    for ending in ("svg", "png", "dot"):
        heapgraph.show_refs(obj, 0, filename=tmp_path / f"a.{ending}")


def test_extra_info_may_be_anything_that_has_a_text() -> None:
    for info in (None, 3, [1], FalseText("x")):
        texts = drawn(heapgraph.show_refs, [[1]], 0, extra_info=lambda _, info=info: info).texts
        assert texts[0].count("\n") == 2
    with raising(ZeroDivisionError):
        drawn(heapgraph.show_refs, [[1]], 0, extra_info=lambda _: Said(failing))


def giving(attrs: Any) -> Callable[[object], Any]:
    return lambda _: attrs


def test_extra_node_attrs_return_texts() -> None:
    wrongs: list[Any] = [None, 3, [("a", "b")], {1: "a"}, {"a": 1}, {"a": FalseText("x")}]
    for wrong in wrongs:
        with raising(TypeError, r"extra_node_attrs must return a dict"):
            heapgraph.show_refs([[]], extra_node_attrs=giving(wrong), output=io.StringIO())


def test_extra_node_attrs_may_be_strange() -> None:
    strange = {"a b": '"]; x', "": "y", "\ud800": "\ud800", "label": "own", "shape": "record"}
    drawn(heapgraph.show_refs, [[]], 0, extra_node_attrs=lambda _: strange)


def test_what_cannot_be_iterated() -> None:
    asks: list[Callable[[Any], object]] = [
        heapgraph.typestats,
        lambda objects: heapgraph.count("x", objects),
    ]
    for ask in asks:
        with raising(TypeError, r"not iterable"):
            ask(3)
