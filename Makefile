# Camkeeper. `make` lists what can be done.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo run test fuzz bench lint format shots setup clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: setup simulator/videos/.made ## run Camkeeper with a simulated fleet over real RTSP; prints address and login
	@$(BIN)/python -m webapp.supervisor --demo

run: setup ## run Camkeeper
	@$(BIN)/python -m webapp.supervisor

test: setup .venv/.dev simulator/videos/.made .venv/.browser ## run every test, or those that ARGS names
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(BIN)/python -m pytest -m "not alone" --numprocesses=2 --dist=loadfile
	$(BIN)/python -m pytest -m alone
endif

fuzz: setup .venv/.dev ## send anything at all to every operation of the API; FUZZ_EXAMPLES=1000 for more
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} $(BIN)/python -m pytest tests/api/test_fuzz.py $(ARGS)

bench: setup .venv/.dev .venv/.bench simulator/videos/.made ## measure side by side, ratios first
	$(BIN)/python -m benchmarks $(ARGS)

lint: setup .venv/.dev ## ruff, mypy, djlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet

format: .venv/.dev ## let ruff format the code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

shots: setup .venv/.dev simulator/videos/.made .venv/.browser ## take the README's screenshots
	$(BIN)/python -m pytest tests/browser --shots=docs/images $(ARGS)

setup: .venv/.run static/vendor/.made ## install what running needs

clean: ## remove what set-up made; your data stays
	rm -rf .venv static/vendor simulator/videos

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Camkeeper needs Python 3.11 or newer; say which with make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv

.venv/.run: requirements.txt constraints.txt | .venv/bin/python
	@echo "Installing what Camkeeper runs on …"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt constraints.txt | .venv/bin/python
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv/.bench: benchmarks/requirements.txt | .venv/bin/python
	@$(PIP) -r benchmarks/requirements.txt
	@touch $@

.venv/.browser: | .venv/bin/python
	@sh tests/browser/install-chromium.sh
	@touch $@

static/vendor/.made: assets.lock | .venv/.run
	@$(BIN)/python -m webapp.assets
	@touch $@

simulator/videos/.made: $(wildcard simulator/*.py) | .venv/.run
	@$(BIN)/python -m simulator.videos
	@touch $@
