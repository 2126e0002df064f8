# make demo   install, run every published finding and one whole experiment, say where the report is
# make test   lint, types, tests (what CI runs)
# make browser  find or install the Chromium that the tests of the page drive
# make fit    fit the free parameters again (seeded)
# make results  run what the README and the tutorial show, and write it into them
# make docs   the manual as HTML
# make bench  measure speed and error beside other engines (make bench-peers installs those)
# make clean  remove what these made
#
# Needs Python 3.11 or later and make. Everything else goes into .venv/; a second call finds it there.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --use-pep517 \
	--constraint constraints.txt
JOBS ?= 2
OUT ?= runs

.PHONY: demo test lint browser fit results docs clean bench bench-peers
.DEFAULT_GOAL := demo

demo: $(VENV)/.core
	@mkdir -p $(OUT)
	@status=0; \
	echo "running every published finding (less than a minute on two cores) ..." >&2; \
	$(BIN)/reflexarc findings > $(OUT)/findings.txt || status=$$?; \
	$(BIN)/reflexarc run liu-2021 --out $(OUT) || status=$$?; \
	echo; sed -n '/^scoreboard/,$$p' $(OUT)/findings.txt; \
	echo; echo "published beside simulated: $(OUT)/findings.txt"; \
	exit $$status

test: $(VENV)/.dev lint browser
	$(BIN)/python -m pytest -n $(JOBS) -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/browser.sh

fit: $(VENV)/.core
	$(BIN)/python -m reflexarc.fitting

results: $(VENV)/.core
	$(BIN)/python docs/refresh.py

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "manual: docs/_build/html/index.html"

# Other engines for `reflexarc bench peers`, each in an environment of its own.
PEERS := amici copasi diffrax heyoka numbalsoda
bench-peers: $(PEERS:%=.bench/%/.done)
.bench/%/.done: benchmarks/requirements/%.txt
	$(PYTHON) -m venv .bench/$*
	-PATH="$(CURDIR)/.bench/$*/bin:$$PATH" .bench/$*/bin/python -m pip \
		--disable-pip-version-check install --quiet --requirement $< && touch $@

# Everything that is measured, side by side; about half an hour on a quiet machine.
RESULTS := benchmarks/results
bench: $(VENV)/.core
	@mkdir -p $(RESULTS)
	$(BIN)/reflexarc bench peers --out $(RESULTS)/peers.json
	$(BIN)/python benchmarks/sensitivity.py --rtol 1e-6 1e-4 --out $(RESULTS)/sensitivity.json
	$(BIN)/reflexarc bench roofline --out $(RESULTS)/roofline.json
	$(BIN)/reflexarc bench scaling --out $(RESULTS)/scaling.json
	$(BIN)/reflexarc bench million --json > $(RESULTS)/million.json

clean:
	rm -rf $(VENV) docs/_build build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "reflexarc needs Python 3.11 or later, and none was found on PATH" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev,server]'
	@touch $@ $(VENV)/.core

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[docs]'
	@touch $@ $(VENV)/.core
