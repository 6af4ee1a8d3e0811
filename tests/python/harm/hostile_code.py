"""Code of a program, of hostile names: what is said of functions and blocks that are called."""

from __future__ import annotations

import contextlib
import functools
import warnings
from typing import TYPE_CHECKING, Any

import heapgraph
from gathered_texts import error_of, shown
from heapgraph import testing
from hostile_heap import EVIL, NAME, Type, module, objects, renamed_class

if TYPE_CHECKING:
    from collections.abc import Callable


def warnings_of_referents() -> list[str]:
    """Function and class are named in a warning, and in what was not seen."""

    def fail(_obj: object) -> None:
        raise ValueError(NAME)

    fail.__qualname__ = NAME
    heapgraph.register_referents(Type, fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        snapshot = heapgraph.take_snapshot()
    heapgraph.unregister_referents(Type)
    assert caught
    return [*(str(one.message) for one in caught), str(snapshot), str(snapshot.garbage())]


def words_of_inspectors() -> list[str]:
    """What inspectors give, and how they fail."""
    texts = []
    verdicts: list[Callable[[object], Any]] = [
        lambda _obj: heapgraph.Verdict.gone(EVIL),
        lambda _obj: heapgraph.Verdict.stays(EVIL),
        lambda obj: obj,
        lambda _obj: [][0],
    ]
    for inspect in verdicts:
        inspect.__qualname__ = NAME
        heapgraph.register_inspector(Type, inspect)
        answer = heapgraph.why(objects[0])
        texts += [*shown(answer), answer.draw().to_dot()]
    heapgraph.unregister_inspector(Type)
    return texts


def words_of_watch() -> list[str]:
    """A watched object, why it is there, and what can not be watched."""
    watch = heapgraph.watch(objects[5], EVIL)
    answer = watch.why()
    assert answer is not None
    assert heapgraph.watched()
    slotted = renamed_class(tuple)()
    return [repr(watch), *shown(answer), *error_of(heapgraph.watch, slotted)]


kept: list[object] = []
vars(module)["grows" + EVIL] = kept
growth = heapgraph.find_growth(lambda: kept.append(Type()), iterations=60, trace=True)

cache = functools.lru_cache(maxsize=100_000)(lambda number: [number])
vars(module)["cache" + EVIL] = cache
numbers = iter(range(10_000))
bounded = heapgraph.find_growth(lambda: cache(next(numbers)), iterations=60)


def words_of_growth() -> list[str]:
    """The reports and their paths."""
    paths = [*growth.growing, *bounded.bounded]
    assert len(paths) > 1
    texts = [*shown(growth), *shown(bounded)]
    for path in paths:
        texts += [repr(path), path.evidence, path.example or ""]
    return texts


def unready_loop() -> list[str]:
    """A loop that is left by an exception of a hostile class."""
    error = renamed_class(Exception)
    loop = heapgraph.GrowthLoop(loops=1, warmup=0)
    with contextlib.suppress(Exception), loop:
        for number in loop:
            if number == 3:
                raise error
    return [repr(loop).partition(" at ")[0], str(loop.report)]


def failing() -> None:
    """Raise an exception of a hostile class."""
    raise renamed_class(Exception)(NAME)


def words_of_block() -> list[str]:
    """A block under which something survives."""
    texts = []
    try:
        with testing.assert_no_growth():
            vars(module)["kept" + EVIL] = {NAME: [Type(), Type()]}
    except AssertionError as error:
        texts.append(str(error))
    texts += error_of(testing.assert_no_growth, lambda: kept.append(Type()))
    assert len(texts) > 2
    return texts
