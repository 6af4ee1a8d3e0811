"""``save_on_signal`` in a program that is running."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

import heapgraph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    yield
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    signal.signal(signal.SIGUSR2, signal.SIG_DFL)


def saved(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_signal_saves_a_file_of_its_own(tmp_path: Path) -> None:
    heapgraph.save_on_signal(folder=tmp_path)
    signal.raise_signal(signal.SIGUSR1)
    first = (tmp_path / f"heapgraph-{os.getpid()}-1.parquet").read_bytes()
    signal.raise_signal(signal.SIGUSR1)
    assert saved(tmp_path) == [f"heapgraph-{os.getpid()}-{n}.parquet" for n in (1, 2)]
    assert (tmp_path / f"heapgraph-{os.getpid()}-1.parquet").read_bytes() == first


def test_the_folder_is_that_of_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    heapgraph.save_on_signal(signal.SIGUSR2)
    monkeypatch.chdir(tmp_path / "elsewhere")
    signal.raise_signal(signal.SIGUSR2)
    assert f"heapgraph-{os.getpid()}-1.parquet" in saved(tmp_path)
    assert saved(tmp_path / "elsewhere") == []


def test_a_handler_that_is_there_is_called_afterwards(tmp_path: Path) -> None:
    calls = []
    signal.signal(signal.SIGUSR1, lambda signum, _: calls.append((signum, saved(tmp_path))))
    heapgraph.save_on_signal(signal.SIGUSR1, tmp_path)
    signal.raise_signal(signal.SIGUSR1)
    assert calls == [(signal.SIGUSR1, saved(tmp_path))]
    assert len(saved(tmp_path)) == 1


def test_a_second_call_takes_the_place_of_the_first(tmp_path: Path) -> None:
    calls = []
    signal.signal(signal.SIGUSR1, lambda *_: calls.append(1))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        heapgraph.save_on_signal(signal.SIGUSR1, tmp_path / name)
    signal.raise_signal(signal.SIGUSR1)
    assert calls == [1]
    assert saved(tmp_path / "one") == []
    assert len(saved(tmp_path / "other")) == 1


def test_an_error_is_told_and_the_program_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    heapgraph.save_on_signal(signal.SIGUSR1, folder)
    folder.rmdir()
    signal.raise_signal(signal.SIGUSR1)
    told = capfd.readouterr().err
    assert told.startswith("heapgraph: no snapshot saved: ")
    assert str(folder) in told


def test_options_are_those_of_take_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, bool]] = []

    class Snapshot:
        def save(self, path: str) -> None:
            assert path.startswith(str(tmp_path))

    def take_snapshot(**options: bool) -> Snapshot:
        asked.append(options)
        # A signal that comes meanwhile is not saved twice.
        signal.raise_signal(signal.SIGUSR1)
        return Snapshot()

    monkeypatch.setattr(heapgraph, "take_snapshot", take_snapshot)
    heapgraph.save_on_signal(signal.SIGUSR1, tmp_path, names=False, keys=False)
    signal.raise_signal(signal.SIGUSR1)
    options = {"collect": True, "names": False, "values": False, "keys": False, "force": False}
    assert asked == [options]


def test_what_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        heapgraph.save_on_signal(signal.SIGUSR1, tmp_path / "none")
    with pytest.raises(OSError, match="Invalid argument"):
        heapgraph.save_on_signal(signal.SIGKILL, tmp_path)
    errors = []

    def call() -> None:
        try:
            heapgraph.save_on_signal(signal.SIGUSR1, tmp_path)
        except ValueError as error:
            errors.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert errors == ["signal only works in main thread of the main interpreter"]


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_saves_under_its_own_number(tmp_path: Path) -> None:
    heapgraph.save_on_signal(signal.SIGUSR1, tmp_path)
    child = os.fork()
    if child == 0:
        signal.raise_signal(signal.SIGUSR1)
        os._exit(0)
    os.waitpid(child, 0)
    assert saved(tmp_path) == [f"heapgraph-{child}-1.parquet"]


def test_saving_leaves_no_object_of_ours_in_the_heap(tmp_path: Path) -> None:
    heapgraph.save_on_signal(signal.SIGUSR1, tmp_path)
    heapgraph.save_on_signal(signal.SIGUSR2, tmp_path)
    for count in (1, 2):
        signal.raise_signal(signal.SIGUSR1)
        snapshot = heapgraph.load_snapshot(tmp_path / f"heapgraph-{os.getpid()}-{count}.parquet")
        assert snapshot.find("heapgraph._saving.*") == []
        frames = [node.name for node in snapshot.find("builtins.frame")]
        assert not [name for name in frames if name and "heapgraph/_saving.py" in name]
