# Finding the CPythons of this machine. To be sourced by bash.

# The version of a Python as `3.11`, or nothing where it does not run.
version_of() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

# The version of the newest debug build of CPython on PATH as `3.11-dbg`, as Debian calls it, or nothing.
find_debug_build() {
  local version
  for version in "$@"; do
    if [ "$(version_of "python$version-dbg")" = "$version" ]; then
      echo "$version-dbg"
    fi
  done | tail -n 1
}

# The path of a CPython of this version (`3.11`), or nothing: from PATH, else one that pyenv has installed.
# A file named python3.11 may be a shim that runs nothing, so each is tried.
find_python() {
  local candidate
  for candidate in "$(command -v "python$1" || true)" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
    if [ -n "$candidate" ] && [ "$(version_of "$candidate")" = "$1" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}
