# OpenWECC. `make` alone lists what can be done.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run build test test-quick check fix soak wire docs lock servers
export PATH := $(CURDIR)/.node/bin:$(CURDIR)/.venv/bin:$(PATH)

FIND_PYTHON = python=$$(deploy/setup/find-python) || exit 1
PREPARE = $(FIND_PYTHON); "$$python" deploy/setup/prepare.py
QUICK = not browser and not server and not fault and not soak

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: ## set up what is missing, then start the demo (ARGS="--port 9000" is passed on)
	@$(FIND_PYTHON); exec "$$python" deploy/setup/prepare.py -- wecc run --demo $(ARGS)

build: ## set up and build both front ends, start nothing
	@$(PREPARE)

test: servers ## everything: Python, front ends, real servers, real browsers (about 26 minutes on two cores)
	@$(PREPARE) --dev
	@.ci/test

test-quick: ## what needs no server and no browser (under 90 seconds)
	@$(PREPARE) --dev
	@python -m pytest -q -n 2 --dist loadgroup -m "$(QUICK)" $(ARGS)

check: ## format, lint, types, imports, house rules, generated files; the same as in CI
	@$(PREPARE) --dev
	@.ci/check

fix: ## format, and mend what the linters can mend by themselves
	@ruff check --fix --quiet . ; ruff format --quiet . ; node_modules/.bin/biome check --write --log-level=error .

soak: servers ## long campaigns: queue proofs, load, faults, power loss (hours)
	@$(PREPARE) --dev
	@python -m pytest -q -m soak --timeout 7200 -o faulthandler_timeout=0 $(ARGS)

wire: ## write the front ends' wire types from the structs
	@python .ci/wire.py

docs: ## write the reference pages from the code
	@wecc docs

lock: ## choose and lock the versions of all Python packages again (ARGS=--upgrade)
	@deploy/setup/lock $(ARGS)

servers: ## install the programs the tests talk to (Debian; says what and why)
	@.ci/install-test-servers
