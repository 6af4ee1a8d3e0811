"""What survives a block and is kept by somebody else than the program, and by which rule.

The rules are in one file, of which `_core.EXCUSES` is the text. Those that name an owner are looked
up where the chains are. What needs more than a chain is written here, under the name of its rule.
"""

from __future__ import annotations

import json
import sys
from typing import NamedTuple

from heapgraph import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import FrameType

    from heapgraph import HeapSnapshot, Node, RootChain

_OWN_PACKAGES = ("heapgraph", "pytest_heapgraph")

_RUNNERS = ("_pytest", "pluggy", "anyio", "trio", "outcome", "hypothesis", "pytest_asyncio")
"""Packages whose functions call tests."""

_FIRST_STEPS = 3
"""So far from a module of the standard library what is called a cache is its own."""

_LRU_CACHE = "functools._lru_cache_wrapper"

_FIRST_USE_TABLES = ("codecs that were looked up", "subclasses of ")
"""Roots of the interpreter in which something is left by its first use."""

_TABLES_OF_IMPORTS = ("functions called at a fork", "functions called at exit")
"""Roots of the interpreter in which modules of the standard library leave something."""


_TEXTS = frozenset(["builtins.str", "builtins.bytes", "builtins.bytearray"])
"""What compiled code may hold; of other types, an array or a date, it has lost what stays."""

_BUFFER = "_io.StringIO"

_HIDDEN = "<hidden>"
"""The reference to what a compiled object does not show."""

_KEEP_OWN = frozenset(rule["id"] for rule in json.loads(_core.EXCUSES) if rule.get("own"))
"""Rules about what may be of the program's classes."""


class Excused(NamedTuple):
    """Something that was found and excused."""

    path: str
    rule: str


def running_calls() -> frozenset[int]:
    """The frames that call the block and do not belong to the program, by address.

    Those of the standard library, as an event loop or unittest, and of what runs tests. Frames of
    the program are left out: what a caller of the block keeps is kept by the program.
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - as public as it gets
    while frame is not None and _package(frame) in _OWN_PACKAGES:
        frame = frame.f_back
    calls = set()
    while frame is not None:
        package = _package(frame)
        if package in sys.stdlib_module_names or package in _RUNNERS:
            calls.add(id(frame))
        frame = frame.f_back
    return frozenset(calls)


def _passed_on(snapshot: HeapSnapshot, calls: Iterable[int]) -> Iterator[int]:
    """The addresses of the variables of some frames, of what these hold, and of items of tuples."""
    for call in calls:
        for frame in snapshot.find(address=call):
            for variable in frame.referents:
                if variable.name.startswith("local "):
                    yield variable.node.address
                    for held in variable.node.referents:
                        yield held.node.address
                        if held.node.type_name == "builtins.tuple":
                            yield from (item.node.address for item in held.node.referents)


def _package(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name.partition(".")[0] if type(name) is str else ""


class Excuses:
    """Tells for the survivors of one block whether somebody else keeps them, and notes it."""

    __slots__ = (
        "_arguments",
        "_before",
        "_calls",
        "_imported",
        "_modules",
        "_new",
        "used",
    )

    def __init__(
        self,
        before: _core.CapturedHeap,
        modules: frozenset[str],
        imported: frozenset[int],
        calls: frozenset[int],
        new: Mapping[int, Node],
        snapshot: HeapSnapshot,
    ) -> None:
        """Take what is known of the block.

        Args:
            before: The heap before it.
            modules: The names of the modules then.
            imported: The addresses of the namespaces of modules that were imported since.
            calls: What `running_calls` gives, before and now.
            new: What is new, by address.
            snapshot: The heap now.
        """
        self._before = before
        self._modules = modules
        self._imported = imported
        self._calls = calls
        self._new = new
        self._arguments = frozenset(_passed_on(snapshot, calls))
        self.used: list[Excused] = []

    def excuse(self, chain: RootChain, survivors: Iterable[Node]) -> bool:
        """Whether a rule excuses what a chain leads to; a rule that does is noted."""
        rule = self._rule(chain, list(survivors))
        if rule is None:
            return False
        self.used.append(Excused(chain.path, rule))
        return True

    def _rule(self, chain: RootChain, survivors: list[Node]) -> str | None:
        if chain.root_kind == "module" and chain.root_name not in self._modules:
            return "imported"
        if "<subclasses>" in chain.references:
            return "subclasses"
        if self._is_running_call(chain):
            return "running-call"
        if chain.references and chain.references[0].startswith("local @py_"):
            return "assertion-values"
        if chain.root_kind in ("external", "interpreter", "atexit"):
            return self._rule_of_interpreter(chain, survivors)
        rule = chain.excuse(["test-tool"])
        if rule is not None:
            return rule
        if _is_in_buffer(chain):
            return "compiled-buffers"
        rule = chain.excuse(["first-use"]) or self._rule_of_library(chain, survivors)
        if rule is None or (rule not in _KEEP_OWN and self._has_own(survivors)):
            return None
        return rule

    def _is_running_call(self, chain: RootChain) -> bool:
        """Whether a chain begins in a call that runs the block, or in the arguments of one."""
        root = chain.nodes[0]
        if root.address in self._calls:
            return True
        # Up to 3.10 an argument is on the stack of the caller too.
        if chain.root_kind == "external" and root.address in self._arguments:
            return True
        is_tuple = chain.root_kind == "external" and root.type_name == "builtins.tuple"
        # Compiled code holds what it calls, with arguments that variables of the call lead to.
        return is_tuple and all(held.node.address in self._arguments for held in root.referents)

    def _rule_of_interpreter(self, chain: RootChain, survivors: list[Node]) -> str | None:
        if chain.root_name.startswith(_TABLES_OF_IMPORTS):
            return "interpreter-tables" if self._imported else None
        if chain.root_name.startswith(_FIRST_USE_TABLES):
            return "interpreter-tables"
        is_buffer = all(node.type_name in _TEXTS for node in survivors)
        return "compiled-buffers" if is_buffer else None

    def _rule_of_library(self, chain: RootChain, survivors: list[Node]) -> str | None:
        """The rule by which the standard library keeps what a chain from it leads to."""
        top = chain.root_name.partition(".")[0]
        if chain.root_kind != "module" or top not in sys.stdlib_module_names:
            return None
        types = [node.type_name for node in chain.nodes]
        names = [name for name in chain.references if name != ".__dict__"]
        if names and names[0] == "<module state>":
            return "stdlib-state"
        if _LRU_CACHE in types or any("cache" in name.lower() for name in names[:_FIRST_STEPS]):
            return "stdlib-cache"
        if chain.root_name == "sys" and all(
            node.type_name == "builtins.module" for node in survivors
        ):
            return "imported"
        return "stdlib-global" if len(names) == 1 and self._had_name(chain) else None

    def _had_name(self, chain: RootChain) -> bool:
        """Whether the module had the name, under which it holds something now, before the block."""
        namespace, bound = chain.nodes[-2:]
        names = {
            f"[{key.name[4:]}]": key.node for key in namespace.referents if key.name[:4] == "key "
        }
        key = names.get(chain.references[-1])
        return (
            key is not None
            and bound.address in self._new
            and namespace.address in self._before
            and key.address in self._before.referents(namespace.address)
        )

    def _has_own(self, survivors: list[Node]) -> bool:
        """Whether an instance of a class of the program is new in what survives."""
        seen = {node.address for node in survivors}
        left = list(survivors)
        while left:
            node = left.pop()
            top = node.type_name.partition(".")[0]
            if top != "builtins" and top not in sys.stdlib_module_names:
                return True
            for reference in node.referents:
                held = reference.node
                if held.address in self._new and held.address not in seen:
                    seen.add(held.address)
                    left.append(held)
        return False


def _is_in_buffer(chain: RootChain) -> bool:
    """Whether a chain leads through what an `io.StringIO` has gathered."""
    steps = zip(chain.nodes, chain.references, strict=False)
    return any(name == _HIDDEN and node.type_name == _BUFFER for node, name in steps)
