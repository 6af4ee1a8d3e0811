"""What was created in a block and survives it."""

from __future__ import annotations

import gc
import sys
from collections import Counter

from heapgraph import _core
from heapgraph._advice import advice
from heapgraph._excuses import Excuses, running_calls
from heapgraph._findings import Findings, Leak, alive_lines
from heapgraph._kept_by_cycles import KeptByCycle, counts_by_type, kept_by_cycles, survive
from heapgraph._loaded_modules import names_of_module
from heapgraph._recorders import recording_lists
from heapgraph._snapshots import take_snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from heapgraph import Explanation, HeapSnapshot, Node, Reference, RootChain, Why

_FIRST_USE_HOLDERS = frozenset(["_abc._abc_data"])
"""Types of objects that keep results of questions about types."""

_CONTAINERS = frozenset(
    [
        "builtins.dict",
        "builtins.list",
        "builtins.set",
        "collections.deque",
        "collections.OrderedDict",
    ]
)
"""In these, and not elsewhere, one more string or number is something that survives."""

_NEVER_ASKED = frozenset(["builtins.frame", "weakref.ReferenceType"])
"""A frame is that of a running function, or goes with its traceback; others keep nothing."""

_VERSIONS = frozenset(["builtins.hamt", "builtins.hamt_bitmap_node", "builtins.hamt_array_node"])
"""What a context keeps its variables in, made anew when one of them is set."""

_CACHE, _LINK = "functools._lru_cache_wrapper", "functools._lru_list_elem"

_MOST_QUESTIONS = 40
"""Groups of survivors whose holders are looked for."""


class HeapBefore:
    """The heap before a block: addresses and classes, no object."""

    __slots__ = ("_calls", "_gone", "_heap", "_modules", "_recorders", "_seen")

    def __init__(self) -> None:
        """Collect garbage and look."""
        gc.collect()
        self._modules = frozenset(sys.modules)
        self._recorders = frozenset(map(id, recording_lists()))
        # This frame and that of `__enter__` end before the block begins: what is created first
        # would be at their addresses.
        frame, caller = sys._getframe(), sys._getframe(1)  # noqa: SLF001 - as public as it gets
        self._gone = frozenset((id(frame), id(caller)))
        del frame, caller
        self._calls = running_calls()
        self._heap = _core.CapturedHeap()
        self._seen = _core.SeenObjects()
        _core.untrack(self)
        self._seen.update(False)

    def survivors(self, allow: Mapping[str, int | None], ignore: Iterable[str]) -> Findings:
        """Find what is there now, after a collection, and was not there before.

        Args:
            allow: How many objects of a type may survive, by patterns of type names; any number if
                `None`.
            ignore: Patterns of the paths by which objects may survive.

        Returns:
            The groups that survive, each with a path that holds it.
        """
        gc.collect()
        after = _core.CapturedHeap()
        self._seen.update(False)
        addresses = self._new_addresses(after)
        if not addresses:
            return Findings([], None, {})
        snapshot = take_snapshot(collect=False)
        new = {}
        for address in addresses:
            for node in snapshot.find(address=address):
                # A link of an `lru_cache` is a part of that: it holds one result.
                if node.type_name != _LINK:
                    new[address] = node
        _add_held_by_new(new)
        named: dict[str, _Group] = {}
        calls = self._calls | running_calls()
        imported = self._imported_namespaces()
        excuses = Excuses(self._heap, self._modules, imported, calls, new, snapshot)
        for group in sorted(self._groups(new, after), key=_Group.order)[:_MOST_QUESTIONS]:
            if _name(snapshot, group, excuses, list(ignore)):
                known = named.setdefault(_core.generic_path(group.path), group)
                known.survivors.update(group.survivors)
        kept = kept_by_cycles(snapshot, new, ignore)
        groups = _beyond([*named.values(), *kept], allow)
        leaks = [group.leak() for group in groups]
        return Findings(leaks, snapshot, {}, excused=excuses.used)

    def _new_addresses(self, after: _core.CapturedHeap) -> list[int]:
        """Addresses that are new, and old ones where another object is known to be now."""
        before = self._heap
        addresses = [
            address
            for address in after.addresses()
            if address not in before or address in self._gone
        ]
        for type_name, reused in self._seen.new_ids(False).items():
            for address in reused:
                if address in before and address in after and address not in self._gone:
                    old_type, _, _, was_tracked = before.record(address)
                    # A dict is tracked once it holds more than atoms, and is no newer for that.
                    if was_tracked or old_type != type_name:
                        addresses.append(address)
        return [
            address
            for address in addresses
            if not after.record(address)[0].startswith("heapgraph.")
        ]

    def _groups(self, new: Mapping[int, Node], after: _core.CapturedHeap) -> list[_Group]:
        """Survivors that something older holds, those that the same objects hold together."""
        groups: dict[frozenset[int], _Group] = {}
        more: dict[int, set[str]] = {}
        for address, node in self._to_blame(new):
            references = (_beyond_link(reference) for reference in node.referrers)
            older = {
                reference.node.address: reference.node
                for reference in references
                if reference.node.address not in new
                and reference.node.address not in self._recorders
                and _keeps(reference)
            }
            counts = bool(older)
            if not node.is_tracked and node.type_name.startswith("builtins."):
                # An atom counts where a container has more of its type.
                for holder in older.values():
                    if holder.address not in more:
                        more[holder.address] = self._more_in(holder, after)
                counts = any(node.type_name in more[holder] for holder in older)
            if counts:
                group = groups.setdefault(frozenset(older), _Group(list(older.values())))
                group.survivors[address] = node
        return list(groups.values())

    def _to_blame(self, new: Mapping[int, Node]) -> Iterator[tuple[int, Node]]:
        """What is new without what is left by an import, or goes by itself."""
        names = _names_of_imports(new.values())
        imported = self._imported_namespaces()
        for address, node in new.items():
            is_of_import = address in names or _is_of_module(node, imported)
            is_new = not _is_new_version(node, new) and not _is_cancelled(node)
            if is_new and not is_of_import and node.type_name not in _NEVER_ASKED:
                yield address, node

    def _imported_namespaces(self) -> frozenset[int]:
        """The addresses of the namespaces of what was imported since."""
        # A list first: another thread may be importing.
        known = list(sys.modules.items())
        modules = [module for name, module in known if name not in self._modules]
        namespaces = map(names_of_module, modules)
        return frozenset(id(names) for names in namespaces if names)

    def _more_in(self, holder: Node, after: _core.CapturedHeap) -> set[str]:
        """The types of which a container holds more than before."""
        heaps, address = (self._heap, after), holder.address
        if holder.type_name not in _CONTAINERS or any(address not in heap for heap in heaps):
            return set()
        old, now = (
            Counter(heap.record(held)[0] for held in heap.referents(address)) for heap in heaps
        )
        return set(now - old)


def _name(snapshot: HeapSnapshot, group: _Group, excuses: Excuses, ignore: list[str]) -> bool:
    """Find out why a group survives; false where it may."""
    node = group.first()
    answer = snapshot.why(node.address, 1)
    for explanation in answer.chains:
        # Of several holders each keeps the object; a single one is on the chain.
        holders = explanation.nearest_holders or explanation.holders
        others = holders if len(holders) > 1 else []
        for chain in (explanation.chain, *others):
            excused = excuses.excuse(chain, group.survivors.values())
            if not excused and not _core.path_matches(chain.path, ignore):
                group.answer, group.explanation, group.chain = answer, explanation, chain
                return True
    return False


class _Group:
    """Survivors that the same older objects hold."""

    __slots__ = ("answer", "chain", "explanation", "holders", "survivors")

    def __init__(self, holders: list[Node]) -> None:
        self.holders = holders
        self.survivors: dict[int, Node] = {}
        self.answer: Why
        self.explanation: Explanation
        self.chain: RootChain

    @property
    def path(self) -> str:
        return self.chain.path

    def counts(self) -> list[tuple[str, int]]:
        return counts_by_type(self.survivors.values())

    def first(self) -> Node:
        """The first object of the first type, in the order of the holder."""
        type_name, _ = self.counts()[0]
        holder = min(self.holders, key=lambda node: (node.type_name, node.root or "", node.address))
        for reference in holder.referents:
            node = reference.node
            if node.address in self.survivors and node.type_name == type_name:
                return node
        return next(node for node in self.survivors.values() if node.type_name == type_name)

    def order(self) -> tuple[bool, int, str]:
        """Objects of the program first, then what there is most of."""
        type_name, _ = self.counts()[0]
        return type_name.startswith("builtins."), -len(self.survivors), type_name

    def leak(self) -> Leak:
        """Put into words what survives, and why."""
        nodes = self.chain.nodes
        holder = nodes[-2] if len(nodes) > 1 else nodes[-1]
        fingerprint = self.explanation.fingerprint
        lines = [
            *alive_lines(self.explanation, self.chain),
            f"  {'try':<10} {advice(self.chain, holder.type_name, self.counts()[0][0])}",
            f"  fingerprint {fingerprint}",
        ]
        type_name = self.explanation.target.type_name
        headline = f"{survive(self.counts())} the block, held by {self.path}"
        return Leak(fingerprint, self.path, type_name, headline, lines, self.answer)


def _add_held_by_new(new: dict[int, Node]) -> None:
    """Take a dict for new that holds what is new, and that nothing older holds.

    It is that of a new object, and lies where another was that has gone.
    """
    while True:
        holders = (reference.node for node in new.values() for reference in node.referrers)
        held = {
            holder.address: holder
            for holder in holders
            if holder.type_name == "builtins.dict"
            and holder.address not in new
            and holder.referrers
            and all(reference.node.address in new for reference in holder.referrers)
        }
        if not held:
            return
        new.update(held)


def _names_of_imports(new: Iterable[Node]) -> set[int]:
    """The texts under which new modules stand, in the packages that they belong to."""
    holders: dict[int, tuple[Node, set[str]]] = {}
    for node in new:
        if node.type_name == "builtins.module":
            for reference in node.referrers:
                _, names = holders.setdefault(reference.node.address, (reference.node, set()))
                if reference.name.startswith("["):
                    names.add(f"key {reference.name[1:-1]}")
    return {
        reference.node.address
        for holder, names in holders.values()
        for reference in holder.referents
        if reference.name in names
    }


def _is_of_module(node: Node, namespaces: frozenset[int]) -> bool:
    """Whether it is a function of a module, which stays as that does."""
    return node.type_name == "builtins.function" and any(
        reference.name == ".__globals__" and reference.node.address in namespaces
        for reference in node.referents
    )


def _is_cancelled(node: Node) -> bool:
    """Whether it is a call that an event loop will not make, and drops when its time comes."""
    return node.type_name == "asyncio.events.TimerHandle" and any(
        reference.name == "._callback" and reference.node.type_name == "builtins.NoneType"
        for reference in node.referents
    )


def _is_new_version(node: Node, new: Mapping[int, Node]) -> bool:
    """Whether it has the variables of a context, none of which is new."""
    return node.type_name in _VERSIONS and all(
        reference.node.address not in new or _is_new_version(reference.node, new)
        for reference in node.referents
    )


def _keeps(reference: Reference) -> bool:
    """Whether a reference from an older object keeps a survivor that a test is to blame for."""
    return (
        reference.node.type_name not in _FIRST_USE_HOLDERS
        # The namespace of an older object, made when it was asked for.
        and reference.name != ".__dict__"
        # The table of subclasses, which keeps no class alive.
        and reference.name != "<subclasses>"
    )


def _beyond_link(reference: Reference) -> Reference:
    """The reference of an `lru_cache` to one of its links, for one of the link."""
    holders = reference.node.referrers if reference.node.type_name == _LINK else []
    of_caches = (holder for holder in holders if holder.node.type_name == _CACHE)
    return next(of_caches, reference)


def _beyond(
    groups: list[_Group | KeptByCycle], allow: Mapping[str, int | None]
) -> list[_Group | KeptByCycle]:
    """The groups that are beyond what is allowed, by the types they are named after."""
    for pattern, most in allow.items():
        matching = [group for group in groups if _core.type_matches(group.counts()[0][0], pattern)]
        if most is None or sum(group.counts()[0][1] for group in matching) <= most:
            groups = [group for group in groups if group not in matching]
    return groups
