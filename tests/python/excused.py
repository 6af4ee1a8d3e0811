"""Does what each rule for a first use is about, where nothing has been used yet; writes JSON.

For each: what survives, and what was excused by which rules.
"""

from __future__ import annotations

import abc
import asyncio
import enum
import json
import logging
import struct
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any
from unittest import mock

from heapgraph._survivors import HeapBefore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Base(abc.ABC):  # noqa: B024 - only asked about
    """An abstract class."""


class Flags(enum.Flag):
    """Flags that are combined."""

    ONE = 1
    TWO = 2


class Session:
    """Something of the program's own."""


remembers = mock.MagicMock()
answers: dict[str, Any] = {}


def note(name: str, before: HeapBefore) -> None:
    """Note what has survived since."""
    findings = before.survivors({}, ())
    answers[name] = {
        "leaks": [leak.headline for leak in findings.leaks],
        "rules": sorted({excused.rule for excused in findings.excused}),
    }


def imported() -> None:
    import wsgiref.simple_server  # noqa: F401


def stdlib_cache() -> None:
    import fnmatch

    fnmatch.fnmatch("first", "u*e")


def stdlib_global() -> None:
    asyncio.run(asyncio.sleep(0))


def stdlib_state() -> None:
    struct.pack("<HQd", 1, 2, 3)


def subclasses() -> None:
    "text".encode("cp1250")


def loggers() -> None:
    logging.getLogger("another.one")


def composite_flags() -> None:
    _ = Flags.ONE | Flags.TWO


def abc_answers() -> None:
    import collections.abc

    isinstance(3.5, Base)
    isinstance(3.5, collections.abc.Mapping)
    issubclass(dict, collections.abc.MutableSequence)


def shown_warnings() -> None:
    warnings.warn("of a block", stacklevel=1)


def thread_endings() -> None:
    import concurrent.futures.thread  # noqa: F401


def overloads() -> None:
    import typing

    @typing.overload
    def parse(text: str) -> str: ...
    @typing.overload
    def parse(text: bytes) -> bytes: ...
    def parse(text: Any) -> Any:
        return text


def mock_calls() -> None:
    remembers(Session())


def mock_method_calls() -> None:
    remembers.method(Session())


def mock_sentinels() -> None:
    _ = mock.sentinel.of_a_test


async def woken() -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    await event.wait()


async def in_block(name: str, inner: Callable[[], Awaitable[object]]) -> None:
    """Note what survives a block that awaits something."""
    before = HeapBefore()
    await inner()
    note(name, before)


def own_objects() -> list[Callable[[], object]]:
    """Objects of the program where a rule would excuse others."""
    import copyreg
    import inspect
    import re

    shop: Any = types.ModuleType("shop")
    sys.modules["shop"] = shop
    shop.client = types.SimpleNamespace(method_calls=[], _mock_log=[], _current_handle=[])
    return [
        lambda: shop.client.method_calls.append(Session()),
        lambda: shop.client._mock_log.append(Session()),
        lambda: shop.client._current_handle.append(Session()),
        lambda: setattr(inspect, "left_here", [Session()]),
        lambda: inspect.modulesbyfile.update({"x": Session()}),
        lambda: setattr(warnings, "left_here", ["text"]),
        lambda: warnings.filters.append(("ignore", None, Session(), None, 0)),  # type: ignore[attr-defined]
        lambda: copyreg.dispatch_table.update({Session: Session()}),  # type: ignore[dict-item]
        lambda: re._cache.update({"x": Session()}),  # type: ignore[attr-defined]
        lambda: logging.getLogger("third").addFilter(Session()),  # type: ignore[arg-type]
    ]


def main() -> None:
    """Do everything once."""
    warnings.simplefilter("default")
    warnings.showwarning = lambda *_, **__: None
    first_uses = [imported, stdlib_cache, stdlib_state, subclasses, loggers, composite_flags]
    first_uses += [abc_answers, shown_warnings, thread_endings, overloads, stdlib_global]
    first_uses += [mock_calls, mock_method_calls, mock_sentinels]
    for use in first_uses:
        before = HeapBefore()
        use()
        note(use.__name__.replace("_", "-"), before)
    for debug in (False, True):
        name = "running-handle" if debug else "running-call"
        asyncio.run(in_block(name, lambda: asyncio.sleep(0.01)), debug=debug)
        asyncio.run(in_block(f"woken in {name}", woken), debug=debug)
    leave_own_objects = own_objects()
    before = HeapBefore()
    for leave in leave_own_objects:
        leave()
    note("own objects", before)


if __name__ == "__main__":
    main()
    json.dump(answers, sys.stdout)
