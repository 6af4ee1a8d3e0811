"""Names of attributes that hang directly under instances (3.11 and later), against what was set."""

from __future__ import annotations

import gc
import random
import sys
from typing import Any

import pytest

import heapgraph
from heapgraph._core import Node, named_referents

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="every instance with attributes has a dict"
)


class Held:
    """A value of attributes."""


def computed(chance: random.Random) -> str:
    """A name that no code mentions."""
    return f"computed_{chance.randrange(60)}"


def some_classes(chance: random.Random, values: list[Held]) -> list[type]:
    """Classes that hold the same values under the same names as instances may."""
    classes: list[type] = []
    for number in range(12):
        bases = (chance.choice(classes),) if classes and chance.random() < 0.5 else ()
        names = [computed(chance) for _ in range(chance.randrange(6))]
        namespace = {name: chance.choice(values) for name in names}
        classes.append(type(f"Class{number}", bases, namespace))
    return classes


def some_attributes(chance: random.Random, values: list[Held], instance: object) -> dict[str, Held]:
    """Sets attributes, and takes some back; those that are left."""
    own: dict[str, Held] = {}
    for _ in range(chance.randrange(50 if chance.random() < 0.1 else 8)):
        name = computed(chance)
        if name in own and chance.random() < 0.5:
            delattr(instance, name)
            del own[name]
        else:
            own[name] = chance.choice(values)
            setattr(instance, name, own[name])
    if chance.random() < 0.1:
        vars(instance)
    return own


def attributes_of(node: Node) -> set[tuple[str, int]]:
    """What a snapshot shows under an instance, and in its dict."""
    shown = set()
    for reference in node.referents:
        if reference.name == ".__dict__":
            entries = reference.node.referents
            values = [entry for entry in entries if entry.name.startswith("[")]
            shown |= {(f".{value.name[2:-2]}", value.node.address) for value in values}
        elif reference.name != ".__class__":
            shown.add((reference.name, reference.node.address))
    return shown


@pytest.mark.parametrize("seed", range(3))
def test_each_has_the_name_that_it_was_set_under(seed: int) -> None:
    chance = random.Random(seed)
    values = [Held() for _ in range(8)]
    classes = some_classes(chance, values)
    instances: list[Any] = [chance.choice(classes)() for _ in range(60)]
    own = [some_attributes(chance, values, instance) for instance in instances]
    snapshot = heapgraph.take_snapshot()
    for instance, attributes in zip(instances, own, strict=True):
        expected = {(f".{name}", id(value)) for name, value in attributes.items()}
        (node,) = snapshot.find(obj=instance)
        assert attributes_of(node) == expected
    for instance in instances[:3]:
        (node,) = snapshot.find(obj=instance)
        alone = [(name, id(referent)) for name, referent in named_referents(instance)]
        assert alone == [(shown.name, shown.node.address) for shown in node.referents]


def test_the_value_of_a_class_attribute_under_a_computed_name() -> None:
    shared = Held()
    instance = type("Session", (), {"default": shared})()
    setattr(instance, "".join(["own", "_name"]), shared)
    (node,) = heapgraph.take_snapshot().find(obj=instance)
    assert [name for name, held in named_referents(instance) if held is shared] == [".own_name"]
    assert (".own_name", id(shared)) in attributes_of(node)


def dicts_made_by_asking() -> int:
    """How many more dicts there are once an attribute under a computed name was named."""
    instance = type("Session", (), {})()
    setattr(instance, "".join(["made", "_up"]), Held())
    gc.collect()
    before = heapgraph.count("dict")
    heapgraph.take_snapshot()
    assert ".made_up" in [name for name, _ in named_referents(instance)]
    return heapgraph.count("dict") - before


def test_no_dict_is_made_for_a_name() -> None:
    dicts_made_by_asking()  # What is made when the first question is asked.
    assert dicts_made_by_asking() == 0
