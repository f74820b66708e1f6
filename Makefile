# Two commands matter: `make run` opens the app, `make test` proves it. Both set up .venv by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-ready
DEV_STAMP := $(VENV)/.dev-ready
PORT   ?= 8501

.DEFAULT_GOAL := help
.PHONY: help run test lint format soak bench sample clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(RUN_STAMP) ## set up once and open the app
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(DEV_STAMP) ## set up once and run every test
	$(BIN)/python -m pytest -n 2 --dist loadscope

lint: $(DEV_STAMP) ## ruff, format check, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy crmkpi

format: $(DEV_STAMP) ## put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(DEV_STAMP) ## kill the store 500 times while it writes
	CRMKPI_KILLS=500 $(BIN)/python -m pytest tests/store/test_faults.py -k "killed_process or clients_of_postgres"

bench: $(DEV_STAMP) ## measure speed and memory, write bench/RESULTS.md
	$(BIN)/python bench/run.py

sample: $(DEV_STAMP) ## make the sample data again from its seed
	$(BIN)/python sample_data/make.py

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
