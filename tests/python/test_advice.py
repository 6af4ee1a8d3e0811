"""Advice goes by what the holders are, and not by how they are called."""

from __future__ import annotations

import logging
import threading
import weakref
from types import SimpleNamespace
from typing import Any

import heapgraph
from heapgraph._advice import advice


class OwnLogger(logging.Logger):
    """A logger of the program's."""


class Held:
    """What is held somewhere."""

    def filter(self, _record: logging.LogRecord) -> bool:
        return True


shop: Any = SimpleNamespace()
own_logger = OwnLogger("own")


def test_advice_goes_by_the_class_of_the_owner() -> None:
    ours, theirs, local = Held(), Held(), Held()
    handler = logging.NullHandler()
    shop.filters, shop.handlers, shop.filters_by_user = [ours], [Held()], {"u": Held()}
    shop.threading = {"threading.": Held()}
    own_logger.addFilter(theirs)
    own_logger.addHandler(handler)
    threading.held = Held()  # type: ignore[attr-defined]
    threading._active["held"] = Held()  # type: ignore[attr-defined]
    owner, called = Held(), Held()
    finalizer = weakref.finalize(owner, called.filter, logging.makeLogRecord({}))
    registered = weakref.finalize._registry[finalizer]  # type: ignore[attr-defined]
    snapshot = heapgraph.take_snapshot()

    def told(target: object) -> str | None:
        return snapshot.why(id(target)).chains[0].chain.advice

    assert "removeFilter" in (told(theirs) or "")
    assert "removeHandler" in (told(handler) or "")
    assert "Join" in (told(threading._active["held"]) or "")  # type: ignore[attr-defined]
    assert told(threading.held) is None  # type: ignore[attr-defined]
    assert "detach()" in (told(registered) or "")
    for mine in (ours, shop.handlers[0], shop.filters_by_user["u"], shop.threading["threading."]):
        assert told(mine) is None
    chain = snapshot.why(id(ours)).chains[0].chain
    assert "Remove each element" in advice(chain, "builtins.list", f"{__name__}.Held")
    assert "Take the callback away" in advice(chain, "builtins.list", "builtins.method")
    assert local is not ours
    finalizer.detach()
    del threading.held, threading._active["held"]  # type: ignore[attr-defined]
