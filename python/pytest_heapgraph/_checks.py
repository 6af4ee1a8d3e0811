"""What is done with what a check has found."""

from __future__ import annotations

import inspect
import json
import logging
import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, overload

from _pytest.logging import LogCaptureHandler

from heapgraph._core import write_whole
from heapgraph.testing import check
from pytest_heapgraph import FOUND
from pytest_heapgraph._settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest
    from typing_extensions import Unpack

    from heapgraph._findings import Findings, Leak
    from heapgraph.testing import Allowed, Block, RunOptions


class NoGrowth:
    """What the fixture `assert_no_growth` gives to a test."""

    __slots__ = ("_item",)

    def __init__(self, item: pytest.Item) -> None:
        """Take the test."""
        self._item = item

    @overload
    def __call__(
        self,
        scenario: Callable[[], object],
        /,
        *,
        ignore: Sequence[str] = (),
        **options: Unpack[RunOptions],
    ) -> None: ...
    @overload
    def __call__(self, *, allow: Allowed = (), ignore: Sequence[str] = ()) -> Block: ...
    # mypy misses in a method what it accepts in the function of the same parameters.
    def __call__(  # type: ignore[misc]
        self,
        scenario: Callable[[], object] | None = None,
        /,
        *,
        allow: Allowed = (),
        ignore: Sequence[str] = (),
        **options: Unpack[RunOptions],
    ) -> Block | None:
        """Check a callable at once; without one, make a context manager that checks its block."""
        __tracebackhide__ = True
        settings = settings_of(self._item.config)
        ignore = [*settings.ignore, *([ignore] if isinstance(ignore, str) else ignore)]
        if scenario is not None:
            options = {**settings.runs, **options}
            scenario = _forgetting_logs(scenario)
        return check(partial(failure_of, self._item), scenario, allow, ignore, options)


def _forgetting_logs(scenario: Callable[[], object]) -> Callable[[], object]:
    """A scenario whose log records are not kept for the report of the test, or for `caplog`."""
    kept = [
        (handler, len(handler.records), handler.stream.tell())
        for handler in logging.getLogger().handlers
        if isinstance(handler, LogCaptureHandler)
    ]

    def forget() -> None:
        for handler, records, end in kept:
            del handler.records[records:]
            if handler.stream.tell() > end:
                handler.stream.seek(end)
                handler.stream.truncate()

    if inspect.iscoroutinefunction(scenario):

        async def run_coroutine() -> None:
            await scenario()
            forget()

        return run_coroutine

    def run() -> object:
        answer = scenario()
        forget()
        return answer

    # Functions that can not be run have an error of their own.
    return scenario if inspect.isgeneratorfunction(scenario) else run


def failure_of(item: pytest.Item, findings: Findings) -> str | None:
    """Note what was found; the text of the failure, if something is new and not to be listed."""
    settings = settings_of(item.config)
    item.stash.setdefault(FOUND, []).extend(leak.to_dict() for leak in findings.leaks)
    new = [leak for leak in findings.leaks if leak.fingerprint not in settings.known]
    if not new or settings.updating:
        return None
    notes = []
    if settings.report is not None:
        written = write_report(settings.report, item.nodeid, findings, new)
        notes.append(f"Written to {settings.report}: {', '.join(written)}")
    return findings.text(new, *notes)


def write_report(folder: Path, nodeid: str, findings: Findings, new: list[Leak]) -> list[str]:
    """Write a picture, JSON and the heap of a failure.

    Returns:
        The names of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    base = re.sub(r"[^\w.-]+", "-", nodeid)[-120:].strip("-.")
    if "[" in nodeid or len(nodeid) > 120:
        # Arguments differ in more than what a file can be named.
        base += f"-{zlib.crc32(nodeid.encode(errors='surrogatepass')):08x}"
    contents = {
        "schema": "heapgraph/test-failure@1",
        "test": nodeid,
        "leaks": [{**leak.to_dict(), "text": [leak.headline, *leak.lines]} for leak in new],
        "answer": findings.answer,
    }
    text = json.dumps(contents, indent=2, ensure_ascii=False)
    # A lone surrogate becomes an escape, which is what JSON writes for it.
    write_whole(folder / f"{base}.json", f"{text}\n".encode(errors="backslashreplace"))
    written = [f"{base}.json"]
    snapshot = findings.snapshot
    if snapshot is not None:
        if new[0].why is not None:
            new[0].why.to_svg(folder / f"{base}.svg")
            written.append(f"{base}.svg")
        snapshot.save(folder / f"{base}.parquet")
        written.append(f"{base}.parquet")
    return written
