# Each target does its own set-up: Python >= 3.11 and make are all a fresh machine needs.
# The first Python on the path that will do; another one: make test PYTHON=python3.12 VENV=.venv-3.12
FOUND    = $$(which -a python3 python3.14 python3.13 python3.12 python3.11 2>/dev/null)
PYTHON  ?= $(shell for each in $(FOUND); do \
             $$each -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
             2>/dev/null && echo $$each && break; done)
VENV    := .venv
BIN     := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
READY   := $(VENV)/.ready
LOCKER  := $(VENV)/locker
AUDITOR := $(VENV)/auditor
# What is published after the pins were made changes nothing: no dependency is looked up, and what
# comes as source is built with the pinned tools.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation
# Most tests wait rather than work: four at a time do well on two cores.
AT_ONCE := --numprocesses 4 --dist worksteal
# Each of the four would compile all tests on its own, in every run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo test matrix live check fix docs lock audit pictures clean

# Makes `.venv/bin/bridge`.
install: $(RUNTIME)

demo: $(RUNTIME)
	$(BIN)/python -m bridge demo

test: $(READY)
	$(BIN)/pytest $(AT_ONCE) $(PYTEST_ARGS)

# The suite on each Python that is here, pyenv's too, each with an environment of its own.
matrix:
	@tried= status=0; \
	for each in $(FOUND) $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.*/bin/python3; do \
	  name=$$($$each -c 'import ensurepip, sys, venv; v = sys.version_info; \
	    print("%d.%d" % v[:2]) if v >= (3, 11) else sys.exit(1)' 2>/dev/null) || continue; \
	  case " $$tried " in *" $$name "*) continue;; esac; \
	  tried="$$tried $$name"; echo "Python $$name"; \
	  $(MAKE) --no-print-directory test PYTHON=$$each VENV=.venv-$$name || status=1; \
	done; exit $$status

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

docs: $(READY)
	$(BIN)/python -m bridge.settings.reference > docs/configuration.md

# Pins every dependency with its extras and hashes. uv does not read pip's configuration: the index
# that pip uses on this machine is handed over, and enters no file.
COMPILE := $(LOCKER)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
           --no-strip-extras --generate-hashes --no-header --no-annotate
lock:
	$(PYTHON) -m venv $(LOCKER)
	$(LOCKER)/bin/pip install --quiet --disable-pip-version-check --upgrade uv
	@index=$$($(LOCKER)/bin/pip config list | sed -n "s/.*\.index.url='\(.*\)'/\1/p" | head -n 1); \
	  if [ "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	  set -ex; \
	  $(COMPILE) --output-file requirements.txt pyproject.toml; \
	  $(COMPILE) --output-file requirements-dev.txt --constraint requirements.txt \
	    pyproject.toml --extra dev --group build; \
	  $(COMPILE) --output-file requirements-build.txt --constraint requirements-dev.txt \
	    --group build

# Which licences come with the bridge, and whether a weakness is known of what it runs with. That is
# asked of the package index (or of OSV: make audit SERVICE=osv), so it needs the internet; a package
# that nobody can tell of fails it, too.
SERVICE ?= pypi
audit: $(READY)
	$(BIN)/python -m tests.architecture.licences
	$(PYTHON) -m venv $(AUDITOR)
	$(AUDITOR)/bin/pip install --quiet --disable-pip-version-check --upgrade pip-audit
	$(AUDITOR)/bin/pip-audit --strict --vulnerability-service $(SERVICE) \
	  --disable-pip --require-hashes --requirement requirements.txt

# The moving pictures of the README, filmed in a browser; needs chromium and a Chinese font.
pictures: $(READY)
	$(BIN)/python docs/images/make.py

clean:
	rm -rf $(VENV)

# What the bridge runs with; from scratch, so that nothing stays that is no longer pinned.
$(RUNTIME): requirements.txt requirements-build.txt
	@test -n "$(PYTHON)" || { echo "The bridge needs Python 3.11 or newer: make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes --requirement requirements-build.txt
	$(INSTALL) --require-hashes --requirement requirements.txt
	$(INSTALL) --editable .
	$(BIN)/pip check
	@touch $@

$(READY): $(RUNTIME) requirements-dev.txt pyproject.toml
	$(INSTALL) --require-hashes --requirement requirements-dev.txt
	$(INSTALL) --editable .
	$(BIN)/pip check
	@touch $@
