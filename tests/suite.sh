#!/bin/sh
# Runs the Python tests against the wheel that lies beside them, with the `python` that is first on PATH.
# That must be one of a virtual environment; what the tests need is installed into it.
# To be started in a folder as `tests/matrix.sh` makes it: pyproject.toml, docs, fixtures, tests and one wheel.
# A few files at a time have a process of their own: what all of them import would make every walk of the heap half as
# long again.
# Exit status: 0 passed, 1 did not.
set -u
export PIP_DISABLE_PIP_VERSION_CHECK=1

python -m pip install --quiet --upgrade "pip>=25.1" &&
  python -m pip install --quiet --group test &&
  python -m pip install --quiet --force-reinstall --no-deps ./*.whl &&
  ls tests/python/test_*.py tests/python/harm/test_*.py | xargs -n 12 python -m pytest || exit 1
