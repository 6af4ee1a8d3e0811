"""A clock that a test sets."""

from __future__ import annotations

from heapgraph._machine import Machine


class DrawnMachine(Machine):
    """A machine on which time passes only as is drawn; a test derives one of its own."""

    now = 0.0

    @classmethod
    def seconds(cls) -> float:
        """What has passed until now."""
        return cls.now

    @classmethod
    def sleep(cls, seconds: float) -> None:
        """Draw these."""
        cls.now += seconds
