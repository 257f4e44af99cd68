# The first two commands are `make run` and `make test`; each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= demo-data
PORT ?= 8080
SPEED ?= 1
SOURCES := mes connectors simulators migrations tests benchmarks
PYTEST := $(BIN)/python -m pytest

.PHONY: run install test proof check bench assets peers browser clean

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

# Each kind runs in a process of its own, so that one kind's servers and event loops never meet
# another's; all kinds run even when one fails. The first three have a worker for each of two cores.
CORE := tests/core tests/frontend tests/test_house_rules.py tests/test_containers.py
DATA_TESTS := tests/data tests/migrations tests/features tests/web tests/live
PEERS := tests/connectors tests/simulators tests/peers tests/examples
WHOLE := tests/e2e tests/faults tests/benchmarks

test: $(VENV)/.stamp-dev assets browser peers
	status=0; \
	for kind in "-n 2 $(CORE)" "-n 2 $(DATA_TESTS)" "-n 2 --dist loadfile $(PEERS)" \
		"$(WHOLE)" tests/browser; do \
		echo "== $$kind"; $(PYTEST) -m "not proof" $$kind || status=1; \
	done; exit $$status

proof: $(VENV)/.stamp-dev assets browser peers
	$(PYTEST) -m proof tests

check: $(VENV)/.stamp-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet mes/templates

bench: $(VENV)/.stamp-dev assets
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) node_modules mes/static/dist .peers
