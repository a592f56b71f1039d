# One file for every task: a person and CI call the same targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help root setup packages binaries lock check checkov unit test golden demo down bench-demo bench-graph bench-pools bench-tunnel pictures modules preview
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the locked Python environment in .venv
$(READY): requirements/dev.txt pyproject.toml
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing the locked Python packages into $(VENV): about 2 minutes the first time"
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

packages: ## what the local data centres and the builds need of the system: Debian packages (root)
	@tools/packages.sh

COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command 'make lock'
lock: $(READY) ## resolve every requirement anew
	$(COMPILE) --extra dev pyproject.toml images/dask/requirements.in -o requirements/dev.txt
	$(COMPILE) requirements/checkov.in -o requirements/checkov.txt
	for image in dask controller; do $(COMPILE) -c requirements/dev.txt images/$$image/requirements.in -o images/$$image/requirements.txt; done

check: $(READY) ## format, lint, types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

binaries: packages $(READY) ## the Go programs, built once into a cache (about 21 CPU-minutes the first time)
	$(BIN)/python -m tools.build

checkov: $(READY) # another project's judgement of our manifests, in a folder of its own in the cache
	@$(BIN)/python -m tests.graph.checkov

modules: $(READY) ## what the TypeScript example imports, into the cache (npm, Node 20)
	$(BIN)/python -m tools.pulumi.node_modules

unit: $(READY) ## what is quick and needs no root and no network: under a minute
	$(BIN)/pytest -m "not cluster and not network and not engine and not e2e and not slow"

test: packages check binaries checkov modules ## everything: real API servers, real engine, real tunnels
	test -z "$$(gofmt -l tunnel tools)" || { gofmt -d tunnel tools; exit 1; }
	cd tunnel && go vet ./... && go test ./...
	$(BIN)/pytest

golden: $(READY) ## rewrite what tests compare with, then read the diff
	$(BIN)/pytest tests/graph --write-golden
	$(BIN)/python -m tests.wireguard.golden_configs
	$(BIN)/python -m policy.reference > docs/reference/rules.md
	$(BIN)/python -m isthmus.environment.reference > docs/reference/stack-files.md
	for kind in stack site; do $(BIN)/python -m isthmus config schema $$kind > stacks/schema/$$kind.json; done
	$(BIN)/python -m tests.docs.reachability
	$(BIN)/python -m tests.docs.pictures
	$(BIN)/python -m tests.package.golden
	$(BIN)/python -m tests.docs.components
	git diff --stat tests docs stacks/schema

BASE ?= HEAD~1
HEAD ?= HEAD
preview: $(READY) ## what `pulumi up` would do after the last commit (BASE=, HEAD=: other ones; `.` is the working tree)
	@$(BIN)/python -m isthmus graph diff $(BASE) $(HEAD) --stack all --format markdown

pictures: $(READY) ## draw docs/pictures anew from the stack files, then look at them
	$(BIN)/python -m tests.docs.pictures

root: # before anything is built in vain
	@test "$$(id -u)" = 0 || { echo "local data centres need root; run it with sudo -E" >&2; exit 1; }

demo: root binaries ## three data centres on this machine, `pulumi up`, the calculation with and without pools
	$(BIN)/python -m demo $(DEMO)

down: $(READY) ## ends what `make demo` left running
	$(BIN)/python -m demo down

bench-demo: binaries ## the demo's measured claims: bytes, seconds, memory, time to ready
	$(BIN)/python -m benchmarks.demo

bench-pools: $(READY) ## bytes and seconds of the pools plugin on loopback, beside plain Dask
	$(BIN)/python -m benchmarks.pools

bench-graph: $(READY) ## seconds to record, judge and compare 1,000 resources, beside Pulumi's own mocks
	$(BIN)/python -m benchmarks.graph --write

bench-tunnel: binaries ## the data plane's throughput, beside a bare link
	$(BIN)/python -m benchmarks.tunnel
