# Two commands on a fresh machine with Python 3.11+ and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Modules are compiled when they are first imported, which most never are.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable
INSTALLED := $(VENV)/.installed

# Hundreds of tests start a process: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-more test-nightly test-cluster lint types hooks lock audit bench docs docs-examples docs-site docs-links ui clean
.DEFAULT_GOAL := run

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) .
	@touch $@

# With the packages of one of the extras of pyproject.toml.
$(INSTALLED)-%: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) '.[$*]'
	@touch $@

# A lake without a market gets a simulated one, which says so wherever it shows; bring your own and it stays away.
run: $(INSTALLED)
	@test -e data_lake/landing/market || $(BIN)/russell --lake data_lake simulate --from 2024-11-20 --to 2026-11-20
	$(BIN)/russell run
	@echo "to have russell in this shell: . $(VENV)/bin/activate"

test: $(INSTALLED)-test
	$(BIN)/python -m pytest -n auto --dist worksteal

# What takes longer, or more than Python: kills, full disks and garbage by the gigabyte; Chromium, an S3 server and Celery beside.
# Chromium is Debian's where there is none.
test-more: $(INSTALLED)-servers
	.ci/chromium
	$(BIN)/python -m pytest -n auto -m '(servers or faults or slow) and not nightly'

# Faults in numbers: 200 kills, 20 readers during 20 runs. Takes twenty minutes.
test-nightly: $(INSTALLED)-test
	$(BIN)/python -m pytest -n auto -m nightly

# Two workers with Redis and Postgres, of which one is killed at work; about six minutes. Debian's packages are installed where
# the programs are missing.
test-cluster: $(INSTALLED)-servers
	.ci/servers
	$(BIN)/python -m pytest -m cluster -s

lint: $(INSTALLED)-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(INSTALLED)-lint
	$(BIN)/mypy

# Commits are checked for format, style and types from now on.
hooks: $(INSTALLED)-dev
	$(BIN)/pre-commit install

# Pins again what pyproject.toml asks for: requirements.lock by uv, with hashes, and constraints.txt from it for plain pip.
# UPGRADE="--upgrade-package rich" takes a newer version of one package, UPGRADE=--upgrade of all.
lock: $(INSTALLED)-lock
	$(BIN)/python .ci/lock.py $(UPGRADE)

# Known vulnerabilities of the pinned versions, from whoever can be reached.
audit: $(INSTALLED)-audit
	$(BIN)/python .ci/audit.py

bench: $(INSTALLED)-bench
	$(BIN)/python -m benchmarks

# Every example of README and docs, and the site with the notebook run, without a warning: docs/_build/html.
docs: docs-examples docs-site

docs-examples: $(INSTALLED)-docs
	$(BIN)/python -m pytest -m docs russell_pipeline_tests/docs

docs-site: $(INSTALLED)-docs
	$(BIN)/python -m sphinx -W --keep-going -n -q docs docs/_build/html

# Whether the addresses outside the project answer; needs the network.
docs-links: $(INSTALLED)-docs
	$(BIN)/python -m sphinx -n -q -b linkcheck -D nb_execution_mode=off docs docs/_build/links

ui: $(INSTALLED)
	$(BIN)/russell ui

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache docs/_build
