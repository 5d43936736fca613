# Everything a newcomer or a CI machine needs. `make` alone lists the targets.
# Needs python3 (3.11 or newer) and make, nothing else. Another interpreter: make setup PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup dev run test lint typecheck lock format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the server into .venv (does nothing when it is there)
	@$(PYTHON) scripts/bootstrap.py

dev:
	@$(PYTHON) scripts/bootstrap.py --dev

run: setup ## start a demo server with two users on 127.0.0.1, port $PORT or 8000
	@exec $(VENV)/bin/keyturn demo

test: dev ## every check, then the tests on SQLite and on PostgreSQL
	@exec $(PY) scripts/checks.py

lint: dev ## ruff and the import contracts
	@exec $(PY) scripts/checks.py lint

typecheck: dev ## mypy
	@exec $(PY) scripts/checks.py typecheck

format: dev ## let ruff rewrite the code
	@$(PY) -m ruff check --fix-only --quiet
	@$(PY) -m ruff format

lock: ## write requirements/*.txt anew (needs uv)
	@$(PYTHON) scripts/lock.py

clean: ## remove the environments, caches and the demo's data
	rm -rf $(VENV) .venv-* var build dist htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf .schemathesis .coverage .coverage.*
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
