"""What a test expects to be raised, told without pytest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class raising:  # noqa: N801 - as pytest.raises, in whose place it stands
    """A block has to end with such an error; a pattern has to be found in its text."""

    error: BaseException

    def __init__(self, kind: type[BaseException], match: str = "") -> None:
        self.kind, self.match = kind, match

    def __enter__(self) -> raising:  # noqa: PYI034 - no typing_extensions here
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        assert kind is not None, f"no {self.kind.__name__} was raised"
        if error is None or not issubclass(kind, self.kind):
            return False
        self.error = error
        assert re.search(self.match, str(error)), f"{self.match!r} is not in {str(error)!r}"
        return True
