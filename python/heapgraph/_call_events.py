"""Calls into compiled code, as the interpreter tells of them while a program runs."""

from __future__ import annotations

import os.path
import sys
from types import FrameType, FunctionType, MethodType

from heapgraph._growth_lines import suspended_frames

# Not from `typing`, which takes longer to import than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Protocol

    class Listener(Protocol):
        """What is told of the calls."""

        def enter_call(self, code: CodeType, offset: int, called: object) -> None:
            """A call into compiled code begins, at an offset in the code of who calls."""

        def leave_call(self, code: CodeType, offset: int) -> None:
            """It is over."""

        def enter_python(self) -> None:
            """A function of Python begins, or goes on."""

        def leave_python(self) -> None:
            """It returns, or waits."""

        def line(self, code: CodeType, number: int) -> None:
            """A line begins."""


# Not a `Path`: `pathlib` takes long to import.
_OURS = os.path.dirname(__file__)  # noqa: PTH120
"""Where files lie whose lines are not those of the program."""

_FREE_TOOLS = (2, 3, 4)
"""The id for profilers, and those that the interpreter gives no purpose."""


def _monitoring() -> Any:  # noqa: ANN401
    """`sys.monitoring`, which CPython has from 3.12 on."""
    return getattr(sys, "monitoring")  # noqa: B009 - for the types of CPython 3.10 there is none


def is_ours(code: CodeType) -> bool:
    """True if the code is that of heapgraph itself."""
    return code.co_filename.startswith(_OURS)


def call_events(listener: Listener, *, lines: bool) -> MonitoringEvents | ProfileEvents:
    """What tells `listener` of the calls of this interpreter, or of the lines instead."""
    if sys.version_info >= (3, 12):
        return MonitoringEvents(listener, lines=lines)
    return ProfileEvents(listener, lines=lines)


class MonitoringEvents:
    """Events of `sys.monitoring`: of all threads, and of all that is called."""

    def __init__(self, listener: Listener, *, lines: bool) -> None:
        """Nothing is told before `begin`."""
        self._listener = listener
        self._lines = lines
        self._tool: int | None = None

    def begin(self) -> str | None:
        """Begin, or say why that cannot be."""
        tools = _monitoring()
        self._tool = next((tool for tool in _FREE_TOOLS if tools.get_tool(tool) is None), None)
        if self._tool is None:
            return "all tools of sys.monitoring are in use"
        tools.use_tool_id(self._tool, "heapgraph")
        mask = 0
        for event, callback in self._callbacks().items():
            tools.register_callback(self._tool, event, callback)
            mask |= event
        tools.set_events(self._tool, mask)
        return None

    def resume(self) -> None:
        """The program runs on."""

    def pause(self) -> None:
        """It does not: what is told meanwhile does no harm."""

    def end(self) -> None:
        """End; nothing if that was done before."""
        if self._tool is None:
            return
        tools = _monitoring()
        tools.set_events(self._tool, 0)
        for event in self._callbacks():
            tools.register_callback(self._tool, event, None)
        tools.free_tool_id(self._tool)
        self._tool = None

    def _callbacks(self) -> dict[int, Any]:
        # Functions, not bound methods: those would refer to what is looked at.
        listener, events = self._listener, _monitoring().events

        def enter_call(code: CodeType, offset: int, called: object, _first: object) -> None:
            # That is a call of Python code, of which other events tell.
            if type(called) is not FunctionType:
                listener.enter_call(code, offset, called)

        def leave_call(code: CodeType, offset: int, _called: object, _first: object) -> None:
            listener.leave_call(code, offset)

        def enter_python(_code: CodeType, _offset: int, *_error: object) -> None:
            listener.enter_python()

        def leave_python(_code: CodeType, _offset: int, _result: object) -> None:
            listener.leave_python()

        calls: dict[int, Any] = {
            events.CALL: enter_call,
            events.C_RETURN: leave_call,
            events.C_RAISE: leave_call,
        }
        functions: dict[int, Any] = {
            events.PY_START: enter_python,
            events.PY_RESUME: enter_python,
            events.PY_THROW: enter_python,
            events.PY_RETURN: leave_python,
            events.PY_YIELD: leave_python,
            events.PY_UNWIND: leave_python,
        }
        return {**functions, events.LINE: listener.line} if self._lines else {**functions, **calls}


class ProfileEvents:
    """Events of `sys.setprofile`, of this thread: calls of built-in functions and methods.

    Calls of types and of other objects are not among them. Lines are those of `sys.settrace`; a
    tracing function that was there before is put back in the end.
    """

    def __init__(self, listener: Listener, *, lines: bool) -> None:
        """Nothing is told before `begin`."""
        self._listener = listener
        self._lines = lines
        self._is_on = False
        self._traced: list[tuple[FrameType, Any]] = []

    def begin(self) -> str | None:
        """Begin, or say why that cannot be."""
        if sys.getprofile() is not None:
            return "a profiling function is set"
        self._is_on = True
        if self._lines:
            self._before = sys.gettrace()
            self._trace_running()
        return None

    def resume(self) -> None:
        """The program runs on."""
        if self._lines:
            sys.settrace(self._trace)
        sys.setprofile(self._profile)

    def pause(self) -> None:
        """It does not: to tell of calls makes dicts of the variables of who calls."""
        # Unless the program has set one itself meanwhile.
        if sys.getprofile() == self._profile:
            sys.setprofile(None)
        if self._lines and sys.gettrace() == self._trace:
            sys.settrace(self._before)

    def end(self) -> None:
        """End; nothing if that was done before."""
        if not self._is_on:
            return
        self.pause()
        self._is_on = False
        if not self._lines:
            return
        for frame, trace in self._traced:
            frame.f_trace = trace
        self._traced.clear()
        for frame in suspended_frames():
            trace = frame.f_trace
            if type(trace) is MethodType and trace.__self__ is self:
                frame.f_trace = None

    def _trace_running(self) -> None:
        """Trace the frame of the program that runs already: its lines may be the scenario."""
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 - there is no other way to it
        while frame is not None and is_ours(frame.f_code):
            frame = frame.f_back
        if frame is not None:
            self._traced.append((frame, frame.f_trace))
            frame.f_trace = self._trace

    def _profile(self, frame: FrameType, event: str, called: object) -> None:
        if event == "call":
            self._listener.enter_python()
        elif event == "return":
            self._listener.leave_python()
        elif self._lines:
            return
        elif event == "c_call":
            self._listener.enter_call(frame.f_code, frame.f_lasti, called)
        else:
            self._listener.leave_call(frame.f_code, frame.f_lasti)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401
        if not self._is_on:
            return None
        if event == "line":
            self._listener.line(frame.f_code, frame.f_lineno)
        return self._trace
