"""What is held in order to ask explains nothing while something else holds the object too."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Item:
    """What is asked about."""


@pytest.fixture
def shop() -> Iterator[Any]:
    """A module that holds three items in a list, and one in an attribute."""
    module: Any = types.ModuleType("shop_of_hands")
    sys.modules["shop_of_hands"] = module
    module.items = [Item() for _ in range(3)]
    yield module
    del sys.modules["shop_of_hands"]


def told(answer: heapgraph.Why) -> tuple[str, list[str], list[str]]:
    """The path, what of the asker's alone leads there, and what of his was left out."""
    (explanation,) = answer.chains
    return explanation.path, explanation.asker, [words for words, _ in answer.left_out]


def ask(item: object) -> tuple[str, list[str], list[str]]:
    return told(heapgraph.why(item, collect=False))


class Owner:
    def __init__(self, item: Item) -> None:
        self.item = item

    def ask(self) -> tuple[str, list[str], list[str]]:
        return ask(self.item)


def by_variable(shop: Any) -> tuple[str, list[str], list[str]]:
    mine = shop.items[1]
    return told(heapgraph.why(mine, collect=False))


def by_argument(shop: Any) -> tuple[str, list[str], list[str]]:
    return ask(shop.items[1])


def by_list(shop: Any) -> tuple[str, list[str], list[str]]:
    del shop
    found = heapgraph.by_type(Item)
    found.sort(key=id)
    kept = {"found": found}
    return told(heapgraph.why(kept["found"][0], collect=False))


def by_loop(shop: Any) -> tuple[str, list[str], list[str]]:
    del shop
    for item in heapgraph.by_type(Item):
        answer = told(heapgraph.why(item, collect=False))
    return answer


def by_comprehension(shop: Any) -> tuple[str, list[str], list[str]]:
    del shop
    return [ask(item) for item in heapgraph.by_type(Item)][1]


def by_closure(shop: Any) -> tuple[str, list[str], list[str]]:
    mine = shop.items[1]

    def inner() -> Item:
        found: Item = mine
        return found

    return told(heapgraph.why(inner(), collect=False))


def by_coroutine(shop: Any) -> tuple[str, list[str], list[str]]:
    async def main() -> tuple[str, list[str], list[str]]:
        mine = shop.items[1]
        await asyncio.sleep(0)
        return told(heapgraph.why(mine, collect=False))

    return asyncio.run(main())


@pytest.mark.parametrize(
    "way",
    [
        by_variable,
        by_argument,
        by_list,
        by_loop,
        by_comprehension,
        by_closure,
        by_coroutine,
    ],
)
def test_the_holder_comes_first(
    way: Callable[[Any], tuple[str, list[str], list[str]]], shop: Any
) -> None:
    path, asker, left_out = way(shop)
    assert path.startswith("shop_of_hands.items[")
    assert asker == []
    assert left_out


def test_an_attribute_of_self_is_a_holder(shop: Any) -> None:
    owner = Owner(Item())
    path, asker, left_out = owner.ask()
    assert path.endswith(".item")
    assert "self" in path or "owner" in path
    assert (asker, left_out) == ([], ["your variable `item`"])
    shop.owner = owner
    assert owner.ask()[0] == "shop_of_hands.owner.item"


def test_a_variable_that_alone_holds_is_the_answer() -> None:
    mine = Item()
    path, asker, left_out = told(heapgraph.why(mine))
    assert path.endswith("<local mine>")
    assert asker == ["your variable `mine`"]
    assert left_out == []
    assert "Only your variable `mine` leads to it." in str(heapgraph.why(mine))


def test_a_list_that_was_given_alone_holds(shop: Any) -> None:
    found = heapgraph.by_type(Item)
    shop.items.clear()
    path, asker, _ = told(heapgraph.why(Item))
    assert path.endswith("<local found>[0]")
    assert asker == ["your variable `found`"]
    assert len(found) == 3


def test_all_that_are_alike_are_freed_by_one_reference(shop: Any) -> None:
    mine = shop.items[2]
    answer = heapgraph.why(Item)
    (explanation,) = answer.chains
    assert explanation.alike == 3
    assert [holder.path for holder in explanation.common_holders] == ["shop_of_hands.items"]
    freed, one = explanation.common_freed_size, explanation.freed_size
    assert freed is not None
    assert one is not None
    assert freed >= 3 * one
    assert "Cutting shop_of_hands.items frees all 3 of them: " in str(answer)
    assert str(answer).endswith("and your variable `mine`, which holds one of them\n")
    data = answer.to_dict()
    assert data["left_out"] == [{"holder": "your variable `mine`", "objects": 1}]
    assert data["explanations"][0]["common_holders"]["freed"]["bytes"] == freed
    del mine


def test_chains_pass_over_a_variable(shop: Any) -> None:
    mine = shop.items[1]
    for predicate in (heapgraph.is_proper_module, heapgraph.is_root):
        chain = heapgraph.find_backref_chain(mine, predicate)
        assert chain[0] is shop
        text = heapgraph.describe_chain(chain)
        assert text.splitlines()[0] == "shop_of_hands.items[1]"
        assert text.endswith("\nand your variable `mine`")
    # A predicate of the caller's own knows of no asker.
    frame = sys._getframe()
    chain = heapgraph.find_backref_chain(mine, lambda obj: obj is frame)
    assert chain[0] is frame
    text = heapgraph.describe_chain(chain)
    assert "\nthat is your variable `mine`" in text


def test_a_picture_has_a_variable_only_if_there_is_nothing_else(shop: Any) -> None:
    def picture(item: Item) -> str:
        from io import StringIO

        output = StringIO()
        heapgraph.show_backrefs([item], max_depth=2, output=output)
        return output.getvalue()

    assert "frame" not in picture(shop.items[1])
    mine = Item()
    assert "frame" in picture(mine)


def test_a_snapshot_knows_who_asks(shop: Any) -> None:
    mine, found = shop.items[1], heapgraph.by_type(Item)
    snapshot = heapgraph.take_snapshot()
    path, asker, left_out = told(snapshot.why(mine))
    assert (path, asker) == ("shop_of_hands.items[1]", [])
    assert left_out == ["your variable `mine`"]
    chain = snapshot.find_chain(mine)
    assert chain is not None
    assert chain.path == "shop_of_hands.items[1]"
    # What lists that were given out hold is not theirs alone.
    (node,) = snapshot.find(obj=found)
    assert node.retained_size == node.shallow_size


# Prints a line for each question: what holds an item, and what was left out.
PROGRAM = """
import sys, types
import heapgraph
shop = sys.modules["shop"] = types.ModuleType("shop")
exec("class Item: pass\\nitems = [Item() for _ in range(3)]", vars(shop))
def ask(answer):
    (one,) = answer.chains
    print(one.path, one.asker, [words for words, _ in answer.left_out])
"""


def test_the_global_variables_of_a_program_are_its_askers() -> None:
    program = PROGRAM + (
        "mine = shop.items[1]\n"
        "ask(heapgraph.why(mine))\n"
        "def inside():\n"
        "    ask(heapgraph.why(mine))\n"
        "inside()\n"
        "mine = None\n"
        "loner = shop.Item()\n"
        "ask(heapgraph.why(loner))\n"
    )
    expected = (
        "shop.items[1] [] ['your variable `mine`']\n"
        "shop.items[1] [] ['your variable `mine`']\n"
        "__main__.loner ['your variable `loner`'] []\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (expected, "")
