"""What all tests rely on."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def quiet_collector() -> Iterator[None]:
    """Two looks at one heap agree: no collection in between takes anything off the list."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
