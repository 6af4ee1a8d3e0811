"""What snapshots are asked about: any number, and objects of this very process only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import heapgraph
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


def test_what_is_asked_wrongly_is_refused(tmp_path: Path) -> None:
    snapshot = take_snapshot()
    with pytest.raises(TypeError, match="one of type_name, address and obj"):
        snapshot.find()
    with pytest.raises(TypeError, match="one of type_name, address and obj"):
        snapshot.find("dict", address=1)
    with pytest.raises(TypeError, match="type name"):
        snapshot.find(3)  # type: ignore[arg-type]
    assert snapshot.find("NoSuchType") == []
    assert snapshot.find(address=1) == []
    with pytest.raises(KeyError, match="no object at 0x1 in the snapshot"):
        snapshot.find_chain(1)
    newer = Held()
    assert snapshot.find(obj=newer) == []
    with pytest.raises(ValueError, match="another snapshot"):
        snapshot.find_chain(take_snapshot().find(obj=sys)[0])
    with pytest.raises(heapgraph.SnapshotError, match="no_such_file"):
        load_snapshot(tmp_path / "no_such_file")
    with pytest.raises(heapgraph.SnapshotError, match="no_folder"):
        snapshot.save(tmp_path / "no_folder" / "heap.parquet")


def test_objects_of_another_process_are_not_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "heap.parquet"
    program = f"import heapgraph; heapgraph.take_snapshot().save({str(path)!r})"
    subprocess.run([sys.executable, "-c", program], check=True)
    snapshot = load_snapshot(path)
    assert snapshot.metadata["pid"] != os.getpid()
    with pytest.raises(ValueError, match="is of process"):
        snapshot.find(obj=sys)
    assert snapshot.find("module")
