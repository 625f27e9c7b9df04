# The menu: `make` or `make help` shows it. Everything runs in .venv, which is made again whenever what it is made of changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types imports soak bench recording clean

help: ## show this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## make .venv with the program and its tools, at the versions of constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old or missing: Python 3.11 or later is needed (make PYTHON=python3.11 …)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: install ## sixty days of reminders and answers, with servers of its own, in about a minute
	$(BIN)/relance-mailer demo

test: lint types imports ## the one command that says whether all is well: lint, types, layers, tests
	$(BIN)/python -m pytest -n 2 -m "not soak"

lint: install ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install ## mypy --strict
	$(BIN)/mypy

imports: install ## import-linter: the layers
	$(BIN)/lint-imports

soak: install ## the long tests, for example 1,000 kills; their output is kept in docs/soak.txt
	@$(BIN)/python -m pytest -m soak -s -p no:cacheprovider --timeout 0 > docs/soak.txt 2>&1; \
	  status=$$?; cat docs/soak.txt; exit $$status

bench: install ## the road from file to SMTP, ours and the peer's
	$(BIN)/python bench/road.py

recording: install ## docs/demo.svg, the picture in the README, played anew
	$(BIN)/python docs/recording.py

clean: ## remove .venv and every cache
	rm -rf $(VENV) bench/.peer-venv build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find relance_mailer tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
