"""What holds much of a heap, in sentences: every heap is one of a fresh interpreter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import heapgraph

HEAPS = Path(__file__).parents[2] / "fixtures" / "heaps"

DOCUMENT = "import types, sys; app = sys.modules['app'] = types.ModuleType('app')\n"
REPORT = "\nimport heapgraph; print(heapgraph.take_snapshot().suspects())"


def say(program: str, report: str = REPORT, seed: str = "0") -> str:
    """What a fresh interpreter prints that has filled the module `app`."""
    code = f"{DOCUMENT}exec({program!r}, vars(app))\n{report}"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def suspects(program: str, seed: str = "0") -> str:
    """The sentences without numbers that differ between versions, one suspect a paragraph."""
    _, *paragraphs = say(program, seed=seed).strip().split("\n\n")
    text = re.sub(
        r"[\d,]+ bytes in [\d,]+ objects, [\d.]+% of the heap", "...", "\n".join(paragraphs)
    )
    return re.sub(r"\d+\.\d%", "...%", text)


NOTHING = "No object holds as much, nor do all objects of one type together."

REGISTRY = """
class Model:
    def __init__(self, number):
        self.text = "x" * 200 + str(number)

registry = {}
for number in range(20_000):
    registry[f"key {number}"] = Model(number)
"""


def test_an_idle_interpreter_has_no_suspect() -> None:
    assert suspects("") == NOTHING


def test_a_library_that_is_only_imported_is_no_suspect() -> None:
    modules = (
        "asyncio, http.server, unittest.mock, xml.dom.minidom, email.mime.text, decimal, pydoc"
    )
    assert suspects(f"import {modules}, multiprocessing, logging.config, argparse") == NOTHING


def test_a_dict_that_grows_is_named_with_what_is_in_it() -> None:
    assert suspects(REGISTRY) == (
        "1. `app.registry` (dict, 20,000 items) holds ....\n"
        "   ...% of it is 20,000 `app.Model` reached by `['…']`."
    )


def test_what_is_forgotten_in_time_is_no_suspect() -> None:
    assert (
        suspects(REGISTRY + "    if number > 100: del registry[f'key {number - 100}']") == NOTHING
    )


def test_memory_is_where_it_is_spread_over_many_and_not_where_its_owner_is() -> None:
    program = """
class Job:
    def __init__(self, number):
        self.payload = bytes(500)

class Queue:
    def __init__(self):
        self.pending = [Job(number) for number in range(10_000)]

class Server:
    def __init__(self):
        self.queue = Queue()

server = Server()
"""
    assert suspects(program) == (
        "1. `app.server.queue.pending` (list, 10,000 items) holds ....\n"
        "   ...% of it is 10,000 `app.Job` reached by `[x]`.\n"
        "   It is in `app.server` (Server), which holds ...."
    )


def test_an_object_whose_memory_is_in_two_places_is_named_itself() -> None:
    program = """
class Store:
    def __init__(self):
        self.names = [bytes(400) for _ in range(10_000)]
        self.pages = [bytes(400) for _ in range(10_000)]

store = Store()
"""
    assert suspects(program) == ("1. `app.store` (Store) holds ....\n   ...% of it is 2 `list`.")


def test_objects_that_nothing_holds_alone_are_a_suspect_together() -> None:
    program = """
class Session:
    def __init__(self):
        self.text = bytes(500)

by_user, latest = {}, []
for number in range(10_000):
    by_user[number] = session = Session()
    latest.append(session)
del session
"""
    assert suspects(program) == (
        "1. 10,000 `app.Session` hold together ....\n"
        "   ...% of them are reached from `app.by_user` by `['…']`."
    )


def test_a_linked_list_is_named_by_its_first_link() -> None:
    program = """
class Link:
    def __init__(self, following):
        self.following = following
        self.text = bytes(200)

first = None
for number in range(20_000):
    first = Link(first)
"""
    [line, *_] = suspects(program).splitlines()
    assert line == "1. `app.first` (Link) holds ...."


def test_suspects_of_one_class_have_a_common_beginning() -> None:
    program = """
class Registry:
    names = [bytes(400) for _ in range(10_000)]
    pages = [bytes(500) for _ in range(10_000)]
"""
    assert suspects(program) == (
        "1. `app.Registry.pages` (list, 10,000 items) holds ....\n"
        "   ...% of it is 10,000 `bytes` reached by `[x]`.\n"
        "2. `app.Registry.names` (list, 10,000 items) holds ....\n"
        "   ...% of it is 10,000 `bytes` reached by `[x]`.\n"
        "   Its chain and that of suspect 1 have a common beginning: `app.Registry`."
    )


def test_suspects_of_one_module_have_no_beginning_in_common() -> None:
    program = "one = [bytes(400) for _ in range(9000)]\ntwo = [bytes(500) for _ in range(9000)]"
    assert "common beginning" not in suspects(program)


def test_what_a_function_keeps_is_named_by_it() -> None:
    program = """
def remember(cache=[bytes(500) for _ in range(10_000)]):
    return cache
"""
    [line, *_] = suspects(program).splitlines()
    assert line == "1. `app.remember.__defaults__[0]` (list, 10,000 items) holds ...."


@pytest.mark.parametrize(
    ("leaking", "twin"),
    [
        ("lru_cache_method", "lru_cache_bounded"),
        ("kept_exception", "kept_exception_text"),
        ("model_registry", "model_registry_scoped"),
        ("callback_closures", "callback_closures_unsubscribed"),
        ("instance_map", "instance_map_weak"),
    ],
)
def test_the_holder_of_a_leak_is_the_suspect_and_its_innocent_twin_has_none(
    leaking: str, twin: str
) -> None:
    report = """
import heapgraph, {0}
{0}.run(3000)
found = heapgraph.take_snapshot().suspects()
print([suspect.path for suspect in found.suspects], [getattr({0}, "HOLDER", None)])
"""
    paths, holder = run_fixture(report.format(leaking)).strip().split("] [")
    # Of a cached function, what it holds is in its cache.
    assert paths.replace(".cache'", "'") + "]" == "[" + holder
    assert run_fixture(report.format(twin)).startswith("[] ")


def run_fixture(code: str) -> str:
    command = [sys.executable, "-B", "-c", code]
    return subprocess.run(command, cwd=HEAPS, capture_output=True, text=True, check=True).stdout


def test_answers_do_not_depend_on_the_hash_seed() -> None:
    assert len({suspects(REGISTRY, seed) for seed in "01234"}) == 1


def test_a_saved_snapshot_gives_the_same_answers(tmp_path: Path) -> None:
    path = tmp_path / "heap.parquet"
    report = f"""
import heapgraph, json
snapshot = heapgraph.take_snapshot()
snapshot.save({str(path)!r})
found = snapshot.suspects()
[suspect] = found.suspects
print(json.dumps([str(found), found.to_dict(), str(suspect), suspect.path, suspect.kind]))
"""
    text, fields, sentence, name, kind = json.loads(say(REGISTRY, report))
    found = heapgraph.load_snapshot(path).suspects()
    [suspect] = found.suspects
    assert (str(found), found.to_dict()) == (text, fields)
    assert (str(suspect), suspect.path, suspect.kind) == (sentence, name, kind)
    assert (kind, name) == ("object", "app.registry")
    check(found, suspect, fields)
    command = [sys.executable, "-m", "heapgraph", "suspects", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == text
    said = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == fields


def check(found: heapgraph.Suspects, suspect: heapgraph.Suspect, fields: dict[str, Any]) -> None:
    """The figures of text, data and objects are those of the retained set."""
    assert len(found) == 1
    assert repr(found) == "<heapgraph.Suspects, 1 found>"
    assert repr(suspect).startswith("<heapgraph.Suspect `app.registry` (dict, 20,000 items) holds")
    assert found._repr_html_().startswith("<pre>")
    [node] = suspect.nodes
    assert (suspect.retained_size, suspect.retained_count) == (
        node.retained_size,
        fields["suspects"][0]["object"]["retained"]["count"],
    )
    assert suspect.chain is not None
    assert suspect.chain.nodes[-1] == node
    assert found.threshold <= suspect.retained_size <= found.data_size <= found.heap_size
    contents = fields["suspects"][0]["object"]["contents"]
    assert (contents["type"], contents["count"]) == ("app.Model", 20_000)
    assert contents["retained"]["bytes"] < suspect.retained_size
