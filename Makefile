# Everything a newcomer or a CI machine needs. `make` alone lists the targets.
# Needs python3 (3.11 or newer) and make, nothing else; Node 20.19 or newer builds the web app where it is there.
# Another interpreter: make setup PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# What `make test` runs the tests of Python on, which of them (as pytest's -m has it; empty: all), and whether it measures
# their coverage (COVERAGE=1).
DATABASES ?= sqlite,postgres
TESTS ?=
COVERAGE ?=

.DEFAULT_GOAL := help
.PHONY: help setup tools web run dev test lint typecheck lock format bench bench-quick wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the server into .venv (does nothing when it is there)
	@$(PYTHON) scripts/bootstrap.py

tools:
	@$(PYTHON) scripts/bootstrap.py --dev

web: ## build the web app (needs Node; does nothing when it is there)
	@$(PYTHON) scripts/web.py

run: setup ## start a demo with two users and the web app on localhost, port $PORT or 8000
	@$(PYTHON) scripts/web.py --optional
	@exec $(VENV)/bin/keyturn demo

dev: setup ## the same, with every edit of Python or TypeScript seen at once (needs Node)
	@exec $(PY) scripts/dev.py

test: tools ## every check, then the tests on SQLite and on PostgreSQL, of the web client and in a browser
	@exec $(PY) scripts/checks.py --databases $(DATABASES) --tests "$(TESTS)" $(if $(COVERAGE),--coverage)

lint: tools ## ruff and the import contracts
	@exec $(PY) scripts/checks.py lint

typecheck: tools ## mypy
	@exec $(PY) scripts/checks.py typecheck

format: tools ## let ruff rewrite the code
	@$(PY) -m ruff check --fix-only --quiet
	@$(PY) -m ruff format

bench: tools ## Keyturn beside its peers, for a quiet machine; writes docs/performance.md (needs Node)
	@exec $(PY) -m benchmarks.compare --publish

bench-quick: tools ## the same in under five minutes; writes nothing but build/bench
	@exec $(PY) -m benchmarks.compare --quick

wheel: tools ## build the package, web app included, into dist/
	@$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

lock: ## write requirements/*.txt anew (needs uv)
	@$(PYTHON) scripts/lock.py

clean: ## remove the environments, caches and the demo's data
	rm -rf $(VENV) .venv-* var build dist htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf .schemathesis .coverage .coverage.*
	rm -rf web/node_modules web/*/node_modules web/*/dist web/client/src/generated web/test-results src/keyturn_server/web
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
