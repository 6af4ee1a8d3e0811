"""Asks all there is to ask in a process with types that are not what they are called.

The first argument is the folder of the compiled module `borrowed_names`.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import heapgraph

sys.path.insert(0, sys.argv[1])
borrowed_names: Any = importlib.import_module("borrowed_names")

# All of the types visit what was an object once.
gc.disable()


class Held:
    """What the instances hold."""


class Holder:
    """Holds the instances in its attributes and as keys of a dict."""


held = Held()
instances: list[Any] = borrowed_names.instances(held)
derived = [type("Derived", (type(instance),), {}) for instance in instances]
unready = borrowed_names.unready_types()
holder = Holder()
for number, instance in enumerate(instances):
    setattr(holder, f"attribute_{number}", instance)
by_key = {instance: number for number, instance in enumerate(instances)}
asked = borrowed_names.times_asked()

snapshot = heapgraph.take_snapshot(values=True)
assert len(snapshot.find(obj=held)) == 1
assert {node.type_name for node in snapshot.find(type_name="borrowed_names.Unready")} == {
    "borrowed_names.Unready"
}
chain = heapgraph.find_backref_chain(held, heapgraph.is_proper_module)
assert chain[-1] is held
heapgraph.why(held)
assert heapgraph.count("Held") == 1
heapgraph.most_common_types(objects=gc.get_objects())
for instance in instances:
    heapgraph.why(instance)
    break
nodes = heapgraph.take_snapshot(collect=False).find(type_name="_io.BytesIO")
assert {node.shallow_size < 1000 for node in nodes if node.type_name == "_io.BytesIO"} == {True}
print(borrowed_names.times_asked() - asked)
