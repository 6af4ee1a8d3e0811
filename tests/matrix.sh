#!/usr/bin/env bash
# Runs the Python tests against one wheel on every CPython that can be found.
#
#   tests/matrix.sh PYTHON WHEEL
#
# Two versions run side by side; each line they print starts with the version, and how each ended is said at the end.
# One of them is PYTHON, that of the project's virtual environment, where the stub is checked too; the others have a
# fresh virtual environment each.
# 3.14 and 3.15 run, where this machine has none, through the program that $NEWER_PYTHONS names, called as
#   $NEWER_PYTHONS VERSION FOLDER COMMAND...
# which runs the command in a copy of the folder, with a fresh virtual environment of that CPython first on PATH, and
# exits with 3 where it can not. A CPython that is not there is skipped with a line that says so.
# A debug build of CPython, as in Debian's package python3.11-dbg, runs what tests/suite.sh has for it.
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
# The versions that run are ended too where this is, by Ctrl-C or otherwise.
trap 'trap - TERM; kill 0' INT TERM
trap 'rm -rf "$work"' EXIT
stage=$work/stage
mkdir -p "$stage/tests"
cp -R pyproject.toml README.md fixtures "$stage/"
mkdir "$stage/docs"
cp -R docs/*.md docs/stories "$stage/docs/"
cp -R tests/python tests/suite.sh "$stage/tests/"
cp "$wheel" "$stage/"
find "$stage" -name __pycache__ -prune -exec rm -rf {} +

# How each version ended, in files: they run side by side.
# note VERSION STATUS [WHY]
note() {
  case $2 in
    0) echo "CPython $1: passed" ;;
    skipped) echo "CPython $1: skipped, $3" ;;
    *) echo "CPython $1: FAILED" ;;
  esac >"$work/result-$1"
}

headline() {
  printf '\n=== %s\n' "$1"
}

# Runs the tests with a Python, in the folder of that version: run_suite VERSION PYTHON [others]
run_suite() {
  (cd "$work/stage-$1" && PATH=$(dirname "$2"):$PATH sh tests/suite.sh "${@:3}")
}

with_reference() {
  local status=0
  headline "CPython $reference, the project's environment: stubtest and pytest"
  "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  (cd "$work/stage-$reference" && "$python" -m mypy.stubtest heapgraph._core) || status=$?
  run_suite "$reference" "$python" || status=$?
  note "$reference" "$status"
}

with_own() {
  local status=0 environment=$work/venv-$1
  headline "CPython $1, $2: pytest"
  "$2" -m venv "$environment" && run_suite "$1" "$environment/bin/python" others || status=$?
  note "$1" "$status"
}

with_newer() {
  local status=0
  headline "CPython $1, through $(basename "$NEWER_PYTHONS"): pytest"
  "$NEWER_PYTHONS" "$1" "$work/stage-$1" sh tests/suite.sh others || status=$?
  if [ "$status" = 3 ]; then
    echo "CPython $1 could not be set up"
    note "$1" skipped "could not be set up"
  else
    note "$1" "$status"
  fi
}

check() {
  local found
  cp -R "$stage" "$work/stage-$1"
  if [ "$1" = "$reference" ]; then
    with_reference
    return
  fi
  if [[ $1 = *-dbg ]]; then
    found=$(command -v "python$1" || true)
  else
    found=$(find_python "$1")
  fi
  if [ -n "$found" ]; then
    with_own "$1" "$found"
  elif [ -n "${NEWER_PYTHONS:-}" ] && [[ $1 = 3.14 || $1 = 3.15* ]]; then
    with_newer "$1"
  else
    headline "CPython $1: not on this machine, skipped"
    note "$1" skipped "not on this machine"
  fi
}

# Every second version of those given, one after the other.
lane() {
  while [ $# -gt 0 ]; do
    check "$1" 2>&1 </dev/null | tee "$work/output-$1" | sed -u "s/^/$1 | /" || true
    shift $(($# > 1 ? 2 : 1))
  done
}

# The tests that failed, the closing lines of pytest, and how the version ended; one that was cut short left no result.
result() {
  grep -E '^(FAILED|ERROR) ' "$work/output-$1" | head -n 20 || true
  grep -E '^=+ .*(passed|failed|error).* =+$' "$work/output-$1" || true
  [ -e "$work/result-$1" ] || note "$1" cut
  cat "$work/result-$1"
}

reference=$(version_of "$python")
versions=(3.10 3.11 3.12 3.13 3.14 3.15)
[[ " ${versions[*]} " = *" $reference "* ]] || versions+=("$reference")

# What the newer versions run in is set up by the first call, and not by two at a time.
if [ -n "${NEWER_PYTHONS:-}" ]; then
  mkdir "$work/empty"
  "$NEWER_PYTHONS" 3.14 "$work/empty" true </dev/null || true
fi

debug_build=$(find_debug_build "${versions[@]}")
if [ -z "$debug_build" ] && [ -n "${NEWER_PYTHONS:-}" ] &&
  "$NEWER_PYTHONS" 3.15-dbg "$work/empty" true </dev/null >/dev/null 2>&1; then
  debug_build=3.15-dbg
fi
versions+=("${debug_build:-3-dbg}")

# Two at a time, which is what the smallest machines have cores for.
lane "${versions[@]}" &
lane "${versions[@]:1}" &
wait

headline "All CPythons"
for version in "${versions[@]}"; do
  result "$version"
done
! grep -q FAILED "$work"/result-*
