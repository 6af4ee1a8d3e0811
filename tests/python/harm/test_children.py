"""The runner of the other tests here: a test that cannot fail protects nobody."""

from __future__ import annotations

import pytest

from children import survives


def test_what_a_program_prints_is_given() -> None:
    assert survives("import sys; print(sys.argv[1])", "argument") == "argument\n"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV.*Fatal Python error"),
        ("import os; os.abort()", "ended by SIGABRT.*Fatal Python error"),
        ("raise ValueError('of the program')", "ended with status 1.*ValueError: of the program"),
    ],
)
def test_a_bad_end_is_a_failure_with_the_account_of_it(program: str, message: str) -> None:
    with pytest.raises(AssertionError, match=f"(?s){message}"):
        survives(program)


def test_a_program_that_hangs_shows_where() -> None:
    with pytest.raises(AssertionError, match=r"(?s)not done after 1 s.*Fatal Python error"):
        survives("import time; time.sleep(100)", timeout=1)
