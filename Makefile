# SigmaSight: everything a developer does. `make help` first.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

.PHONY: help setup demo test check docs golden bench lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with everything the lock file names

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "SigmaSight needs Python 3.11 or newer; say which: make setup PYTHON=python3.12" >&2; exit 1; }
	@if uv=$$(command -v uv) && [ "$$uv" != "$$PWD/$(BIN)/uv" ]; \
	then uv venv --quiet --clear --no-python-downloads --python $(PYTHON) .venv; \
	else $(PYTHON) -m venv --clear .venv && awk '/^[a-z]/ {uv = /^uv==/} uv' requirements.lock > .venv/uv.txt \
	  && $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r .venv/uv.txt; fi
	@PATH="$$PWD/$(BIN):$$PATH" && uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  && uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## Three portfolios, sixty nights, one summary
	@$(BIN)/sigmasight demo

test: setup ## Run every test, with coverage
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup --cov=sigmasight --cov-report=term

check: setup ## What CI runs before the tests: format, lint, types, rooms
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: setup ## Write the reference pages from their spec tests
	@PYTHONPATH=tests $(BIN)/python -m spec.write

golden: setup ## What changed against the reviewed night; ACCEPT=1 keeps the new one
	@PYTHONPATH=tests OPENBLAS_NUM_THREADS=1 ACCEPT=$(ACCEPT) $(BIN)/python -m golden

bench: setup ## Measure, as ratios in one run
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks

lock: setup ## Lock versions and hashes of all dependencies
	@PATH="$$PWD/$(BIN):$$PATH" uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --extra dev --upgrade -o requirements.lock pyproject.toml

clean: ## Remove what was built; your data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
