# Two commands do everything: `make demo` and `make test`. Both set up what they need.
# Needs git, make and Python 3.11 or 3.12. PYTHON=/path/to/python chooses one.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

find_python = for p in "$(PYTHON)" python3.12 python3.11 python3 python; do \
	[ -n "$$p" ] && "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	2>/dev/null && { echo "$$p"; break; }; done

VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
# Tests of one file stay together; SPREAD= runs all in one process, in order.
SPREAD := -n 2
# It holds answers to milliseconds, so nothing runs beside it.
MEASURED := tests/contract/test_serving_overload.py
# Every lab, and every wrong answer of each, has its turn over a few revisions.
TURN = $(shell git rev-list --count HEAD 2>/dev/null || echo 0)
export UV_COMPILE_BYTECODE := 1
export UV_LINK_MODE := copy

.PHONY: help demo test test-long adversarial prove lab formgrader site bench up setup setup-stack setup-fraud setup-dev lock fmt clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup ## prove, release and grade the labs on a made-up cohort, and on nbgrader's own notebooks
	$(BIN)/lab demo $(DEMO)

test: setup-dev ## lint, types, tests; changed labs proved, of the others a few by turns
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(SPREAD)
	$(BIN)/lab fmt --check
	$(BIN)/lab verify --few 4 --few-labs 4 --turn $(TURN)

prove: setup-dev ## prove every lab, also against plain nbgrader; commit the proofs
	$(BIN)/lab verify --nbgrader

test-long: setup-dev ## the tests that take minutes: hostile submissions, kills, clusters
	$(BIN)/pytest $(SPREAD) -m long --durations 25 --ignore $(MEASURED)
	$(BIN)/pytest -m long $(MEASURED)

adversarial: setup-dev ## let hostile submissions loose on the grader; NAMES=… for some alone
	$(BIN)/python -m tests.adversarial $(NAMES)

lab: setup ## open JupyterLab as the learner sees it
	[ -d work/03_numeric_python ] || $(BIN)/lab start 03_numeric_python
	$(BIN)/jupyter lab --notebook-dir work $(if $(filter 0,$(shell id -u)),--allow-root)

formgrader: setup ## open nbgrader's formgrader on the demo's gradebook
	$(BIN)/lab formgrader

site: setup-dev ## build the site strictly into build/site
	$(BIN)/mkdocs build --strict --site-dir build/site
	@echo "open build/site/index.html"

bench: setup-dev ## measure against nbgrader; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

up: setup-stack ## start the local stack: Kafka, Redis, Postgres, S3, MLflow, monitoring
	$(BIN)/lab up $(UP)

setup: $(VENV)/.base ## install what the demo and learners need

setup-stack: $(VENV)/.stack ## install what the local stack needs too

setup-fraud: $(VENV)/.fraud ## install what the fraud project needs too

setup-dev: $(VENV)/.dev ## install what tests, site and authors need too

lock: $(UV) ## renew the hash-pinned locks in requirements/
	UV=$(UV) requirements/lock.sh

fmt: setup-dev ## format code and notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/lab fmt

clean: ## remove what can be made again; work/ and submitted/ stay
	rm -rf build .state .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python: | $(UV)
	$(UV) venv --quiet --allow-existing --python "$$($(find_python))" $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the course (a few minutes the first time) …"
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/base.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@# JupyterLab asks a server far away for news; nothing here leaves the machine.
	$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" >/dev/null 2>&1
	@touch $@

$(VENV)/.stack: requirements/stack.txt $(VENV)/.base
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/stack.txt
	@touch $@

$(VENV)/.fraud: requirements/fraud.txt $(VENV)/.base
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/fraud.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

$(TOOLS)/bin/uv: requirements/tools.txt
	@python=$$($(find_python)); \
	if [ -z "$$python" ]; then echo "Python 3.11 or 3.12 is needed; name one: make PYTHON=/path/to/python"; exit 1; fi; \
	if "$$python" -c 'import ensurepip' 2>/dev/null; then \
		"$$python" -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --require-hashes -r $<; \
	else \
		"$$python" -m pip install --quiet --require-hashes --target $(TOOLS) -r $<; \
	fi
	@touch $@
