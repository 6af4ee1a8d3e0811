#!/usr/bin/env bash
# The virtual environment that `make` works in, and whether this machine has what the project needs.
#
#   tests/environment.sh check          says plainly what is missing and what to install
#   tests/environment.sh make FOLDER    makes the environment
#   tests/environment.sh drop FOLDER    removes an environment whose Python is gone or is not the one asked for
#
# The Python is $PYTHON where that is set; else 3.11, which the project is developed with, where there is one; else
# python3.
set -euo pipefail

source "$(dirname "$0")/pythons.sh"

complain() {
  printf 'heapgraph: %s\n' "$1" >&2
  shift
  [ $# = 0 ] || printf '           %s\n' "$@" >&2
  missing=yes
}

# What is wrong with a Python, in one word; nothing when all is well.
fault_of() {
  "$1" - <<'CHECK' 2>/dev/null || echo broken
import sys
if sys.version_info < (3, 10):
    print("old")
elif sys.implementation.name != "cpython":
    print("implementation")
else:
    import sysconfig
    try:
        import ensurepip, venv
    except ImportError:
        print("venv")
    else:
        if sysconfig.get_config_var("Py_GIL_DISABLED"):
            print("free-threaded")
CHECK
}

choose_python() {
  python=${PYTHON:-}
  [ -z "$python" ] || return 0
  python=$(find_python 3.11)
  if [ -z "$python" ] || [ -n "$(fault_of "$python")" ]; then
    python=python3
  fi
}

check_python() {
  if ! command -v "$python" >/dev/null; then
    complain "there is no $python on this machine." \
      "Install CPython 3.10 or later, with its venv module and headers" \
      "(Debian, Ubuntu: apt install python3 python3-venv python3-dev)." \
      "To use another one: make PYTHON=/path/to/python ..."
    return
  fi
  case $(fault_of "$python") in
    "") ;;
    old)
      complain "$python is $("$python" --version 2>&1), and 3.10 or later is needed." \
        "Install a newer CPython, or name one: make PYTHON=/path/to/python3.11 ..." ;;
    implementation)
      complain "$python is not CPython, and heapgraph reads the heap of CPython only." \
        "Install CPython 3.10 or later, or name one: make PYTHON=/path/to/python3.11 ..." ;;
    free-threaded)
      complain "$python is a free-threaded build, which heapgraph does not support yet." \
        "Name a default build: make PYTHON=/path/to/python3.13 ..." ;;
    venv)
      complain "$python has no venv or ensurepip module, so no virtual environment can be made." \
        "Install it (Debian, Ubuntu: apt install python3-venv)." ;;
    *)
      complain "$python does not run." "See what '$python --version' says, or name another: make PYTHON=/path/to/python3.11 ..." ;;
  esac
}

# The wheel is built for the stable ABI, for which PyO3 carries its own declarations: no header is read.
note_headers() {
  "$python" - <<'CHECK'
import os, sys, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print(f"heapgraph: note: the headers of {sys.executable} (Python.h) are missing. The build does not need them;\n"
          "           tests that compile a small C extension do (Debian, Ubuntu: apt install python3-dev).")
CHECK
}

check_cargo() {
  local needed found
  needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if ! command -v cargo >/dev/null; then
    complain "cargo is missing; the core of heapgraph is written in Rust." \
      "Install Rust $needed or later (https://rustup.rs, or your system's packages rustc and cargo)," \
      "and open a new shell so that cargo is on PATH."
  else
    found=$(cargo --version 2>&1 | awk '{print $2}')
    if [ "$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
      complain "cargo is ${found:-broken}, and $needed or later is needed." "Update Rust (rustup update)."
    fi
  fi
  if ! command -v cc >/dev/null; then
    complain "there is no linker: Rust links with 'cc'." "Install a C compiler (Debian, Ubuntu: apt install gcc libc6-dev)."
  fi
}

check() {
  missing=
  check_python
  check_cargo
  [ -z "$missing" ] || exit 1
  note_headers
}

make_environment() {
  rm -rf "$1"
  "$python" -m venv "$1"
  # Dependency groups need pip 25.1.
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
  echo "heapgraph: working in $1 with $("$1/bin/python" --version)"
}

drop_environment() {
  local has
  [ -d "$1" ] || return 0
  has=$(version_of "$1/bin/python")
  if [ -z "$has" ] || { [ -n "${PYTHON:-}" ] && [ "$has" != "$(version_of "$PYTHON")" ]; }; then
    rm -rf "$1"
  fi
}

choose_python
case $1 in
  check) check ;;
  make) make_environment "$2" ;;
  drop) drop_environment "$2" ;;
esac
