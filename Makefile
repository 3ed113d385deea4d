# Every target installs what it needs. `make help` lists them.
SHELL := /bin/sh
VENV ?= .venv
PYTHON := $(VENV)/bin/python
NODE_MODULES := node_modules/.installed
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard i18n/locales/*/LC_MESSAGES/messages.po))
PAGES := tabs/static/.built

.DEFAULT_GOAL := help
.PHONY: help install run test fuzz lint bench package screenshots messages lock chromium clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed $(NODE_MODULES) $(CATALOGUES) $(PAGES) ## Python and Node packages, catalogues, page scripts

run: install ## the whole thing on this machine: server, gateway, simulator and Agents Playground
	@exec $(PYTHON) app.py demo

test: install chromium ## every test, as many at a time as there are cores
	$(PYTHON) -m pytest -n auto --dist worksteal

fuzz: install ## 100,000 cases of whatever a PBX may send; a small share of them is in `make test`
	$(PYTHON) -m tests.fuzz

lint: install ## ruff, mypy, import contracts, TypeScript
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-cache
	npm run --silent check

bench: install .venv-bench/.installed ## measurements beside the peers; prints medians and ratios
	.venv-bench/bin/python -m benchmarks

package: install ## the zip that a Teams admin uploads, from the settings in the environment or .env
	$(PYTHON) app.py package

screenshots: install chromium ## takes the pictures of the README anew
	$(PYTHON) -m tests.screenshots

messages: $(VENV)/.installed ## collects the sentences of code and templates into the catalogues
	@mkdir -p build
	$(VENV)/bin/pybabel --quiet extract --no-wrap --no-location -F babel.cfg -k say -k plural:1,2 -o build/messages.pot .
	$(VENV)/bin/pybabel --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	  -i build/messages.pot -d i18n/locales

lock: ## pins the versions anew, with hashes and without any registry's address (needs uv)
	for lock in dev:"--extra server --extra gateway --group dev" server:"--extra server" gateway:"--extra gateway" \
	  bench:"--extra server --extra gateway --group dev --group bench"; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --no-header pyproject.toml $${lock#*:} -o requirements/$${lock%%:*}.txt || exit 1; done
	npm install --package-lock-only --ignore-scripts

chromium:
	@scripts/chromium

clean: ## removes everything that was built or installed here
	rm -rf $(VENV) .venv-bench node_modules build dist var tabs/static
	find i18n -name '*.mo' -delete

$(VENV)/.installed: requirements/dev.txt
	@scripts/venv $(VENV) requirements/dev.txt
	@touch $@

.venv-bench/.installed: requirements/bench.txt
	@scripts/venv .venv-bench requirements/bench.txt
	@touch $@

$(NODE_MODULES): package.json package-lock.json
	@scripts/node
	npm ci --ignore-scripts --loglevel=error
	@touch $@

%.mo: %.po $(VENV)/.installed
	@$(VENV)/bin/pybabel --quiet compile -i $< -o $@

$(PAGES): $(NODE_MODULES) vite.config.ts tsconfig.json $(wildcard tabs/*.ts tabs/scripts/*.ts tabs/scripts/*/*.ts tabs/styles/*.css tabs/public/*)
	npm run --silent build
	@gzip --best --keep --force tabs/static/*.js tabs/static/*.css
	@touch $@
