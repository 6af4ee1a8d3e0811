"""Control groups with a limit of memory, one inside the other, as containers have them."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {"memory.limit_in_bytes": "memory.usage_in_bytes", "memory.max": "memory.current"}
"""The limit of a group and what is in use, as the two versions name them."""
INNER = "inner"


@dataclass(frozen=True)
class Limit:
    """The limit of a group around the one that a process is in."""

    outer: Path

    def enter(self) -> None:
        """Go on in a group that has no limit of its own, inside the one that has."""
        (self.outer / INNER / "cgroup.procs").write_text(str(os.getpid()))

    @contextlib.contextmanager
    def leaving(self, room: int) -> Iterator[None]:
        """Leave so many bytes to what is in the group."""
        limit, usage = next(
            (self.outer / limit, self.outer / usage)
            for limit, usage in FILES.items()
            if (self.outer / limit).exists()
        )
        before = limit.read_text()
        limit.write_text(str(int(usage.read_text()) + room))
        try:
            yield
        finally:
            limit.write_text(before)


@contextlib.contextmanager
def nested_groups() -> Iterator[Path]:
    """Two groups of this process's own, the outer of which can be limited; they are empty.

    They are inside of the group that this process is in, so that its limits hold for them too.

    Raises:
        OSError: Where they can not be made: without the right to, or without groups.
    """
    outer = own_group() / f"heapgraph-test-{os.getpid()}"
    outer.mkdir()
    try:
        if not any((outer / limit).exists() for limit in FILES):
            message = f"no limit of memory can be set in {outer}"
            raise OSError(message)
        (outer / INNER).mkdir()
        try:
            yield outer
        finally:
            (outer / INNER).rmdir()
    finally:
        outer.rmdir()


def own_group() -> Path:
    """The folder of the group that counts the memory of this process."""
    mounts = Path("/proc/self/mountinfo").read_text()
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            kind = r"cgroup \S+ \S*\bmemory\b"
        elif not controllers:
            kind = "cgroup2 "
        else:
            continue
        mount = re.search(rf"^\d+ \d+ \S+ (\S+) (\S+) .* - {kind}", mounts, re.MULTILINE)
        if mount:
            return Path(mount[2]) / os.path.relpath(path, mount[1])
    message = "no control group counts memory"
    raise OSError(message)
