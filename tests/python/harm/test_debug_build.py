"""What a debug build of CPython can tell: its assertions are on, and it counts references."""

from __future__ import annotations

import sys

import pytest

from children import survives


@pytest.mark.skipif(not hasattr(sys, "gettotalrefcount"), reason="no debug build of CPython")
def test_no_reference_is_lost_or_kept() -> None:
    survives("total_references.py")
