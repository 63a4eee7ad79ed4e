# weapons-ref: make demo, make test; make alone lists the rest. Needs Python 3.11 or later.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

QUERIES := $(wildcard queries/*.yaml)
ANSWERS := $(patsubst queries/%.yaml,out/%,$(QUERIES))
CODE := $(shell find weapons_ref -name '*.py' -o -name '*.csv')
CATALOG := $(shell find catalog -name '*.yaml')

# Commands that take their arguments from variables. These reach the shell through the environment,
# so that names with quotes and spaces survive: make reach FROM="Знам'янка" SYSTEM=atacms
COMMANDS := list show search compare sources ring plot map reach which distance closest place check run catalog completion
export SYSTEM FROM AREA COUNTRY TO RANGE TEXT FORMAT OUT ARGS

.DELETE_ON_ERROR:
.PHONY: help setup demo test test-long lint audit bench lock docs site gallery queries clean $(COMMANDS)
.DEFAULT_GOAL := help

help: ## Print this help
	@echo "weapons-ref: published weapon ranges with their sources, and what lies within them"
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo "Any command: make $(COMMANDS)"
	@echo "with SYSTEM= FROM= AREA= COUNTRY= TO= RANGE= TEXT= FORMAT= OUT= ARGS=, for example"
	@echo "  make reach SYSTEM=atacms FROM=Kherson TO=Sevastopol"
	@echo "  make ring SYSTEM='gmlrs atacms' FROM=Kherson OUT=rings.geojson"
	@echo "  make plot SYSTEM=atacms FROM=Kherson OUT=atacms.png"
	@echo "  make map SYSTEM=atacms FROM=Kherson OUT=atacms.html"
	@echo "  make distance FROM='Velyka Znamianka' TO=47.5119,34.5863"
	@echo "  make place TEXT=Херсон"
	@echo "  make catalog ARGS=validate"

setup: $(READY) ## Make the virtual environment and the gazetteer

$(READY): requirements/dev.txt setup.cfg setup.py pyproject.toml weapons_ref/places/index.py weapons_ref/places/borders.py weapons_ref/places/bordernotes.py weapons_ref/maps/basemapfile.py $(wildcard weapons_ref/places/*.csv) tests/node/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "weapons-ref needs Python 3.11 or later; name one: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation -e .
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund --prefix tests/node || echo "notice: npm ci failed; one check of GeoJSON will be skipped"; \
	else echo "notice: no npm; one check of GeoJSON will be skipped"; fi
	@touch $@

demo: $(READY) out/himars-kherson-rings.geojson out/himars-kherson-places.txt out/himars-kherson-places.geojson ## Answer the question the project started from
	@echo
	@echo '$$ weapons-ref reach himars --from Kherson'
	@$(BIN)/weapons-ref reach himars --from Kherson
	@echo
	@echo "The seed report puts Velyka Znamianka about thirty kilometres west of the Zaporizhzhia plant:"
	@echo '$$ weapons-ref distance "Velyka Znamianka" 47.5119,34.5863'
	@$(BIN)/weapons-ref distance 'Velyka Znamianka' 47.5119,34.5863
	@echo
	@echo "Written: the rings, out/himars-kherson-rings.geojson; the places in reach as a table,"
	@echo "out/himars-kherson-places.txt, and as GeoJSON, out/himars-kherson-places.geojson"

test: $(READY) ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-long: $(READY) ## Run the tests that take hours: a billion points against exact distances
	$(BIN)/python -m pytest -n 2 -m long

lint: $(READY) ## Run the linters and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(READY) ## Ask whether a locked dependency has a known vulnerability (needs a network)
	$(BIN)/pip-audit --requirement requirements/dev.txt --disable-pip --no-deps --progress-spinner off

bench: $(VENV)/bench ## Measure beside what one would use instead, and write docs/performance.md
	$(BIN)/python -m benchmarks.points --write docs/performance.md

site: $(READY) ## Write the catalog as web pages, into out/site
	$(BIN)/weapons-ref site -o out/site --force

$(VENV)/bench: $(READY) requirements/bench.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

lock: ## Renew requirements/dev.txt from setup.cfg and requirements/dev.in (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url setup.cfg requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/bench.in -o requirements/bench.txt

docs: $(READY) ## Renew the output that README and docs show
	$(BIN)/python tests/test_docs.py

gallery: $(READY) ## Draw the pictures of docs/gallery.md again
	@grep '^weapons-ref plot' docs/gallery.md | while read -r command; do \
	  echo "$$command"; eval "$(BIN)/$$command --force --quiet" || exit 1; \
	done

queries: $(ANSWERS) ## Answer the saved queries: queries/NAME.yaml becomes out/NAME

# Each answer is written whole or not at all, so this is safe under make -j.
out/%: queries/%.yaml $(CATALOG) $(CODE) $(READY)
	@mkdir -p out
	$(BIN)/weapons-ref run $< --force -o $@

$(COMMANDS): $(READY)
	@set -f; set -- $@; \
	case $@ in \
	distance) [ -z "$$FROM" ] || set -- "$$@" "$$FROM"; \
	   set -- "$$@" "$$TO" $${AREA:+--from-area "$$AREA"} $${COUNTRY:+--from-country "$$COUNTRY"};; \
	closest) set -- "$$@" "$$FROM" "$$TO";; \
	place|search) set -- "$$@" "$$TEXT";; \
	run|catalog|check|sources|completion) ;; \
	*) for system in $$SYSTEM; do set -- "$$@" "$$system"; done; \
	   [ -z "$$FROM" ] || set -- "$$@" --from "$$FROM"; \
	   [ -z "$$AREA" ] || set -- "$$@" --from-area "$$AREA"; \
	   [ -z "$$COUNTRY" ] || set -- "$$@" --from-country "$$COUNTRY"; \
	   [ -z "$$TO" ] || set -- "$$@" --to "$$TO"; \
	   [ -z "$$RANGE" ] || set -- "$$@" --range "$$RANGE";; \
	esac; \
	[ -z "$$FORMAT" ] || set -- "$$@" --format "$$FORMAT"; \
	[ -z "$$OUT" ] || set -- "$$@" --output "$$OUT"; \
	eval "set -- \"\$$@\" $$ARGS"; \
	exec $(BIN)/weapons-ref "$$@"

clean: ## Remove the environment and everything built
	rm -rf .venv* out build dist *.egg-info weapons_ref/_data tests/node/node_modules
