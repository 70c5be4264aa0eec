# One command a task. Everything is installed into .venv; nothing else on the machine changes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint types unit chaos bench clean

run: .venv/.run
	@exec $(BIN)/chatbot demo

test: lint types unit

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry .

types: .venv/.test
	$(BIN)/mypy

unit: .venv/.test
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

# The long form of the storms that `make test` runs in short: tens of minutes.
chaos: .venv/.test
	CHATBOT_CHAOS=long $(BIN)/pytest tests/chaos --timeout 3600

bench: .venv/.test
	$(BIN)/python -m benchmarks.throughput

.venv/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.test: .venv/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,sentence-transformers]'
	@touch $@

clean:
	rm -rf .venv data build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
