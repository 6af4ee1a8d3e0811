"""A program with secrets in the keys of dicts, and names beside them, that saves two snapshots.

Arguments: the file without keys, the file with them.
"""

from __future__ import annotations

import collections
import contextvars
import functools
import sys
import types

import heapgraph


def secret(name: str) -> str:
    """A text that no code has as it is."""
    return "-".join(["secret", name])


class App:
    """Has secrets in the keys of its dicts."""

    registry: dict[str, object]

    def __init__(self) -> None:
        self.sessions = {
            secret("str"): [1],
            (secret("tuple"), 1): [2],
            secret("bytes").encode(): [3],
        }
        self.numbers = {4242424242: [4]}
        self.counted = collections.Counter({secret("counter"): 1})
        self.ordered = collections.OrderedDict({secret("ordered"): [5]})
        self.default = collections.defaultdict(list, {secret("default"): [6]})
        self.proxy = types.MappingProxyType({secret("proxy"): [7]})
        self.nested = {"plain key": {secret("nested"): {secret("deeper")}}}


class Bag:
    """Takes any text for the name of an attribute."""

    def __init__(self, attributes: dict[str, object]) -> None:
        vars(self).update(attributes)


class Slotted:
    """Has a dict that is in its own place."""

    __slots__ = ("__dict__",)


class Row(tuple[int, ...]):
    """Of any length, with a dict behind it."""


@functools.cache
def unbounded(key: str) -> list[str]:
    """Keep results in a dict."""
    return [key[:2]]


@functools.lru_cache(maxsize=10)
def bounded(key: str) -> list[str]:
    """Keep results in links."""
    return [key[:2]]


def main() -> None:
    """Make all of it and save."""
    app = App()
    sys.modules["app-data"] = types.ModuleType("app-data")
    vars(sys.modules["app-data"]).update({"held": app, secret("module"): [8]})
    app.bag = Bag({"plain_attribute": [9], secret("attribute"): [10]})  # type: ignore[attr-defined]
    app.space = types.SimpleNamespace(**{"fine": [11], secret("space"): [12]})  # type: ignore[attr-defined]
    slotted, row = Slotted(), Row((1, 2))
    vars(slotted).update({"in_dict": [13], secret("slotted"): [14]})
    vars(row).update({"of_row": [15], secret("row"): [16]})
    main.kept = [slotted, row]  # type: ignore[attr-defined]
    vars(main)[secret("function")] = [17]
    type.__setattr__(App, "registry", {secret("class"): [18]})
    unbounded(secret("cached"))
    bounded(secret("linked"))
    variable: contextvars.ContextVar[object] = contextvars.ContextVar("variable_name")
    variable.set({secret("context"): [19]})
    namespace: dict[str, object] = {secret("exec"): [20]}
    exec("def function(): pass", namespace)
    main.function = namespace["function"]  # type: ignore[attr-defined]
    heapgraph.take_snapshot(keys=False).save(sys.argv[1])
    heapgraph.take_snapshot().save(sys.argv[2])
    print(heapgraph.take_snapshot(keys=False).find_chain(app.sessions[secret("str")]))


if __name__ == "__main__":
    main()
