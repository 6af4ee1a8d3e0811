"""What the command line and the ini file ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from heapgraph.testing import RunOptions

_Number = TypeVar("_Number", int, float)


class Settings:
    """The settings of one run, read once."""

    __slots__ = ("ignore", "known", "report", "runs", "updating")

    def __init__(self, config: pytest.Config) -> None:
        """Read them.

        Raises:
            UsageError: If a number is none.
        """
        self.runs: RunOptions = {
            "loops": _number(config, "heapgraph_loops", 5, 1),
            "warmup": _number(config, "heapgraph_warmup", 2, 0),
            "iterations": _number(config, "heapgraph_iterations", 2000, 0),
            "seconds": _number(config, "heapgraph_seconds", 5.0, 0),
        }
        self.ignore: tuple[str, ...] = tuple(config.getini("heapgraph_ignore"))
        self.report = chosen_path(config, "heapgraph_report")
        self.updating: bool = config.option.heapgraph_update_baseline
        known_leaks = config.pluginmanager.get_plugin("heapgraph-known-leaks")
        self.known = frozenset[str](known_leaks.entries if known_leaks else ())


_SETTINGS = pytest.StashKey[Settings]()


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this run."""
    if _SETTINGS not in config.stash:
        config.stash[_SETTINGS] = Settings(config)
    return config.stash[_SETTINGS]


def chosen_path(config: pytest.Config, name: str) -> Path | None:
    """A path from the command line, from where pytest was started, or one beside the ini file."""
    given = config.getoption(name)
    if given:
        return config.invocation_params.dir / str(given)
    written = config.getini(name)
    if not written:
        return None
    beside = config.inipath.parent if config.inipath else config.rootpath
    return beside / str(written)


def _number(config: pytest.Config, name: str, default: _Number, least: int) -> _Number:
    kind, text = type(default), config.getini(name)
    try:
        number = kind(text) if text else default
    except ValueError:
        number = None
    # Not a number is not less either.
    if number is None or not number >= least:
        what = "a number" if kind is float else "a whole number"
        message = f"{name} must be {what} of at least {least}, not {text!r}"
        raise pytest.UsageError(message)
    return number
