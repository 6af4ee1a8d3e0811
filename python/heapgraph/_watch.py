"""Objects that should go."""

from __future__ import annotations

import gc
import time
import weakref

from heapgraph._core import one_line
from heapgraph._registry import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from heapgraph import _core


class Watch:
    """An object that should go, as `heapgraph.watch` gives it. Does not keep it alive."""

    __slots__ = ("__weakref__", "_reference", "_type_name", "reason", "since")

    reason: str | None
    since: float

    def __init__(self, obj: object, reason: str | None) -> None:
        self._reference = _Reference(obj, _forget)
        self._reference.address = id(obj)
        self._type_name = type_name(obj)
        #: Why the object should go, if that was said.
        self.reason = reason
        #: When that was said, in seconds since the epoch.
        self.since = time.time()

    @property
    def alive(self) -> bool:
        """Whether the object is still there, be it only because nothing was collected since."""
        return self._reference() is not None

    def why(self, *, limit: int = 3, collect: bool = True) -> _core.Why | None:
        """Explain why the object is still there.

        Args:
            limit: How many explanations to give.
            collect: Whether to collect garbage first.

        Returns:
            What `heapgraph.why` says, or `None` if the object is gone.

        Raises:
            CaptureError: As for `take_snapshot`.
        """
        from heapgraph import _why

        if collect:
            gc.collect()
        if not self.alive:
            return None
        try:
            return _why.explain(self._reference.address, limit=limit, collected=collect)
        except KeyError:
            # It went in the last moment.
            return None

    def __repr__(self) -> str:
        state = "alive" if self.alive else "gone"
        return f"<heapgraph.Watch of {self._type_name}, {state}, {one_line(self.words())}>"

    def words(self) -> str:
        """Why the object should go, and since when."""
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"watched since {since}" + (f": {self.reason}" if self.reason else "")


class _Reference(weakref.ref):  # type: ignore[type-arg]
    __slots__ = ("address",)

    address: int


# By address. What is done with it are single operations of dicts with numbers as keys, which other
# threads and the collector do not get into.
_WATCHES: dict[int, Watch] = {}


def _forget(reference: _Reference, watches: dict[int, Watch] = _WATCHES) -> None:
    """Called when a watched object goes, before anything else can be at its address."""
    watches.pop(reference.address, None)


def watch(obj: object, reason: str | None = None) -> Watch:
    """Say that an object should go soon: `heapgraph.why` says so too, of it and of what it holds.

    The object is not kept alive, and nothing is kept of it once it is gone. May be called in any
    thread.

    Args:
        obj: The object. To watch it again changes the reason, if one is given.
        reason: Why it should go, in a few words.

    Returns:
        The `Watch`: whether the object is `alive`, and `why()`.

    Raises:
        TypeError: If the object can not be referred to weakly.

    Examples:
        >>> class Session:
        ...     pass
        >>> session = Session()
        >>> watched = watch(session, "the user has signed out")
        >>> watched.alive
        True
        >>> del session
        >>> watched.alive, watched.why()
        (False, None)
    """
    try:
        new = Watch(obj, reason)
    except TypeError:
        message = (
            f"an object of type {type_name(obj)} can not be watched, as it takes no weak "
            "reference: watch the object that owns it, or add '__weakref__' to the __slots__ of "
            "its class"
        )
        raise TypeError(message) from None
    known = _WATCHES.setdefault(id(obj), new)
    if known is not new and reason is not None:
        known.reason, known.since = reason, new.since
    return known


def watched() -> list[Watch]:
    """Collect garbage and list what is watched and still there, the first watched first.

    Returns:
        A list of `Watch`.
    """
    gc.collect()
    return [one for one in _WATCHES.copy().values() if one.alive]


def has_watches() -> bool:
    """Whether anything is watched."""
    return bool(_WATCHES)


def verdicts_on(obj: object) -> list[tuple[str, str]]:
    """As an inspector: `gone` and why, if the object is watched."""
    known = _WATCHES.get(id(obj))
    return [] if known is None else [("gone", known.words())]
