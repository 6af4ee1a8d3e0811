# Everything a contributor runs. A fresh machine needs python3 (3.10 or later), cargo and a C compiler that links;
# the rest is put into $(VENV).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# The jobserver of this make is not for cargo, and another project's Python settings are not for this one.
unexport MAKEFLAGS MFLAGS MAKEOVERRIDES PYTHONPATH PYTHONHOME VIRTUAL_ENV

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYO3_PYTHON := $(CURDIR)/$(VENV_PYTHON)

ENVIRONMENT := $(VENV)/.made
BUILD_TOOLS := $(VENV)/.build-tools
DEV_TOOLS := $(VENV)/.dev-tools
WHEEL := $(VENV)/.wheel
PYTHON_CODE := $(wildcard python tests/python fixtures benches)
WHEEL_SOURCES := Cargo.toml Cargo.lock pyproject.toml README.md $(wildcard LICENSE-*) THIRD-PARTY-NOTICES.md \
	$(shell find $(wildcard src python) -type f -not -path '*/__pycache__/*' -not -name '*.so')
CARGO_CLIPPY := cargo clippy --locked --all-targets

# Before anything else is looked at, so that what was installed in a dead environment counts as not installed.
$(shell PYTHON="$(PYTHON)" tests/environment.sh drop $(VENV))

.PHONY: help
help: ## Print the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{printf "make %-7s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(WHEEL) ## Build, run a program that leaks, find its leak and draw it
	@"$(VENV_PYTHON)" fixtures/demo.py

.PHONY: test
test: $(BUILD_TOOLS) $(DEV_TOOLS) ## Run every check and every test, on each CPython of this machine
	@# The wheel keeps one core busy for minutes; the checks go on beside it.
	@$(MAKE) --no-print-directory $(WHEEL) & wheel=$$!; \
	trap 'kill $$wheel 2>/dev/null || true' EXIT; \
	$(MAKE) --no-print-directory lint; \
	echo cargo test --locked; cargo test --locked; \
	wait $$wheel; trap - EXIT
	tests/matrix.sh "$(VENV_PYTHON)" dist/*.whl

.PHONY: zoo
zoo: $(WHEEL) ## Use compiled packages of the registry, and ask everything of each process
	tests/zoo.sh dist/*.whl

.PHONY: fmt
fmt: $(DEV_TOOLS) ## Format all code
	cargo fmt
	"$(VENV_PYTHON)" -m ruff check --fix-only $(PYTHON_CODE)
	"$(VENV_PYTHON)" -m ruff format $(PYTHON_CODE)

.PHONY: lint
lint: $(DEV_TOOLS) ## Check format, lints and types of all code
	@cargo fmt --version >/dev/null && cargo clippy --version >/dev/null || { \
	  echo "heapgraph: rustfmt or clippy is missing: rustup component add rustfmt clippy" >&2; exit 1; }
	cargo fmt --check
	$(CARGO_CLIPPY) -- -D warnings
	$(CARGO_CLIPPY) --no-default-features -- -D warnings
	$(CARGO_CLIPPY) --features python -- -D warnings
	"$(VENV_PYTHON)" -m ruff check $(PYTHON_CODE)
	"$(VENV_PYTHON)" -m ruff format --check $(PYTHON_CODE)
	"$(VENV_PYTHON)" -m mypy $(PYTHON_CODE)

.PHONY: bench
bench: $(WHEEL) $(DEV_TOOLS) ## Measure against gc.collect() and objgraph; prints ratios
	"$(VENV_PYTHON)" benches/ratios.py
	"$(VENV_PYTHON)" benches/snapshots.py
	"$(VENV_PYTHON)" benches/retained.py
	"$(VENV_PYTHON)" benches/growth.py
	"$(VENV_PYTHON)" benches/frames.py

.PHONY: clean
clean: ## Remove everything that was built, and the environment
	cargo clean
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache leak.svg leak.png leak-before.parquet leak-after.parquet

.PHONY: machine
machine:
	@tests/environment.sh check

$(ENVIRONMENT): | machine
	@tests/environment.sh make $(VENV)
	@touch $@

$(BUILD_TOOLS): $(ENVIRONMENT) pyproject.toml
	@"$(VENV_PYTHON)" -m pip install --quiet --group build
	@touch $@

$(DEV_TOOLS): $(ENVIRONMENT) pyproject.toml
	@"$(VENV_PYTHON)" -m pip install --quiet --group dev
	@touch $@

# One wheel serves the demo, the benchmarks and the tests on every CPython.
$(WHEEL): $(BUILD_TOOLS) $(WHEEL_SOURCES)
	@rm -rf dist
	"$(VENV_PYTHON)" -m maturin build --release --locked --out dist --interpreter "$(PYO3_PYTHON)"
	@"$(VENV_PYTHON)" -m pip install --quiet --force-reinstall --no-deps dist/*.whl
	@touch $@
