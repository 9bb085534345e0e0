# Each target does its own set-up: Python >= 3.11 and make are all a fresh machine needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Most tests wait rather than work: three at a time do well on two cores.
AT_ONCE := --numprocesses 3 --dist worksteal

.PHONY: demo test live check fix lock clean

demo: $(READY)
	$(BIN)/bridge demo

test: $(READY)
	$(BIN)/pytest $(AT_ONCE) $(PYTEST_ARGS)

# Asks the real Slack and the real Beebot; needs the variables of .env.example.
live: $(READY)
	PYTEST_ADDOPTS="-m live" $(BIN)/pytest tests/live $(PYTEST_ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(AT_ONCE) --cov --cov-report=term $(PYTEST_ARGS)

fix: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pins every dependency with its hashes; no index address enters the files.
lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --extra dev --constraint requirements.txt pyproject.toml \
	  --output-file requirements-dev.txt

clean:
	rm -rf $(VENV)

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("The bridge needs Python 3.11 or newer: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
