# Everything a developer does here. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# An engine is a must in CI; elsewhere its tests are skipped where none can be had.
ENGINE := scripts/engine run $(if $(CI),,--optional)
# In the order of the files, so that the long ones, which run the action for real, come first.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
FUZZ ?= 10000
OUT ?= screenshots-out
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --python-version 3.10 \
	pyproject.toml
SCRIPTS := .ci/run scripts/debian-image scripts/demo scripts/engine scripts/install-packages

# Tests and scripts find bloatcheck, dive, act and their like there.
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all fuzz lint screenshots bench bench-fleet format lock clean test-packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## install everything that developing needs into .venv

$(READY): requirements/dev.txt pyproject.toml
	@scripts/install-packages python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: $(READY) ## build examples/hello, compare, and show a growth over the limit
	@scripts/engine run --or-buildah -- scripts/demo

test: lint test-packages ## check and test everything; starts an engine where none answers
	$(ENGINE) -- $(PYTEST) -m 'not slow'

test-all: lint test-packages ## the same with the slow tests
	$(ENGINE) -- $(PYTEST)

fuzz: $(READY) ## read hostile images for a long time; FUZZ=N inputs for each reader
	BLOATCHECK_FUZZ_EXAMPLES=$(FUZZ) $(BIN)/pytest --capture no --timeout 0 tests/unit/image/test_reading_fuzz.py

test-packages:
	@scripts/install-packages node test

lint: $(READY) ## format, lint, types, workflows, scripts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/zizmor --offline --quiet action.yml .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

screenshots: $(READY) ## take pictures of comment, terminal and HTML report; OUT=folder, DOCS=--docs renews docs/images
	@scripts/install-packages node test
	$(BIN)/python scripts/screenshots.py $(DOCS) $(OUT)

bench: $(READY) ## measure speed and memory side by side; writes docs/performance.md
	scripts/engine run -- $(BIN)/python benchmarks/run.py

bench-fleet: $(READY) ## measure repositories of 1 to 500 images; writes docs/scale.md
	scripts/engine run -- $(BIN)/python benchmarks/fleet.py

format: $(READY) ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY) ## renew the locked dependencies
	$(LOCK) --output-file requirements/runtime.txt
	$(LOCK) --group dev --output-file requirements/dev.txt

clean: ## remove everything that was made here
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist demo-out screenshots-out
