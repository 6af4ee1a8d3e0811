"""What snapshots are asked about: any number, and objects of this very process only."""

import os
import sys
from pathlib import Path

import pytest

from heapgraph import load_snapshot, take_snapshot


class Held:
    """What a picture is asked for."""


def test_no_number_is_too_small_or_too_large() -> None:
    held = [Held()]
    snapshot = take_snapshot()
    (node,) = snapshot.find(Held)
    for depth in (-1, 0, 10**30):
        picture = snapshot.draw_backrefs(node, depth, too_many=1)
        assert (picture.node_count == 1) == (depth <= 0)
    assert snapshot.draw_refs(node, 1, -(10**30)).node_count == 1
    with pytest.raises(TypeError):
        snapshot.draw_refs(node, "deep")  # type: ignore[arg-type]
    del held


@pytest.mark.parametrize("address", [-1, 0, 1, 2**64, -(10**30)])
def test_where_no_object_can_be_there_is_none(address: int) -> None:
    snapshot = take_snapshot()
    assert snapshot.find(address=address) == []
    with pytest.raises(KeyError, match=f"no object at {address:#x} in the snapshot"):
        snapshot.find_chain(address)


def test_an_address_is_a_number() -> None:
    with pytest.raises(TypeError):
        take_snapshot().find(address="0x10")  # type: ignore[arg-type]


def test_objects_are_looked_for_only_in_what_this_process_took(tmp_path: Path) -> None:
    """Not even if the file says that this process made it: in containers all have one number."""
    snapshot = take_snapshot()
    assert len(snapshot.find(obj=sys)) == 1
    snapshot.save(tmp_path / "heap.parquet")
    loaded = load_snapshot(tmp_path / "heap.parquet")
    assert loaded.metadata["pid"] == os.getpid()
    with pytest.raises(ValueError, match="find objects by type_name or address"):
        loaded.find(obj=sys)
    with pytest.raises(ValueError, match="find objects by type_name or address"):
        loaded.find_chain(sys)
    assert loaded.find_chain(id(sys)) is not None
