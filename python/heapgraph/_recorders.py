"""Lists in which the tools of a test record what happens: they grow, and are no leak."""

from __future__ import annotations

from array import array

from heapgraph._loaded_modules import loaded_module, names_of_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def recording_lists() -> list[list[Any]]:
    """The list of `warnings.catch_warnings`, if warnings are recorded, and those of captured logs.

    Known by the objects themselves: what else lies under such a name, or in such a list of the
    program's, is the program's.
    """
    lists = [handler.records for handler in _capturing_handlers()]
    recorded = _recorded_warnings()
    return lists if recorded is None else [*lists, recorded]


class Recorders:
    """Those lists, and how much was in them when a test had run once."""

    __slots__ = ("_ends", "_handlers", "_lengths", "_warnings")

    def __init__(self) -> None:
        """Find them; what they hold now is what they keep."""
        self._handlers = _capturing_handlers()
        recorded = _recorded_warnings()
        self._warnings: list[Any] = [] if recorded is None else recorded
        # Written in place: between two looks at the heap nothing new must be made.
        self._lengths = array("q", [0] * (len(self._handlers) + 1))
        self._ends = array("q", [0] * len(self._handlers))
        self.note()

    def note(self) -> None:
        """Let them keep what they hold by now."""
        self._lengths[-1] = len(self._warnings)
        for index, handler in enumerate(self._handlers):
            self._lengths[index] = len(handler.records)
            self._ends[index] = handler.stream.tell()

    def forget(self) -> None:
        """Take out what was recorded since."""
        del self._warnings[self._lengths[-1] :]
        for index, handler in enumerate(self._handlers):
            del handler.records[self._lengths[index] :]
            end = self._ends[index]
            if handler.stream.tell() > end:
                handler.stream.seek(end)
                handler.stream.truncate()


def _recorded_warnings() -> list[Any] | None:
    module = names_of_module(loaded_module("warnings"))
    # `catch_warnings(record=True)` puts the method of a list in the place of this function.
    recorded: Any = getattr(module.get("_showwarnmsg_impl"), "__self__", None)
    context: Any = module.get("_get_context")
    if context is not None:
        # From 3.14 on, where warnings are a matter of the context.
        log = context().log
        recorded = recorded if log is None else log
    return recorded if type(recorded) is list else None


def _capturing_handlers() -> list[Any]:
    captures = names_of_module(loaded_module("_pytest.logging")).get("LogCaptureHandler")
    root: Any = names_of_module(loaded_module("logging")).get("root")
    if captures is None or root is None:
        return []
    return [handler for handler in root.handlers if type(handler) is captures]
