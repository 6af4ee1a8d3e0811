"""What holds the objects that are new since a look at the heap."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import weakref

import heapgraph
from raising import raising


class Session:
    def __init__(self) -> None:
        self.messages: list[object] = []


SESSIONS: dict[int, Session] = {}
TEXTS: list[str] = []


def place_of(new: heapgraph.NewObjects, path: str) -> heapgraph.NewPlace:
    (place,) = [place for place in new.places if place.path == path]
    return place


def test_new_objects_of_all_types_are_told_by_what_holds_them() -> None:
    SESSIONS[0] = Session()
    baseline = heapgraph.Baseline()
    baseline.growth()
    for number in range(1, 301):
        SESSIONS[number] = Session()
    # Strings, which the collector does not track.
    TEXTS.extend(f"{number}" * 1000 for number in range(1000, 1100))
    SESSIONS[0].messages.append(object())
    new = baseline.why()
    texts = place_of(new, f"{__name__}.TEXTS")
    assert texts.types["builtins.str"].count == 100
    assert texts.shallow_size > 400_000
    assert new.places[0].path == texts.path
    sessions = place_of(new, f"{__name__}.SESSIONS")
    assert sessions.types[f"{__name__}.Session"].count == 300
    assert {node.type_name for node in sessions.nodes} >= {f"{__name__}.Session"}
    assert f"{__name__}.SESSIONS[" in sessions.example
    message = place_of(new, f"{__name__}.SESSIONS[x].messages")
    assert message.types["builtins.object"].count == 1
    first_line = str(new).splitlines()[0]
    assert first_line.endswith(f"new, most bytes held by {texts.path}")
    assert sessions.why().chains[0].path.startswith(f"{__name__}.SESSIONS[")
    answer = new.to_dict()
    assert answer["schema"] == "heapgraph/new-objects@1"
    assert answer["places"][0]["path"] == texts.path


def test_new_is_what_was_not_there_at_the_call_before_the_last() -> None:
    baseline = heapgraph.Baseline()
    with raising(ValueError, "call growth or show_growth"):
        baseline.why()
    counts = []
    for number in range(3):
        baseline.growth()
        SESSIONS.update((100 * number + n, Session()) for n in range(100))
        place = place_of(baseline.why(), f"{__name__}.SESSIONS")
        counts.append(place.types[f"{__name__}.Session"].count)
    # After the second and third call also what had come between them and those before.
    assert counts == [100, 200, 200]
    baseline.start_over()
    with raising(ValueError, "nothing was looked at yet"):
        baseline.why()


def test_the_one_of_the_process_goes_by_show_growth() -> None:
    heapgraph.start_over()
    heapgraph.show_growth(file=io.StringIO())
    # A memory of the caller's own, and ids, are other questions.
    heapgraph.growth(None, {})
    heapgraph.get_new_ids(limit=0)
    SESSIONS.update((number, Session()) for number in range(100))
    heapgraph.show_growth(file=io.StringIO())
    heapgraph.get_new_ids(limit=0)
    place = place_of(heapgraph.why_new(), f"{__name__}.SESSIONS")
    assert place.types[f"{__name__}.Session"].count == 100
    heapgraph.start_over()


def test_nothing_is_kept_alive() -> None:
    baseline = heapgraph.Baseline()
    baseline.growth()
    SESSIONS[0] = Session()
    gone = weakref.ref(SESSIONS[0])
    new = baseline.why()
    assert new.count > 0
    SESSIONS.clear()
    assert gone() is None


def test_a_dict_that_the_collector_begins_to_track_is_not_new() -> None:
    old: dict[str, object] = {str(number): str(number) for number in range(1000)}
    gc.collect()
    baseline = heapgraph.Baseline()
    baseline.growth()
    old["first"] = Session()
    new = baseline.why()
    (place,) = [place for place in new.places if "old" in place.path]
    # What one object takes, and not a thousand strings.
    assert place.shallow_size < 1000


def test_garbage_is_apart() -> None:
    baseline = heapgraph.Baseline()
    gc.collect()
    gc.disable()
    try:
        baseline.growth(collect=False)
        for _ in range(50):
            session = Session()
            session.messages.append(session)
        del session
        new = baseline.why(collect=False)
    finally:
        gc.enable()
    # Some may be at addresses of freed ones.
    assert new.garbage_count > 90
    assert "new and garbage" in str(new)
    assert not any("Session" in str(place.types) for place in new.places)


def test_the_bytes_of_what_grew_are_a_column_on_request() -> None:
    def is_ours(obj: object) -> bool:
        return type(obj) is Row

    class Row:
        __slots__ = ("one", "other")

    baseline = heapgraph.Baseline()
    size = sys.getsizeof(Row())
    kept = [Row() for _ in range(3)]
    out = io.StringIO()
    baseline.show_growth(file=out, filter=is_ours, sizes=True)
    kept += [Row(), Row()]
    baseline.show_growth(file=out, filter=is_ours, sizes=True)
    kept.append(Row())
    baseline.show_growth(file=out, filter=is_ours)
    rows = [line.split() for line in out.getvalue().splitlines()]
    assert rows == [
        ["Row", "3", "+3", f"{3 * size:,}"],
        ["Row", "5", "+2", f"{5 * size:,}", f"{2 * size:+,}"],
        ["Row", "6", "+1"],
    ]


AT_A_PROMPT = """
import sys, heapgraph
kept = []
def grow(): kept.extend(object() for _ in range(5)); kept.append([])
if len(sys.argv) > 1: sys.ps1 = ">>> "
for _ in range(3):
    grow()
    heapgraph.show_growth()
grow()
heapgraph.Baseline().show_growth()
"""


def test_at_a_prompt_the_next_call_is_named_once() -> None:
    for words in ([], ["prompt"]):
        run = subprocess.run(
            [sys.executable, "-c", AT_A_PROMPT, *words], capture_output=True, text=True, check=True
        )
        assert run.stdout.count("heapgraph.why_new() tells what holds the new ones\n") == len(words)
        assert run.stdout.count("why") == len(words)
