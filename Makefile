# Every target makes its own virtual environment: Python 3.11 with venv, make and git are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SEEDS := 1 2 3 4 5

.DEFAULT_GOAL := help
.PHONY: help demo demo-seeds test check docs bench mutants soak wheel-test clean

help: ## say what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/make \1|\2/p' Makefile | column -t -s '|'

demo: $(READY) ## let a model repair a real program with real tools, and prove it; MODEL=provider/name for a real one
	@$(BIN)/chatcore demo $(if $(MODEL),--model '$(MODEL)') $(if $(BASE_URL),--base-url '$(BASE_URL)')

demo-seeds: $(READY) ## the demo on five seeds, and once with a wrong edit planted, which must fail
	@for seed in $(SEEDS); do $(BIN)/chatcore demo --seed $$seed --json || exit 1; done
	@if $(BIN)/chatcore demo --plant-wrong-edit --json; then echo "a planted wrong edit passed"; exit 1; fi

test: $(READY) ## run the tests (about ten minutes on two cores)
	@$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(READY) ## lint, types, import rules, generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python tests/house_rules.py
	@$(BIN)/python tests/spec_marks.py --quiet

docs: $(READY) ## generate the pages that are derived from the code
	@$(BIN)/python docs/generate.py

bench: $(READY) ## measure, each number beside a peer or the physical limit
	@$(BIN)/python -m benchmarks

mutants: $(READY) ## break domain/chat in every way and count what the tests notice
	@$(BIN)/python tests/mutants.py

soak: $(READY) ## the properties and the state machine, twenty times as long; ten thousand seeds of the simulator
	@CHATCORE_PROFILE=soak $(BIN)/python -m pytest -n 2 --dist worksteal tests/property tests/simulation
	@$(BIN)/chatcore simulate --seeds 0:10000 --profile hostile --replicas 3 --jobs 2

wheel-test: $(READY) ## build the wheel and run the tests against it, installed
	@rm -rf dist .venv-wheel
	@$(BIN)/python -m build --no-isolation --wheel --outdir dist . > /dev/null
	@$(PYTHON) -m venv .venv-wheel
	@.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "$$(echo dist/*.whl)[dev]"
	@.venv-wheel/bin/python -m pytest -n 2 --dist worksteal -p no:cacheprovider

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean: ## remove the virtual environments and everything generated
	rm -rf $(VENV) .venv-wheel dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis mutants
