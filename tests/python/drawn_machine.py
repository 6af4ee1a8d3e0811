"""A clock that a test sets."""

from __future__ import annotations

from heapgraph._growth_loop import GrowthLoop
from heapgraph._machine import Machine


class DrawnMachine(Machine):
    """A machine on which time passes only as is drawn; a test derives one of its own."""

    now = 0.0

    @classmethod
    def seconds(cls) -> float:
        """What has passed until now."""
        return cls.now

    @classmethod
    def seconds_on_the_wall(cls) -> float:
        """The same where nothing waits for a processor."""
        return cls.now

    @classmethod
    def sleep(cls, seconds: float) -> None:
        """Draw these."""
        cls.now += seconds


def draw_time() -> type[DrawnMachine]:
    """Let the searches of this process, a fork that ends soon, read a machine of their own."""

    class OfThisTest(DrawnMachine):
        pass

    GrowthLoop.machine = OfThisTest
    return OfThisTest
