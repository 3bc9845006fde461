# Two commands do everything on a bare machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format lint types imports tests train reference corpora bench bench-check clean

run: $(VENV)/.installed
	@$(BIN)/nlp-toolkit annotate corpora/sample.txt --date 2026-03-20 --format text
	@echo
	@echo "Next, your own text:  $(BIN)/nlp-toolkit annotate YOUR_FILE.txt"
	@echo "and as JSON lines:    $(BIN)/nlp-toolkit annotate YOUR_FILE.txt -o result.jsonl"

test: $(VENV)/.test-installed
	@$(MAKE) --no-print-directory check

check: lint types imports corpora tests

format: $(VENV)/.test-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.test-installed
	$(BIN)/mypy

imports: $(VENV)/.test-installed
	$(BIN)/lint-imports

corpora: $(VENV)/.test-installed
	$(BIN)/python corpora/check.py

# Doctests and tests.
tests: $(VENV)/.test-installed
	$(BIN)/python -m pytest

# Makes models/themes anew from the gold in corpora/.
train: $(VENV)/.installed
	$(BIN)/nlp-toolkit train corpora/documents.jsonl corpora/passages.jsonl -o models/themes

# Speed beside the peers, by stage, by length, at the start: benchmarks/results.json and docs/performance.md.
bench: $(VENV)/.test-installed
	$(BIN)/python benchmarks/run.py

# Fails where we fell 15 % behind the recorded ratios to jieba.lcut; not a part of the tests.
bench-check: $(VENV)/.test-installed
	$(BIN)/python benchmarks/run.py --check

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python setup.cfg pyproject.toml
	@echo "Installing into $(VENV) (a minute or two the first time) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

# Writes the pages of docs/reference that the program makes.
reference: $(VENV)/.test-installed
	for page in api commands tables; do $(BIN)/python docs/$$page.py; done

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
