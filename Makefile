# A fresh machine needs Python 3.11 or later and make; the rest is made here, in .venv.

PYTHON ?= python3
BIN := .venv/bin
# The environment is made again when what it is made from changes.
STAMP := .venv/made-from-$(shell cat requirements.lock pyproject.toml | sha256sum | cut -c 1-16)

.PHONY: help run test lint demo accidents year bench lock screenshots clean install

help:
	@echo 'make run            serve on http://127.0.0.1:8000 (PORT=...), with a PostgreSQL of its own under data/'
	@echo '                    DATABASE_URL=postgresql://... uses yours instead'
	@echo 'make test           the whole test suite'
	@echo 'make lint           style, types, layers'
	@echo 'make demo OUT=dir   play one working day; its PDFs and summary.json go to dir'
	@echo 'make accidents OUT=dir  play the published losses; when each is noticed here goes to dir'
	@echo 'make year OUT=dir   play the contract year, SCALE=0.05 of its counts; papers and year.json go to dir'
	@echo 'make bench          hot paths beside the same work done bare'
	@echo '                    JAPAN=1: ten minutes of all of Japan; GROWTH=1000000: with ever more entries'
	@echo '                    REPORTS=10000000: reports and searches over two years of cards; takes half an hour, 15 GB'
	@echo 'make screenshots    the pictures of the README, in Chromium'
	@echo 'make lock           resolve requirements.lock again (needs uv)'
	@echo 'make clean          remove what can be made again; data/ stays'

run: $(STAMP)
	@exec $(BIN)/logistics serve

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: $(STAMP)
	@test -n '$(OUT)' || { echo 'Say where the papers go: make demo OUT=dir' >&2; exit 2; }
	@$(BIN)/logistics demo --out '$(OUT)'

accidents: $(STAMP)
	@test -n '$(OUT)' || { echo 'Say where accidents.json goes: make accidents OUT=dir' >&2; exit 2; }
	@$(BIN)/python -m tests.accidents '$(OUT)'

year: $(STAMP)
	@test -n '$(OUT)' || { echo 'Say where year.json goes: make year OUT=dir [SCALE=0.05]' >&2; exit 2; }
	@$(BIN)/python -m tests.year '$(OUT)' $(if $(SCALE),--scale $(SCALE))

bench: $(STAMP)
	$(BIN)/python -m tests.bench $(if $(JAPAN),--only japan) $(if $(GROWTH),--only growth --entries $(GROWTH)) \
	  $(if $(REPORTS),--only reports --entries $(REPORTS))

screenshots: $(STAMP)
	$(BIN)/python -m tests.browser.picturing docs/pictures

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:
	rm -rf .venv build out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMP)

# Other accounts must be able to read the environment: root runs the embedded PostgreSQL as one of them.
# The lock is complete, so nothing is resolved or fetched besides it (--no-deps, --no-build-isolation).
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or later is needed as $(PYTHON); or say PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory .venv-package
	@$(BIN)/python -c '' 2>/dev/null || rm -rf .venv
	umask 022 && $(PYTHON) -m venv .venv
	umask 022 && $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	umask 022 && $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f .venv/made-from-* && touch $@

# Debian leaves venv out of python3.
.PHONY: .venv-package
.venv-package:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; \
	else \
	  echo 'Python cannot make environments. Install them first: sudo apt-get install python3-venv' >&2; exit 1; \
	fi
