"""What is known of objects by those who made their classes."""

from __future__ import annotations

from heapgraph._registry import Registry, error_text, type_name
from heapgraph._signals import is_of_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

_INSPECTORS = Registry("inspector")


class Verdict:
    """What an inspector says of an object: that it should be there, or that it should be gone.

    Attributes:
        is_gone: Whether the object should be gone.
        reason: Why, in a few words.

    Examples:
        >>> Verdict.gone("the session is signed out")
        Verdict.gone('the session is signed out')
        >>> Verdict.stays("one pool serves the whole program").is_gone
        False
    """

    __slots__ = ("is_gone", "reason")

    is_gone: bool
    reason: str

    def __init__(self, *, is_gone: bool, reason: str) -> None:
        if not isinstance(reason, str):
            message = f"the reason of a verdict is a str, not {type_name(reason)}"
            raise TypeError(message)
        self.is_gone = bool(is_gone)
        self.reason = str(reason)

    @classmethod
    def gone(cls, reason: str) -> Verdict:
        """The object should be gone, for that reason."""
        return cls(is_gone=True, reason=reason)

    @classmethod
    def stays(cls, reason: str) -> Verdict:
        """The object should be there, for that reason."""
        return cls(is_gone=False, reason=reason)

    def __repr__(self) -> str:
        return f"Verdict.{'gone' if self.is_gone else 'stays'}({self.reason!r})"


def register_inspector(cls: type[T], function: Callable[[T], Verdict | None]) -> None:
    """Let a function say of objects whether they should be there.

    `heapgraph.why` calls it with each instance of the class, or of a class derived from it, that
    is on a chain of the answer: after the heap was captured, while the object is held. What it
    says stands in the trace, and narrows the references among which the cause is. An inspector
    that raises, or gives anything but a `Verdict` or `None`, is named in the trace.

    Args:
        cls: The class. It has one inspector: another one takes its place. Those of its base classes
            are asked too.
        function: Takes the object; gives a `Verdict`, or `None` if it has nothing to say.

    Raises:
        TypeError: If `cls` is no class or `function` can not be called.

    Examples:
        >>> class Session:
        ...     is_open = False
        >>> def inspect(session):
        ...     return None if session.is_open else Verdict.gone("the session is over")
        >>> register_inspector(Session, inspect)
        >>> unregister_inspector(Session)
    """
    _INSPECTORS.register(cls, function)


def unregister_inspector(cls: type) -> None:
    """Take the inspector of a class away, if it has one.

    Raises:
        TypeError: If `cls` is no class.
    """
    _INSPECTORS.unregister(cls)


def has_inspectors() -> bool:
    """Whether any is registered."""
    return bool(_INSPECTORS.by_class)


def verdicts_on(obj: object) -> list[tuple[str, str]]:
    """What inspectors say of an object: `alive`, `gone` or `failed`, and why."""
    said = []
    for cls, function in _INSPECTORS.functions_for(obj):
        try:
            verdict = function(obj)
        except Exception as error:
            if is_of_handler(error):
                raise
            failure = f"{_INSPECTORS.describe(cls, function)} raised {error_text(error)}"
            said.append(("failed", failure))
            continue
        if verdict is None:
            continue
        if not issubclass(type(verdict), Verdict):
            words = f"{_INSPECTORS.describe(cls, function)} gave {type_name(verdict)}"
            said.append(("failed", f"{words}, which is no Verdict and not None"))
        elif verdict.is_gone:
            said.append(("gone", verdict.reason))
        else:
            said.append(("alive", f"stays: {verdict.reason}"))
    return said
