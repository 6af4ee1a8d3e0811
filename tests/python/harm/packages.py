"""The compiled packages of `packages.toml`: each is installed, and used in a process of its own.

usage: packages.py install    with pip, of the Python that runs this, each that has a wheel for it
       packages.py look       at each that is installed; exit status 1 if one does not survive it
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

import tomllib  # type: ignore[import-not-found]  # From 3.11.

from children import AT_ONCE, survives


class Package(TypedDict, total=False):
    """What is imported where it is not called as the package, and a first use."""

    imports: str
    use: str


PACKAGES: dict[str, Package] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def install() -> int:
    """One after the other, so that one without a wheel keeps nothing else from being there."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    for name in PACKAGES:
        if subprocess.run([*pip, name], stderr=subprocess.DEVNULL, check=False).returncode:
            print(f"{name}: not installed")
    return 0


def look_at(name: str) -> str:
    """What became of a process that uses the package."""
    try:
        installed = version(name.partition("[")[0])
    except PackageNotFoundError:
        return "not installed"
    try:
        survives("package_in_use.py", name, options=("-W", "ignore"), timeout=300)
    except AssertionError as error:
        return f"{installed} FAILED\n{error}"
    return f"{installed} passed"


def look() -> int:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = dict(zip(PACKAGES, pool.map(look_at, PACKAGES), strict=True))
    for name, result in results.items():
        print(name, result)
    return any("FAILED" in result for result in results.values())


if __name__ == "__main__":
    sys.exit({"install": install, "look": look}[sys.argv[1]]())
