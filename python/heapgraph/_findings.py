"""What a check of a test has found: leaks, each in a few lines that tell what to do."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from heapgraph._core import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from heapgraph import Explanation, GrowingPath, GrowthReport, HeapSnapshot, RootChain, Why

TEST_TOOLS = (
    # What a test's log records and output are captured in.
    "sys.stdout*",
    "sys.stderr*",
    "logging.root.handlers*.records*",
    "logging.root.handlers*.stream*",
    "_pytest.*",
    "pytest.*",
    "pluggy.*",
    # The loader of a module of tests leads to all that pytest has.
    "*.__loader__.*",
    "*.__spec__.loader.*",
    "*._arg2fixturedefs*",
    "pytest_asyncio.*",
    "anyio.pytest_plugin.*",
    "pytest_rerunfailures.*",
    "xdist.*",
    "execnet.*",
    # What measures the tests.
    "coverage.*",
    "threading._trace_hook*",
    "threading._profile_hook*",
    "pytest_cov.*",
    "hypothesis.*",
    # What a mock remembers of its calls.
    "*._mock_*",
    "*.mock_calls*",
    "*.method_calls*",
    "*.call_args_list*",
    "unittest.mock.*",
    # The tool's own.
    "heapgraph.*",
    "pytest_heapgraph.*",
    # Cython's type of functions is counted up with each bound one, and not down: it costs nothing.
    "_cython_*.cython_function_or_method",
)
"""Paths of what a test does not answer for, most of it of the tools that run it."""

_RUNNING_TOOLS = ("_pytest", "pluggy", "anyio", "trio", "outcome")
"""Packages whose functions are running while a test does."""

_HINTS_BY_KIND = {
    "bytes": "Cut it, or start it anew, when its contents are used.",
    "references": "A reference is taken and not given back: look for a missing Py_DECREF in the "
    "compiled code that handles this object.",
    "outside": "Look for what is registered and never taken away again: atexit, at-fork and other "
    "callbacks of compiled code.",
    "blocks": "Objects that only compiled code knows: with tracemalloc.start() before the test, "
    "the lines that allocate them are named.",
    "native": "Memory of a compiled library: close or free what each iteration opens.",
}

_KINDS_OF_MEMORY = frozenset(["blocks", "native"])
"""What has no path, and noise of its own."""

_UNITS = {"references": "unexplained reference", "outside": "object", "blocks": "block"}
"""What is counted besides elements."""

_HINTS_BY_CAUSE = {
    "fragmentation": "Free memory lies between what is in use: make fewer small allocations that "
    "live for long among others that do not, or try MALLOC_ARENA_MAX=2 or another allocator.",
    "mapping": "Close what maps memory: files, shared memory, a library's own pools.",
}
"""Where memory that no Python object explains has gone."""

_HINTS_BY_PATH = (
    (".filters", "Take the filter away again: removeFilter."),
    ("logging.root.handlers", "Take the handler away again: removeHandler."),
    (".handlers", "Take the handler away again when its owner is done."),
    (".listeners", "Take the listener away again when its owner is done, or hold it weakly."),
    (".callbacks", "Take the callback away again when its owner is done, or hold it weakly."),
    ("threading.", "Join the thread, and let its function end."),
    ("atexit", "Take it back with atexit.unregister."),
)

_HINTS_BY_TYPE = {
    "dict": "Delete each entry when it is done with, hold the values in a "
    "weakref.WeakValueDictionary, or give the cache a limit.",
    "list": "Remove each element when it is done with, or keep the last ones only, in a "
    "collections.deque with maxlen.",
    "set": "Discard each element when it is done with, or hold them in a weakref.WeakSet.",
    "deque": "Give the deque a maxlen, or take out what is done with.",
    "_lru_cache_wrapper": "Give the cache a maxsize, or call its cache_clear; on a method it keeps "
    "every self.",
}

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


_KEY = re.compile(r"""(?:\[|<key )(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]>'"])*[\]>]""")
"""A key or position in a path."""


class Findings:
    """The leaks of one check, and the heap in which they were seen."""

    __slots__ = ("answer", "leaks", "missing", "snapshot")

    def __init__(
        self,
        leaks: list[Leak],
        snapshot: HeapSnapshot | None,
        answer: dict[str, Any],
        missing: Sequence[str] = (),
    ) -> None:
        """Take the leaks, the heap, the whole answer as data, and what would make it surer."""
        self.leaks = leaks
        self.snapshot = snapshot
        self.answer = answer
        self.missing = missing

    def text(self, leaks: Sequence[Leak] | None = None, *notes: str) -> str:
        """Write the failure: the leaks, all of them by default, and notes below them."""
        shown = list(self.leaks if leaks is None else leaks)
        more = f" (and {len(shown) - 1} more)" if len(shown) > 1 else ""
        parts = [shown[0].headline + more, *shown[0].lines]
        for leak in shown[1:_LEAKS_IN_FULL]:
            parts += ["", leak.headline, *leak.lines]
        brief = shown[_LEAKS_IN_FULL:]
        if brief:
            parts += ["", *(leak.headline for leak in brief[:_LEAKS_IN_BRIEF])]
        if len(brief) > _LEAKS_IN_BRIEF:
            parts.append(f"... and {len(brief) - _LEAKS_IN_BRIEF} more")
        patterns = [_pattern(leak.path) for leak in shown if not leak.path.startswith("<")]
        if patterns:
            parts += ["", f"If this is meant: ignore={patterns[:_LEAKS_IN_FULL]}"]
        parts += [one_line(f"To be surer: {missing}") for missing in self.missing]
        return "\n".join([*parts, *map(one_line, notes)])


def is_ignored(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path is allowed by a pattern, its keys and positions read as `[x]`."""
    plain = without_keys(path)
    return any(fnmatchcase(plain, pattern) or fnmatchcase(path, pattern) for pattern in patterns)


def without_keys(path: str) -> str:
    """Write `[x]` for every key and position of a path."""
    return _KEY.sub("[x]", path)


def from_growth(report: GrowthReport) -> Findings:
    """Put what grows into words; memory that may have grown once fails no test."""
    growing = [path for path in report.growing if report or path.kind not in _KINDS_OF_MEMORY]
    leaks = [_growing(path, report.iterations) for path in growing]
    return Findings(leaks, report.snapshot, report.to_dict(), report.missing)


def chain_lines(chain: RootChain) -> list[str]:
    """The lines of a chain below its path."""
    lines = str(chain).strip().split("\n")[2:]
    if len(lines) > _LONGEST_CHAIN:
        half = _LONGEST_CHAIN // 2
        lines[half:-half] = [f"  ... {len(lines) - 2 * half} more"]
    return ["  " + line for line in lines]


def is_frame_of_test_tool(chain: RootChain) -> bool:
    """Whether a chain begins in a running function of what runs the tests."""
    return chain.root_kind == "frame" and any(
        f"/{tool}/" in str(chain).replace("\\", "/") for tool in _RUNNING_TOOLS
    )


def hint(path: str, type_name: str, kind: str = "elements") -> str:
    """What to try."""
    if kind == "native" and type_name in _HINTS_BY_CAUSE:
        return _HINTS_BY_CAUSE[type_name]
    by_kind = _HINTS_BY_KIND.get(kind)
    if by_kind is not None:
        return by_kind
    if path.startswith("<frame "):
        return "A local variable of a running function holds it: `del` it, or let its function end."
    for part, text in _HINTS_BY_PATH:
        if part in path:
            return text
    short = type_name.rpartition(".")[2]
    return _HINTS_BY_TYPE.get(short, "Cut this reference when the object is done with.")


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
    lines.append(f"  {'try':<10} {hint(path.path, path.type_name, path.kind)}")
    lines.append(f"  fingerprint {path.fingerprint}")
    return Leak(path.fingerprint, path.path, path.type_name, headline, lines, answer)


def alive_lines(explanation: Explanation, chain: RootChain) -> list[str]:
    """Why an object is alive: a chain to it, what else has to be cut, and what that frees."""
    lines = ["  alive by", *chain_lines(chain)]
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


def _pattern(path: str) -> str:
    """A pattern that allows a path and what is below it; brackets would be read as a choice."""
    return re.sub(r"[*]+", "*", without_keys(path).replace("[x]", "*") + "*")
