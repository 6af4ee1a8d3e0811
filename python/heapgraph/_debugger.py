"""What a debugger holds of the program that it has stopped.

At the prompt of pdb every local variable of the program is held by the debugger as well. That is
true and answers nothing: without the debugger nobody would hold it.
"""

from __future__ import annotations

import gc
import sys

from heapgraph._loaded_modules import loaded_module, names_of_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# Where pdb and all that are derived from it do their work.
_MODULES = ("bdb", "cmd", "pdb")

# Among `co_flags`: the locals are in the frame, not in a namespace. `inspect` is slow to import.
OPTIMIZED = 1


def debugger_ids() -> list[int]:
    """Ids of a debugger from whose prompt this is called, and of what it uses to show a program.

    Returns:
        Ids for `extra_ignore`; none if no debugger derived from ``bdb.Bdb`` is at work in this
        thread. The program's own objects and frames are not among them.
    """
    base = names_of_module(loaded_module("bdb")).get("Bdb")
    if type(base) is not type:
        return []
    frames = list(callers(sys._getframe(1)))  # noqa: SLF001, what `inspect` calls too
    debuggers: dict[int, object] = {}
    for frame in frames:
        if module_of(frame) in _MODULES:
            owner = _owner(frame)
            if issubclass(type(owner), base):
                debuggers[id(owner)] = owner
    if not debuggers:
        return []
    own = [frame for frame in frames if _works_for(frame, debuggers)]
    own += [frame for frame in frames if frame.f_back in own and _is_command(frame)]
    found = [*own, *debuggers.values()]
    # Dicts that the frames keep once they are asked for: up to 3.12, later each asker gets a view.
    kept = [frame.f_locals for frame in own if frame.f_code.co_flags & OPTIMIZED]
    found += [variables for variables in kept if type(variables) is dict]
    for debugger in debuggers.values():
        found += _notes(debugger)
        found += _company(debugger)
    # The prompt looks for a command of that name first, and goes on while it handles the failure.
    failure = sys.exc_info()[1]
    if type(failure) is AttributeError and id(failure.obj) in debuggers:
        found.append(failure)
    return [id(obj) for obj in found if obj is not None]


def callers(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, what has called it, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def module_of(frame: FrameType) -> str | None:
    """What the code of a frame says that its module is called."""
    # The program may have made the namespace, and the name in it.
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else None


def _owner(frame: FrameType) -> object:
    """The object whose method a frame runs, else `None`."""
    is_method = frame.f_code.co_varnames[:1] == ("self",)
    return frame.f_locals.get("self") if is_method else None


def _works_for(frame: FrameType, debuggers: dict[int, object]) -> bool:
    module = module_of(frame)
    if module in _MODULES:
        return True
    # Only there, as asking any frame for its locals would leave a dict in it.
    classes = [cls for debugger in debuggers.values() for cls in type(debugger).__mro__]
    return module in [cls.__module__ for cls in classes] and id(_owner(frame)) in debuggers


def _is_command(frame: FrameType) -> bool:
    """Whether a frame runs what was typed at a prompt, in the names of another frame."""
    return frame.f_code.co_filename == "<stdin>" and frame.f_code.co_name == "<module>"


def _notes(debugger: object) -> Iterator[object]:
    """The containers in which a debugger has frames and locals of the program."""
    names = vars(debugger)
    yield names
    for name, value in names.items():
        if name != "curframe_locals" and type(value) in (dict, list):
            yield value
    # Pairs of a frame and a line.
    yield from names.get("stack") or ()
    shown = names.get("curframe")
    if shown is None:
        return
    # From 3.12: what `$_frame` and its like stand for at the prompt.
    yield shown.f_globals.get("__pdb_convenience_variables")
    if shown.f_code.co_flags & OPTIMIZED:
        # Otherwise these are the variables of a module or class themselves.
        yield names.get("curframe_locals")


def _company(debugger: object) -> Iterator[object]:
    """What holds a debugger, or the frame that it shows, on the stacks of values of its frames.

    One walk of the collector's list for each.
    """
    for holder in gc.get_referrers(debugger):
        # From 3.14: the context in which it is entered, and what its methods were called with.
        if type(holder).__name__ in ("generator", "tuple"):
            yield holder
    shown = vars(debugger).get("curframe")
    if shown is None:
        return
    for holder in gc.get_referrers(shown):
        is_arguments = (
            type(holder) is tuple and holder[0] is shown and holder[1:2] == (shown.f_code,)
        )
        if is_arguments or type(holder).__name__ == "FrameLocalsProxy":
            yield holder
