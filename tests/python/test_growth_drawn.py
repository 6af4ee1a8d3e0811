"""Leaks and what fills up, drawn by chance: each leak is named, and nothing else is blamed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_version

ASK = Path(__file__).with_name("growth_of_drawn.py")


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_drawn_is_judged_by_what_it_does(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, str(ASK), str(seed), "12"],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for answer in json.loads(done.stdout):
        expected = [answer["path"]] if answer["leaks"] else []
        assert answer["growing"] == expected, f"{answer['what']}\n{answer['text']}"
        assert answer["said"] == answer["leaks"]
