"""A search that finds nothing can be told from one that is met at once."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import heapgraph
from heapgraph import Chain


class Target:
    pass


HELD = Target()


def never(_: object) -> bool:
    return False


def test_nothing_found() -> None:
    target = Target()
    for find in (heapgraph.find_ref_chain, heapgraph.find_backref_chain):
        chain = find(target, never)
        assert chain == [target]
        assert chain.found is False
    assert heapgraph.find_backref_chain(object(), heapgraph.is_proper_module).found is False


def test_found_at_once() -> None:
    target = Target()
    for find in (heapgraph.find_ref_chain, heapgraph.find_backref_chain):
        chain = find(target, lambda obj: obj is target)
        assert chain == [target]
        assert chain.found is True
    assert heapgraph.find_backref_chain(heapgraph, heapgraph.is_proper_module).found is True


def test_found_further_on() -> None:
    chain = heapgraph.find_backref_chain(HELD, heapgraph.is_proper_module)
    assert chain.found is True
    assert heapgraph.find_ref_chain([HELD], lambda obj: obj is HELD).found is True


def test_a_chain_is_a_list() -> None:
    chain = heapgraph.find_ref_chain([HELD], lambda obj: obj is HELD)
    assert isinstance(chain, list)
    assert type(chain) is Chain
    assert chain == list(chain) == [[HELD], HELD]
    assert repr(chain) == repr(list(chain))
    assert chain[-1] is HELD
    assert not hasattr(chain, "__dict__")
    assert Chain() == []
    assert Chain().found is False


def test_a_chain_may_be_drawn_and_described() -> None:
    chain = heapgraph.find_backref_chain(HELD, heapgraph.is_proper_module)
    assert heapgraph.describe_chain(chain) == heapgraph.describe_chain(list(chain))
    drawn: list[str] = []
    for drawable in (chain, list(chain)):
        out = io.StringIO()
        heapgraph.show_chain(drawable, output=out)
        drawn.append(out.getvalue())
    assert drawn[0] == drawn[1]


def test_a_chain_may_be_copied() -> None:
    chain = Chain(["a", 1], found=True)
    copies: list[Any] = [copy.copy(chain), copy.deepcopy(chain), pickle.loads(pickle.dumps(chain))]
    for copied in copies:
        assert copied == chain
        assert copied.found is True
