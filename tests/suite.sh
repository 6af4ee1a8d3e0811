#!/bin/sh
# Runs the Python tests against the wheel that lies beside them, with the `python` that is first on PATH.
# That must be one of a virtual environment; what the tests need is installed into it.
# To be started in a folder as `tests/matrix.sh` makes it: pyproject.toml, docs, fixtures, tests and one wheel.
# A few files at a time have a process of their own, those that name large packages the last ones: what all of them
# import would make every walk of the heap half as long again.
# With the argument `others`, what is marked as `one_version` is left out: the reference version runs it.
# Under a debug build of CPython only what has types, objects and references handled oddly runs: its assertions are on,
# and for the packages that the other tests need there are no wheels.
# Exit status: 0 passed, 1 did not.
set -u
[ "${1:-}" = others ] && marked="not one_version" || marked=

# The test files that name large packages, or with -L the others.
files() {
  grep "$1" -E "asyncio|duckdb|IPython|numpy|polars|pyarrow|pydot" tests/python/test_*.py tests/python/*/test_*.py
}
export PIP_DISABLE_PIP_VERSION_CHECK=1

python -m pip install --quiet --upgrade "pip>=25.1" &&
  python -m pip install --quiet --force-reinstall --no-deps ./*.whl || exit 1
if python -c 'import sys; sys.gettotalrefcount()' 2>/dev/null; then
  python -m pip install --quiet --group pytest &&
    python -m pytest tests/python/harm/test_debug_build.py tests/python/harm/test_odd_types.py \
      tests/python/harm/test_zoo.py || exit 1
else
  python -m pip install --quiet --group test &&
    { files -L; files -l; } | xargs -n 12 python -m pytest -m "$marked" || exit 1
fi
