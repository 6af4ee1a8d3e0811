"""What a check of a test has found: leaks, each in a few lines that tell what to do."""

from __future__ import annotations

from heapgraph._advice import advice_on_growth
from heapgraph._core import generic_path, one_line
from heapgraph._excuses import Excused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from heapgraph import (
        Explanation,
        GrowingPath,
        GrowthReport,
        HeapSnapshot,
        HeldByCycle,
        RootChain,
        Why,
    )

_KINDS_OF_MEMORY = frozenset(["blocks", "native"])
"""What has no path, and noise of its own."""

_UNITS = {
    "references": "unexplained reference",
    "outside": "object",
    "cycles": "object",
    "blocks": "block",
}
"""What is counted besides elements."""

_LONGEST_CHAIN = 8
"""Lines of a chain that are shown; of a longer one the middle is left out."""


_LEAKS_IN_FULL = 3
_LEAKS_IN_BRIEF = 10
"""How many leaks of one test are explained, and how many more are named."""


class Leak:
    """One path by which objects accumulate or survive."""

    __slots__ = ("fingerprint", "headline", "lines", "path", "type_name", "why")

    def __init__(
        self,
        fingerprint: str,
        path: str,
        type_name: str,
        headline: str,
        lines: list[str],
        why: Why | None,
    ) -> None:
        """Take what is known, and why it is alive; names in the lines are made harmless."""
        self.fingerprint = fingerprint
        self.path = path
        self.type_name = type_name
        self.headline = one_line(headline)
        self.lines = [one_line(line) for line in lines]
        self.why = why

    def to_dict(self) -> dict[str, str]:
        """What names the leak in a list of known ones."""
        return {"fingerprint": self.fingerprint, "path": self.path, "type": self.type_name}

    def pattern(self) -> str | None:
        """A pattern that allows it and what is below it; none for a path that names no place."""
        return None if self.path.startswith("<") else generic_path(self.path) + "*"


class Findings:
    """The leaks of one check, and the heap in which they were seen."""

    __slots__ = ("answer", "excused", "leaks", "missing", "snapshot", "undecided")

    def __init__(
        self,
        leaks: list[Leak],
        snapshot: HeapSnapshot | None,
        answer: dict[str, Any],
        missing: Sequence[str] = (),
        excused: Sequence[Excused] = (),
        undecided: Sequence[str] = (),
    ) -> None:
        """Take what was found.

        Args:
            leaks: What is a leak.
            snapshot: The heap.
            answer: The whole answer as data.
            missing: What would make it surer.
            excused: What was found and excused, with the rules of `_core.EXCUSES`.
            undecided: What rose and may have an end, in words.
        """
        self.leaks = leaks
        self.snapshot = snapshot
        self.answer = answer
        self.missing = missing
        self.excused = excused
        self.undecided = undecided

    def text(self) -> str:
        """Write the failure: the leaks, the first of them in full."""
        shown = self.leaks
        more = f" (and {len(shown) - 1} more)" if len(shown) > 1 else ""
        parts = [shown[0].headline + more, *shown[0].lines]
        for leak in shown[1:_LEAKS_IN_FULL]:
            parts += ["", leak.headline, *leak.lines]
        brief = shown[_LEAKS_IN_FULL:]
        if brief:
            parts += ["", *(leak.headline for leak in brief[:_LEAKS_IN_BRIEF])]
        if len(brief) > _LEAKS_IN_BRIEF:
            parts.append(f"... and {len(brief) - _LEAKS_IN_BRIEF} more")
        patterns = [pattern for leak in shown if (pattern := leak.pattern()) is not None]
        if patterns:
            parts += ["", f"If this is meant: ignore={patterns[:_LEAKS_IN_FULL]}"]
        return "\n".join([*parts, *self.surer()])

    def surer(self) -> list[str]:
        """Lines that say what would make the answer surer."""
        return [one_line(f"To be surer: {missing}") for missing in self.missing]


def from_growth(report: GrowthReport) -> Findings:
    """Put what grows into words; memory that may have grown once fails no test."""
    growing = [path for path in report.growing if report or path.kind not in _KINDS_OF_MEMORY]
    leaks = [_growing(path, report.iterations) for path in growing]
    excused = [Excused(path.path, path.excuse) for path in report.ignored if path.excuse]
    undecided = [f"{path.path} rises: {path.evidence}" for path in report.undecided]
    return Findings(leaks, report.snapshot, report.to_dict(), report.missing, excused, undecided)


def chain_lines(chain: RootChain) -> list[str]:
    """The lines of a chain below its path."""
    lines = str(chain).strip().split("\n")[2:]
    if len(lines) > _LONGEST_CHAIN:
        half = _LONGEST_CHAIN // 2
        lines[half:-half] = [f"  ... {len(lines) - 2 * half} more"]
    return ["  " + line for line in lines]


def _growing(path: GrowingPath, iterations: int) -> Leak:
    amounts = []
    if path.elements_per_iteration:
        count = f"{path.elements_per_iteration:+.3g}"
        unit = _UNITS.get(path.kind, "element")
        amounts.append(f"{count} {unit}" + ("" if count == "+1" else "s"))
    if round(path.bytes_per_iteration):
        amounts.append(f"{path.bytes_per_iteration:+,.0f} bytes")
    headline = f"{path.path} grows with every run: {', '.join(amounts) or path.evidence}"
    series = " > ".join(map(str, path.series))
    elements = sorted(path.elements.items(), key=lambda row: (-row[1], row[0]))
    rows = [
        ("size", f"{path.type_name}: {series} over {iterations} runs"),
        ("evidence", path.evidence if amounts else ""),
        ("of", ", ".join(f"{count:.3g} {name}" for name, count in elements[:4])),
        ("at", path.location or ""),
        ("inserted", "; ".join(path.inserted[:3])),
        ("allocated", "; ".join(path.allocated[:3])),
        ("also", ", ".join(path.also[:4])),
    ]
    lines = [f"  {name:<10} {text}" for name, text in rows if text]
    answer = path.why()
    if answer is not None:
        for explanation in answer.chains[:1]:
            lines += alive_lines(explanation, explanation.chain)
        for held in answer.uncollectable:
            lines += cycle_lines(held)
    lines.append(f"  {'try':<10} {advice_on_growth(path)}")
    lines.append(f"  fingerprint {path.fingerprint}")
    return Leak(path.fingerprint, path.path, path.type_name, headline, lines, answer)


def cycle_lines(held: HeldByCycle) -> list[str]:
    """Why something stays that only a cycle holds."""
    what, reason = str(held).split("\n")
    return [f"  {what}", f"  {reason}"]


def alive_lines(explanation: Explanation, chain: RootChain) -> list[str]:
    """Why an object is alive: a chain to it, what else has to be cut, and what that frees."""
    lines = ["  alive by", *chain_lines(chain)]
    if explanation.outside is not None:
        lines += [f"  {line}" for line in str(explanation.outside).split("\n")]
    holders, freed_size = explanation.nearest_holders, explanation.nearest_freed_size
    if not holders:
        holders, freed_size = explanation.holders, explanation.freed_size
    when = "when cut"
    if len(holders) > 1:
        others = [holder.path for holder in holders if holder.path != chain.path]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        lines.append(f"  also by    {', '.join(others[:3])}{more}: all of them have to be cut")
        when = "when all are cut"
    if freed_size:
        lines.append(f"  frees      {freed_size:,} bytes {when}")
    return lines
