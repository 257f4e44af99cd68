# The first two commands are `make run` and `make test`; each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= demo-data
PORT ?= 8080
SPEED ?= 1
SOURCES := mes connectors simulators migrations tests benchmarks
PYTEST := $(BIN)/python -m pytest

.PHONY: run install test proof check bench assets peers browser screenshots clean

run: install
	$(BIN)/mes demo --data $(DATA) --port $(PORT) --speed $(SPEED)

install: $(VENV)/.stamp

$(VENV)/.stamp: requirements.lock pyproject.toml hatch_build.py $(shell find mes/frontend mes/translations -type f -name '*.*' -not -name '*.mo' 2>/dev/null) package-lock.json
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	$(BIN)/python tools/ensure_node.py
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp requirements-dev.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-dev.lock
	touch $@

assets: install
	$(BIN)/python hatch_build.py

browser:
	tools/ensure-browser.sh

peers: $(VENV)/.stamp-dev
	tests/peers/install.sh

# KIND names some of the kinds: core data peers whole browser.
test: $(VENV)/.stamp-dev assets browser peers
	$(BIN)/python tools/run_tests.py $(KIND)

proof: $(VENV)/.stamp-dev assets browser peers
	$(PYTEST) -m proof tests

check: $(VENV)/.stamp-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet mes/templates

# Pictures of every page; OPTIONS="--mockups FOLDER --sizes 800x1280 --themes contrast".
screenshots: $(VENV)/.stamp-dev assets browser
	$(BIN)/python -m tests.browser.screenshots $(OPTIONS)

bench: $(VENV)/.stamp-dev assets
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) node_modules mes/static/dist .peers
