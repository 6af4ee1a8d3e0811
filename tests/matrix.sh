#!/usr/bin/env bash
# Runs the Python tests against one wheel on every CPython that can be found.
#
#   tests/matrix.sh PYTHON WHEEL
#
# First with PYTHON, the one of the project's virtual environment, where the stub is checked too. Then on 3.10,
# 3.12 and 3.13 (3.11 too, where PYTHON is another), each in a fresh virtual environment. Then on 3.14 and 3.15:
# where this machine has none, through the program that $NEWER_PYTHONS names, called as
#   $NEWER_PYTHONS VERSION FOLDER COMMAND...
# which runs the command in a copy of the folder, with a fresh virtual environment of that CPython first on PATH, and
# exits with 3 where it can not. A CPython that is not there is skipped with a line that says so.
#
# The tests run in a folder that has the wheel and the tests and not the package's sources, so that what is tested
# is what is installed.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
wheel=$2
cd "$here"
source tests/pythons.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
mkdir -p "$stage/tests"
cp -R pyproject.toml README.md docs fixtures "$stage/"
cp -R tests/python tests/suite.sh "$stage/tests/"
cp "$wheel" "$stage/"
find "$stage" -name __pycache__ -prune -exec rm -rf {} +

results=()
failed=
# Notes how one version ended: note VERSION STATUS [WHY]
note() {
  case $2 in
    0) results+=("CPython $1: passed") ;;
    skipped) results+=("CPython $1: skipped, $3") ;;
    *) results+=("CPython $1: FAILED"); failed=yes ;;
  esac
}

headline() {
  printf '\n=== %s\n' "$1"
}

run_suite() {
  (cd "$stage" && PATH=$(dirname "$1"):$PATH sh tests/suite.sh)
}

with_reference() {
  local status=0
  headline "CPython $reference, the project's environment: stubtest and pytest"
  "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  (cd "$stage" && "$python" -m mypy.stubtest heapgraph._core) || status=$?
  run_suite "$python" || status=$?
  note "$reference" "$status"
}

with_own() {
  local status=0 environment=$work/venv-$1
  headline "CPython $1, $2: pytest"
  "$2" -m venv "$environment" && run_suite "$environment/bin/python" || status=$?
  note "$1" "$status"
}

with_newer() {
  local status=0
  headline "CPython $1, through $(basename "$NEWER_PYTHONS"): pytest"
  "$NEWER_PYTHONS" "$1" "$stage" sh tests/suite.sh || status=$?
  if [ "$status" = 3 ]; then
    echo "CPython $1 could not be set up"
    note "$1" skipped "could not be set up"
  else
    note "$1" "$status"
  fi
}

reference=$(version_of "$python")
with_reference
for version in 3.10 3.11 3.12 3.13 3.14 3.15; do
  [ "$version" != "$reference" ] || continue
  found=$(find_python "$version")
  if [ -n "$found" ]; then
    with_own "$version" "$found"
  elif [ -n "${NEWER_PYTHONS:-}" ] && [[ $version = 3.14 || $version = 3.15 ]]; then
    with_newer "$version"
  else
    headline "CPython $version: not on this machine, skipped"
    note "$version" skipped "not on this machine"
  fi
done

headline "All CPythons"
printf '%s\n' "${results[@]}"
[ -z "$failed" ]
