#!/usr/bin/env bash
# Uses some fifty compiled packages of the registry and asks everything of each process, on two CPythons.
#
#   tests/zoo.sh WHEEL
#
# Not a part of `make test`: what it installs is some 2 GB for each CPython, in build/zoo-VERSION, where a later run
# finds it. tests/python/harm/packages.toml has the packages and what is done with each; one without a wheel for a
# CPython is said to be not installed. Exit status: 0 if every process lived and answered, 1 otherwise.
set -euo pipefail

wheel=$1
cd "$(dirname "$0")/.."
source tests/pythons.sh

status=0
for version in 3.11 3.13; do
  found=$(find_python "$version")
  if [ -z "$found" ]; then
    echo "CPython $version: not on this machine, skipped"
    continue
  fi
  echo "CPython $version"
  environment=build/zoo-$version
  "$found" -m venv "$environment"
  python=$environment/bin/python
  "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  "$python" tests/python/harm/packages.py install
  "$python" tests/python/harm/packages.py look || status=1
done
exit "$status"
