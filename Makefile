# The front door. `make help` lists every command.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install -qq --require-hashes --no-deps
export PIP_ROOT_USER_ACTION = ignore

.PHONY: help run test lint entra bench beside sizes many screenshots icons lock clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "make %-12s %s\n", $$1, $$2}'

run: .venv/installed ## Start the product with a demo organization; Ctrl-C stops it
	@exec $(BIN)/python manage.py run_all

test: .venv/installed-test ## Run the whole suite on SQLite and on PostgreSQL + Redis (ARGS="-k word" narrows it)
	@exec $(BIN)/python -m tests.run $(ARGS)

lint: .venv/installed-test ## Check style, types and the directions of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

entra: .venv/installed ## Play Entra's provisioning cycles against the running demo (ARGS="--users 500" and more)
	@exec $(BIN)/python manage.py simulate_entra $(ARGS)

screenshots: .venv/installed-test ## Take the pictures of the README anew, in a real browser
	@SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/console/test_browser.py

icons: .venv/installed-test ## Cut the console's icon font anew, to the icons that its pages use
	@DJANGO_SETTINGS_MODULE=hootprov.settings.test $(BIN)/python -m tests.console.icons

bench: .venv/installed-test ## Measure the consoles and an export over a million log entries (minutes; nothing of it runs in the suite)
	@$(BIN)/python -m bench.consoles
	@$(BIN)/python -m bench.export

beside: .venv/installed-test ## Measure SCIM beside its floor and other servers, in rounds (ARGS="--rounds 3" and more)
	@exec $(BIN)/python -m bench.side_by_side $(ARGS)

sizes: .venv/installed-test ## Measure SCIM with a thousand users and with a million (ARGS="--sizes 1000 100000" and more)
	@exec $(BIN)/python -m bench.sizes $(ARGS)

many: .venv/installed-test ## Measure ten organizations at once, a noisy neighbour, and memory (ARGS="--seconds 600" and more)
	@exec $(BIN)/python -m bench.many $(ARGS)

lock: .venv/installed-test ## Compile requirements*.in into exact versions with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links requirements-anymail.in -o requirements-anymail.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links \
		--no-emit-package playwright --no-emit-package pyee --no-emit-package greenlet \
		requirements-test.in -o requirements-test.txt

clean: ## Remove the virtual environment, the demo's data and every cache
	@rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "HootProv needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@echo "Making a virtual environment with $(PYTHON) ..."
	@$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	@echo "Installing the packages of requirements.txt ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/installed-test: requirements-test.txt .venv/installed
	@echo "Installing the packages of requirements-test.txt ..."
	@$(PIP) -r requirements-test.txt
	@touch $@
