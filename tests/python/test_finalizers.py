"""What `weakref.finalize` will call, in all that names what it holds."""

from __future__ import annotations

import sys
import types
import weakref
from typing import Any

import heapgraph


class Job:
    def close(self) -> None: ...


def shop_module() -> types.ModuleType:
    shop = types.ModuleType("shop")
    exec("def close(*_): pass\ndef log(*_): pass", shop.__dict__)
    return shop


def test_a_finalizer_says_whose_it_is_and_what_it_calls(monkeypatch: Any) -> None:
    shop = shop_module()
    monkeypatch.setitem(sys.modules, "shop", shop)
    job, other = Job(), Job()
    kept: list[list[object]] = [[], []]
    finalizers: list[weakref.finalize[..., Any]] = [
        weakref.finalize(job, shop.close, kept[0]),
        weakref.finalize(job, shop.log, kept[1]),
        weakref.finalize(job, other.close),
    ]
    calls = ["shop.close", "shop.log", f"{__name__}.Job.close"]
    expected = [
        f"weakref.finalize._registry[<a finalizer of class Job: calls {call}>]" for call in calls
    ]
    registry = weakref.finalize._registry  # type: ignore[attr-defined]
    infos = [id(registry[finalizer]) for finalizer in finalizers]
    snapshot = heapgraph.take_snapshot()
    explained = [snapshot.why(info).chains[0] for info in infos]
    assert [explanation.path for explanation in explained] == expected
    # Two leaks, of which one may be known.
    assert len({explanation.fingerprint for explanation in explained}) == len(calls)
    held = heapgraph.find_backref_chain(kept[0], lambda one: one is registry)
    first = heapgraph.describe_chain(held).splitlines()[0]
    assert first == f"<dict>{expected[0].removeprefix('weakref.finalize._registry')}.args[0]"
    for finalizer in finalizers:
        finalizer.detach()
