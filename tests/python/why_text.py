"""The text of an explanation without what differs from run to run and from version to version."""

from __future__ import annotations

import re


def masked(text: str) -> str:
    """The text without addresses, sizes, counts and fingerprints."""
    lines = re.sub(r"at 0x[0-9a-f]+, [\d,]+ bytes, reference count \d+", "at ...", text)
    lines = re.sub(r"fingerprint [0-9a-f]{16}", "fingerprint ...", lines)
    of_which = r"(?: all [\d,]+ of them:| both of them:| this one:)?"
    return re.sub(
        rf"((?:frees|retains){of_which}) [\d,]+ bytes in [\d,]+ objects?", r"\1 ...", lines
    )
