"""Exceptions that handlers of signals raise in the middle of something else."""

from __future__ import annotations

from types import FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


def is_of_handler(error: BaseException) -> bool:
    """Whether a handler of a signal raised an exception, itself or in what it called.

    Python runs handlers between any two instructions of the main thread. What one raises in code
    that may fail, such as the ``repr`` of an object, is no failure of that code: it is handed on.

    A handler is known by its code in the traceback. One that is compiled leaves none.
    """
    import signal

    handlers = [_code_of(signal.getsignal(number)) for number in signal.valid_signals()]
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code in handlers:
            return True
        entry = entry.tb_next
    return False


def _code_of(handler: object) -> CodeType | None:
    """The code of a handler: a function, a method, a partial, or an object with `__call__`."""
    from functools import partial

    while type(handler) is partial:
        handler = handler.func
    if type(handler) not in (FunctionType, MethodType):
        methods = (vars(cls).get("__call__") for cls in type(handler).__mro__)
        handler = next((method for method in methods if method is not None), None)
    function = handler.__func__ if type(handler) is MethodType else handler
    return function.__code__ if type(function) is FunctionType else None
