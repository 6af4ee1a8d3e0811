"""Which calls into compiled code leave something behind, while a scenario runs."""

from __future__ import annotations

import threading
import time
from types import (
    BuiltinFunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
)

from heapgraph._call_events import call_events, is_ours
from heapgraph._core import qualified_name

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from types import CodeType
    from typing import Any, Protocol, TypeAlias

    from heapgraph._call_measures import Change

    Place: TypeAlias = tuple[CodeType, int]

    class Measure(Protocol):
        """See `_call_measures`."""

        created: Any

        def rest(self) -> None:
            """The program runs on."""

        def change(self) -> Change:
            """What has come since."""

        def settle(self) -> None:
            """The iteration is over."""

        def forget(self) -> None:
            """What came until now does not count."""

        def kept(self, totals: Change) -> Change:
            """What stays."""


class Spot:
    """A call in the source of a program, or a line of it: how often it ran and what came in it."""

    __slots__ = ("changes", "code", "created", "name", "number", "runs")

    def __init__(self, code: CodeType, number: int, name: str | None) -> None:
        """`number` is the offset of a call with a `name`, or that of a line."""
        self.code, self.number, self.name = code, number, name
        self.runs = 0
        self.changes: list[Change] = []
        self.created: list[int] = []

    def add(self, change: Change) -> None:
        """It ran once more, and this came in it."""
        self.runs += 1
        change = {key: amount for key, amount in change.items() if amount}
        if change:
            self.changes.append(change)

    @property
    def place(self) -> Place:
        """Where it is, as the events tell it."""
        return self.code, self.number

    @property
    def line(self) -> int:
        """The line in the source."""
        if self.name is None:
            return self.number
        for start, end, line in self.code.co_lines():
            if start <= self.number < end and line is not None:
                return line
        return self.code.co_firstlineno

    @property
    def discards(self) -> bool:
        """True if the program does nothing with what the call gives."""
        from opcode import opmap

        if self.name is None:
            return False
        code, offset = self.code.co_code, self.number + 2
        # Room for what the interpreter learns of the call.
        while code[offset] == opmap.get("CACHE", -1):
            offset += 2
        return code[offset] == opmap["POP_TOP"]

    def is_at(self, file: str, line: int) -> bool:
        """True if it is on a line of a file."""
        return self.code.co_filename == file and self.line == line

    @property
    def location(self) -> str:
        """Where it is: file, line and function."""
        if is_ours(self.code):
            return "the scenario itself"
        return f"{self.code.co_filename}:{self.line} in {self.code.co_name}"


class CallWatch:
    """Charges what comes in an iteration to the innermost call into compiled code, or to a line.

    The events are those of `_call_events`. A reading begins each of them and another one ends it:
    what the watch itself takes in between is not counted.

    Attributes:
        spots: The calls that were seen; lines instead if they are asked for.
        elsewhere: What came in no spot, in the order in which it came.
        totals: All that came, by key.
        iterations: How many iterations were watched whole.
        is_stopped: Whether the time was over in the middle of an iteration.
    """

    def __init__(
        self,
        measure: Measure,
        *,
        lines: bool = False,
        only: Collection[Place] | None = None,
        ends_at: float = float("inf"),
    ) -> None:
        """Watch every call, or `only` those at some places, until the thread has had some time."""
        self._measure, self._only, self._ends_at = measure, only, ends_at
        self._events = call_events(self, lines=lines)
        self._thread = threading.get_ident()
        self._is_on = False
        self._stack: list[tuple[Spot | None, Change]] = []
        self._spots: dict[Place, Spot] = {}
        self.forget()
        self.is_stopped = False

    def begin(self) -> str | None:
        """Begin to watch; say why if that cannot be."""
        return self._events.begin()

    def end(self) -> None:
        """End it."""
        self._is_on = False
        self._events.end()

    def begin_iteration(self) -> None:
        """The scenario runs from here."""
        self._stack.clear()
        self._stack.append((None, {}))
        self._measure.rest()
        self._events.resume()
        # Not before: calls of the reading itself are none of the scenario.
        self._is_on = not self.is_stopped

    def end_iteration(self) -> None:
        """It has ended."""
        self._is_on = False
        self._events.pause()
        self._measure.settle()
        self._charge()
        while self._stack:
            self._pop()
        self.iterations += not self.is_stopped

    def forget(self) -> None:
        """Begin to count: what came until now was made once."""
        self.iterations = 0
        self.elsewhere: list[Change] = []
        self.totals: Change = {}
        self._measure.forget()
        for spot in self._spots.values():
            spot.runs = 0
            spot.changes = []
            spot.created = []

    def kept(self) -> Change:
        """What stays of all that has come, by key."""
        return self._measure.kept(self.totals)

    @property
    def spots(self) -> list[Spot]:
        """The calls, or lines, that ran since `forget`."""
        return [spot for spot in self._spots.values() if spot.runs]

    # What the events tell.

    def enter_call(self, code: CodeType, offset: int, called: object) -> None:
        """A call begins."""
        if self._is_watched() and self._is_wanted((code, offset)):
            self._open(code, offset, called)
            self._measure.rest()

    def leave_call(self, code: CodeType, offset: int) -> None:
        """A call ends."""
        if self._is_watched() and self._is_wanted((code, offset)):
            self._leave(code, offset)
            self._measure.rest()

    def enter_python(self) -> None:
        """A function of Python begins."""
        if self._is_watched():
            self._enter_python()
            self._rest()

    def leave_python(self) -> None:
        """A function of Python ends."""
        if self._is_watched():
            self._leave_python()
            self._rest()

    def line(self, code: CodeType, number: int) -> None:
        """A line begins."""
        if self._is_watched():
            self._begin_line(code, number)
            self._rest()

    def _is_watched(self) -> bool:
        return self._is_on and threading.get_ident() == self._thread

    def _is_wanted(self, place: Place) -> bool:
        return self._only is None or place in self._only

    def _rest(self) -> None:
        if self._is_charged():
            self._measure.rest()

    def _is_charged(self) -> bool:
        """Whether what comes now is of interest: a reading may take long."""
        return self._only is None or any(spot for spot, _ in self._stack)

    # Each of these reads first, and runs in a frame of its own: what is in it has gone when the
    # next reading begins.

    def _open(self, code: CodeType, offset: int, called: object) -> None:
        self._charge()
        self._look_at_clock()
        spot = self._spots.get((code, offset))
        if spot is None:
            spot = self._spots[code, offset] = Spot(code, offset, name_of(called))
        self._stack.append((spot, {}))

    def _leave(self, code: CodeType, offset: int) -> None:
        self._charge()
        for depth, (spot, _) in enumerate(reversed(self._stack), 1):
            if spot is not None and spot.place == (code, offset):
                for _ in range(depth):
                    self._pop()
                return

    def _enter_python(self) -> None:
        self._charge()
        self._look_at_clock()
        self._stack.append((None, {}))

    def _begin_line(self, code: CodeType, number: int) -> None:
        self._charge()
        self._pop()
        spot = None
        if self._is_wanted((code, number)) and not is_ours(code):
            spot = self._spots.get((code, number))
            if spot is None:
                spot = self._spots[code, number] = Spot(code, number, None)
        self._stack.append((spot, {}))

    def _leave_python(self) -> None:
        self._charge()
        self._pop()

    def _pop(self) -> None:
        """What ran has ended."""
        if self._stack:
            spot, sums = self._stack.pop()
            if spot is not None:
                spot.add(sums)

    def _charge(self) -> None:
        """Add what has come to what runs."""
        if not self._stack:
            # Of what ran before the iteration began, and has returned.
            self._stack.append((None, {}))
        if not self._is_charged():
            return
        change = self._measure.change()
        spot, sums = self._stack[-1]
        if spot is not None and self._measure.created:
            spot.created.extend(self._measure.created)
        if spot is None and change:
            self.elsewhere.append(change)
        for key, amount in change.items():
            sums[key] = sums.get(key, 0) + amount
            self.totals[key] = self.totals.get(key, 0) + amount

    def _look_at_clock(self) -> None:
        # At each event, as a single reading may take long. By the time that this thread has had: a
        # busy machine is no slow scenario.
        if time.thread_time() > self._ends_at:
            self._is_on = False
            self.is_stopped = True


def full_name(cls: type) -> str:
    """The name of a class with that of its module, whatever its metaclass says."""
    module = type.__dict__["__module__"].__get__(cls)
    name = qualified_name(cls)
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


def name_of(called: Any) -> str:  # noqa: ANN401
    """What is called, in a few words; runs no code of the program."""
    kind = type(called)
    if kind is BuiltinFunctionType:
        owner, name = called.__self__, called.__name__
        if owner is None or type(owner) is ModuleType:
            module = called.__module__
            return name if module in (None, "builtins") else f"{module}.{name}"
        return f"{full_name(owner if issubclass(type(owner), type) else type(owner))}.{name}"
    if kind is MethodDescriptorType:
        return f"{full_name(called.__objclass__)}.{called.__name__}"
    if issubclass(kind, type):
        return full_name(called)
    module, name = _stored(called, "__module__"), _stored(called, "__qualname__")
    if name is not None:
        return name if module is None else f"{module}.{name}"
    return f"{full_name(kind)}.__call__"


def _stored(called: object, attribute: str) -> str | None:
    """A text that compiled code keeps for an attribute, as a Cython function does."""
    for kind in type(called).__mro__:
        getter: Any = kind.__dict__.get(attribute)
        if type(getter) in (GetSetDescriptorType, MemberDescriptorType):
            text = getter.__get__(called)
            return text if type(text) is str else None
    return None
