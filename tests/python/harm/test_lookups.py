"""Nothing is looked up by hash where a key could compare itself and so run code of the program.

Each program frees what is being named as soon as one of its keys is compared.
"""

from __future__ import annotations

import sys

import pytest

import heapgraph
from children import all_survive

BEGIN = """
import atexit, threading
import heapgraph

compared = []
is_armed = False
junk = [[[number], {number: [number]}] for number in range(20_000)]
spare = []

def trap(name):
    class Key(str):
        def __hash__(self):
            return hash(name)
        def __eq__(self, other):
            if is_armed:
                compared.append(other)
                junk.clear()
                spare.extend(bytes(64) for _ in range(20_000))
            return False
    return Key(name)
"""
PROGRAMS = {
    "the dict of a thread": """
leave = threading.Event()
class Worker(threading.Thread):
    def __init__(self):
        self.__dict__[trap("_name")] = 1
        super().__init__(daemon=True)
    def run(self):
        leave.wait()
asked = Worker()
asked.start()
""",
    "the class of a thread": """
leave = threading.Event()
namespace = {"run": lambda self: leave.wait(), trap("_name"): 1}
asked = type("Worker", (threading.Thread,), namespace)(daemon=True)
asked.start()
# What was looked up before is forgotten.
type(asked).changed = 1
""",
    "a property of a thread": """
leave = threading.Event()
class Worker(threading.Thread):
    def run(self):
        leave.wait()
asked = Worker(daemon=True)
asked.start()
Worker._name = property(lambda self: compared.append(self) if is_armed else None)
""",
    "the namespace of a class": """
namespace = {"__slots__": ("name", "__dict__")}
exec("def get(self): return self.name", {}, namespace)
namespace[trap("name")] = 1
asked = type("Odd", (), namespace)()
asked.name = [1]
setattr(asked, "com" + "puted", [2])
""",
    "a callback at exit whose classes are in another order": """
class Caller:
    def __call__(self):
        pass
class Order(type):
    def mro(cls):
        return [cls, object, Caller]
class Callback(Caller, metaclass=Order):
    __hash__ = object.__hash__
    def __eq__(self, other):
        return trap("x") == other
asked = Callback()
atexit.register(asked)
""",
    "a list of arguments": """
import sys
class Arguments(list):
    def __getitem__(self, position):
        return trap("x") == position
asked = sys.argv = Arguments(sys.argv)
""",
}
ASK = """
is_armed = True
heapgraph.take_snapshot()
str(heapgraph.why(asked))
heapgraph.find_backref_chain(asked, heapgraph.is_root)
is_armed = False
assert compared == [], compared
"""


@pytest.mark.parametrize("where", PROGRAMS)
def test_no_key_of_the_program_is_compared(where: str) -> None:
    all_survive([(BEGIN + PROGRAMS[where] + ASK,)])


class Own(Exception):  # noqa: N818
    def __iter__(self) -> Own:
        return self

    def __next__(self) -> int:
        return 1


def test_what_a_generator_waits_for_is_named_and_nothing_else() -> None:
    def waiting(error: Exception, inner: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
        try:
            raise error
        except Exception as caught:
            yield from inner if inner is not None else caught  # type: ignore[misc]

    # The first waits for what it has in another place too.
    first, second = waiting(Own(), None), waiting(ValueError(), iter([1, 2]))
    next(first), next(second)
    snapshot = heapgraph.take_snapshot()
    [node] = snapshot.find(obj=second)
    named = {r.node.type_name for r in node.referents if r.name == ".gi_yieldfrom"}
    assert named <= {"builtins.list_iterator"}, named


class Session:
    def __init__(self, connection: object, backup: object) -> None:
        self.connection = connection
        if backup is not None:
            self.backup = backup


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 13), reason="the instance has no values beside its dict"
)
def test_two_attributes_with_one_value_keep_their_names_beside_a_dict() -> None:
    first, shared = Session([1], None), [object()]
    both = Session(shared, shared)
    assert vars(both)
    [node] = heapgraph.take_snapshot().find(obj=both)
    names = [r.name for r in node.referents if r.node.address == id(shared)]
    assert sorted(names) == [".backup", ".connection"]
    assert first
