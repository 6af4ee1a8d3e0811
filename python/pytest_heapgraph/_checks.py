"""What is done with what a check has found."""

from __future__ import annotations

import json
import re
import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, overload

from heapgraph._core import one_line, write_whole
from heapgraph.testing import check
from pytest_heapgraph import CHECK, EXCUSED
from pytest_heapgraph._settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest
    from typing_extensions import Unpack

    from heapgraph._findings import Findings, Leak
    from heapgraph.testing import Allowed, Block, RunOptions
    from pytest_heapgraph import Check

_NAMED = 3
"""So many leaks are named in the failure of a test."""


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
        options = {**settings.runs, **options} if scenario is not None else options
        begun = time.perf_counter()
        try:
            return check(partial(failure_of, self._item), scenario, allow, ignore, options)
        finally:
            if scenario is not None:
                check_of(self._item)["seconds"] += time.perf_counter() - begun


def check_of(item: pytest.Item) -> Check:
    """What the checks of a test have shown until now, to be added to."""
    nothing: Check = {"seconds": 0.0, "leaks": [], "not_checked": None, "fails": False}
    return item.stash.setdefault(CHECK, nothing)


def failure_of(item: pytest.Item, findings: Findings) -> str | None:
    """Note what was found; the text of the failure, if something is new and not to be listed.

    It is short: one leak may be shown by many tests, and is explained once, at the end.
    """
    settings = settings_of(item.config)
    if findings.excused:
        excused = [(excused.rule, excused.path) for excused in findings.excused]
        item.stash.setdefault(EXCUSED, []).extend(excused)
    new = [leak for leak in findings.leaks if leak.fingerprint not in settings.known]
    if settings.updating:
        new = []
    check_of(item)["leaks"] += [
        {
            **leak.to_dict(),
            "is_new": leak in new,
            "text": [leak.headline, *leak.lines, *findings.surer()],
            "pattern": leak.pattern(),
        }
        for leak in findings.leaks
    ]
    if findings.undecided and not findings.leaks:
        surer = f" ({'; '.join(findings.missing)})" if findings.missing else ""
        check_of(item)["not_checked"] = f"undecided, {findings.undecided[0]}{surer}"
    if not new:
        return None
    more = f" (and {len(new) - 1} more)" if len(new) > 1 else ""
    lines = [new[0].headline + more, *(leak.headline for leak in new[1:_NAMED])]
    lines.append('Explained at the end of the run, under "heapgraph".')
    if settings.report is not None:
        written = write_report(settings.report, item.nodeid, findings, new)
        lines.append(one_line(f"Written to {settings.report}: {', '.join(written)}"))
    return "\n".join(lines)


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
