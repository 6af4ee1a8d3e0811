"""Every function called for the first time: what it would import would be growth."""

from __future__ import annotations

import sys

import heapgraph


class File:
    """Takes what is printed."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class Probe:
    pass


HOLDER = [Probe()]


def main() -> None:
    sys.stdout = File()
    before = frozenset(sys.modules)
    chain = heapgraph.find_backref_chain(HOLDER[0], heapgraph.is_proper_module)
    heapgraph.find_ref_chain(HOLDER, lambda found: found is HOLDER[0])
    heapgraph.describe_chain(chain)
    heapgraph.show_chain(chain)
    heapgraph.show_refs(HOLDER)
    heapgraph.show_backrefs(HOLDER[0])
    heapgraph.show_growth()
    heapgraph.get_new_ids()
    heapgraph.get_leaking_objects()
    heapgraph.show_most_common_types()
    heapgraph.by_type(Probe)
    heapgraph.at(id(HOLDER))
    sys.stdout = sys.__stdout__
    assert frozenset(sys.modules) - before == frozenset()


if __name__ == "__main__":
    main()
