# Everything a user can run. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python on PATH that is new enough; `make PYTHON=…` overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages
READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
SOURCES := services shardhost gateway infra tests
# Python 3.11 can fail to parse a source while another thread parses one, and that ends the whole run: only native
# tracebacks need no parsing. Tests wait more than they work: more workers than cores, each with servers of its own.
WORKERS ?= 4
# The targets start dozens of Python processes. Where the environment forbids bytecode, each of them would compile
# every module anew, 1 to 2 CPU seconds a process.
export PYTHONDONTWRITEBYTECODE :=
# uv needs an eighth of pip's time. Pip installs uv, and the rest too where uv does not reach the packages: an index or
# a proxy that only pip was told of. Both check every hash.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
SBOM ?= .cache/sbom.json
BENCH ?= steady,path,enroll,content,import,stop

.PHONY: help demo day up test test-long check generate learn migrate bench faults lock sbom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

$(PACKAGES): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "kompang needs Python 3.11 or newer on PATH (or make PYTHON=/path/to/python3)" >&2; exit 2; }
	@echo "setting up $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "this Python cannot make a virtual environment: install its venv package (Debian, Ubuntu: python3-venv)" >&2; exit 2; }
	@$(PIP) --require-hashes --requirement <(awk '/^[a-z]/ { found = /^uv==/ } found' requirements-dev.txt)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements-dev.txt \
		2>/dev/null || $(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@

$(READY): $(PACKAGES) pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable . \
		2>/dev/null || $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# In the first run each worker would compile every module and every test by itself. What is wrong with the tests
# is told by the run itself.
$(COMPILED): $(READY)
	@$(BIN)/python -m pytest --collect-only --quiet --quiet $(PYTEST) > /dev/null 2>&1 || true
	@touch $@

demo: $(READY) ## set up everything, run the whole mesh on the sample leads, reconcile (DEMO_LEADS, DEMO_DEVICES, DEMO_HOSTS)
	@$(BIN)/python -m infra.local.demo

day: $(READY) ## run a marketer's day on the same mesh: import, campaigns, STOPs; every count checked (DAY_LEADS, DAY_DEVICES, DAY_HOSTS)
	@$(BIN)/python -m infra.local.day

up: $(READY) ## start the same mesh and leave it running; prints addresses and an API key (TLS=1: with certificates)
	@$(BIN)/python -m infra.local.up

test: $(COMPILED) ## set up everything and run the tests (PYTEST="-k name" narrows)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 10 --tb native $(PYTEST)

test-long: $(READY) ## every Python found, both forms of each scenario, 100,000 schedules, all faults, an audit; hours
	@$(BIN)/python -m tests.long

check: $(READY) ## lint, types, import contracts, protos, generated code and lists, migrations
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/lint-imports --no-cache | tail -n 3
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/buf lint protos
	@$(BIN)/python -m infra.generate --check
	@$(BIN)/python -m infra.vocabulary --check
	@$(BIN)/python -m infra.likeness --check
	@$(BIN)/python -m infra.note_likeness --check
	@$(BIN)/python -m infra.reference --check
	@$(BIN)/python -m services.schema --check

generate: $(READY) ## regenerate protos/gen from protos, and the lists in docs from the code
	@$(BIN)/python -m infra.generate
	@$(BIN)/python -m infra.reference

learn: $(READY) ## after a change of the vocabulary or of labelled replies: bring it into its normal form, weigh those anew
	@$(BIN)/python -m infra.vocabulary
	@$(BIN)/python -m infra.likeness
	@$(BIN)/python -m infra.note_likeness

migrate: $(READY) ## bring the database of KOMPANG_POSTGRES_DSN to the newest schema
	@$(BIN)/python -m services.schema

bench: $(READY) ## BENCH=steady,path,enroll,content,import,launch,pause,stop,attack,storm,receipts: one JSON object a line (TLS=1: with certificates)
	@$(BIN)/python -m tests.bench $(BENCH)

faults: $(READY) ## kill everything under load, check every promise (SEED=… replays, ROWS=1,8 narrows); 20 min
	@$(BIN)/python -m tests.faults

lock: $(READY) ## resolve pyproject.toml into the two hash-locked requirement files
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header pyproject.toml --extra dev --extra local -o requirements-dev.txt

sbom: $(READY) ## what is shipped, as CycloneDX (SBOM=path)
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.txt --pyproject pyproject.toml \
		--mc-type application --output-reproducible --output-file $(SBOM)
	@echo $(SBOM)

clean: ## remove what the targets made
	@rm -rf $(VENV) .cache .run .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
