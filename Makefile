# Every target does its own set-up: the first one creates .venv from requirements.lock,
# the others use it again. Works with GNU Make 4 and with the 3.81 of macOS.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp
START := $(shell date +%s)
PYTEST := $(BIN)/python -m pytest -q

.DEFAULT_GOAL := help
.PHONY: book test check lab lock exercises anki references prices mutants clean help browser

# $(call step,WHAT,COMMAND): say what is done, do it, say how long it took.
# The environment's programs come first on PATH: nbgrader calls alembic, the build calls node.
define step
@printf '\n==> %s\n' '$(1)'; begin=$$(date +%s); \
PATH="$(CURDIR)/$(BIN):$$PATH"; export PATH; \
$(2) || { code=$$?; \
  printf 'make: "%s" failed after %s s (exit %s)\n' '$(1)' "$$(($$(date +%s) - begin))" "$$code" >&2; \
  exit "$$code"; }; \
printf '    %s: %s s\n' '$(1)' "$$(($$(date +%s) - begin))"
endef
total = @printf '\nmake %s: %s s in all\n' '$@' "$$(($$(date +%s) - $(START)))"

book: $(STAMP) ## run every lesson and build the site to _build/html
	$(call step,build the book,$(BIN)/python -m course_utils.book)
	$(total)

test: book browser ## build the book, then run all tests but the slow ones
	$(call step,run the tests,$(PYTEST) -m "not slow" -n 2 --dist loadscope)
	$(total)

check: book browser ## run the slow tests, among them all of this from a fresh copy
	$(call step,run the slow tests,$(PYTEST) -m slow)
	$(total)

lab: $(STAMP) ## open the lessons in JupyterLab, as copies in work/
	$(call step,open the lessons,$(BIN)/python -m course_utils.lab)

exercises: $(STAMP) ## write exercises/ from solutions/
	$(call step,write the exercises,$(BIN)/python -m course_utils.authoring exercises)
	$(total)

anki: $(STAMP) ## write the Anki deck of all quizzes to _build/anki
	$(call step,write the deck,$(BIN)/python -m course_utils.authoring anki)
	$(total)

references: $(STAMP) ## renew the reference outputs that the notebooks are compared with
	$(call step,renew the reference outputs,$(PYTEST) --renew-references chapters exercises solutions)
	$(total)

prices: $(STAMP) ## report prices in the catalog that are older than a year
	$(call step,look at the prices,$(BIN)/python -m course_utils.catalog)
	$(total)

mutants: $(STAMP) ## change the calculators and see if a test fails (MODULES="money words")
	$(call step,make and test mutants,$(BIN)/python tests/calculators/mutants.py $(MODULES))
	$(total)

# uv resolves for every platform and Python at once, which pip cannot. Versions that are
# locked stay, unless UPGRADE=1 asks for the newest that pyproject.toml allows.
lock: ## write requirements.lock from pyproject.toml (UPGRADE=1: newest versions)
	@printf '\n==> resolve the dependencies\n'; set -e; \
	folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	"$(PYTHON)" -m venv "$$folder"; \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check uv; \
	"$$folder/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --all-extras --no-emit-index-url --no-annotate --no-header $(if $(UPGRADE),--upgrade) \
	  -o requirements.lock
	$(total)

clean: ## remove what was built; .venv and your work/ stay
	rm -rf _build dist .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	find chapters exercises solutions src tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@printf 'make TARGET, where TARGET is one of\n\n'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@printf '\nThe first one takes minutes, because it installs the locked packages into .venv.\n'

# The settings file is copied into .venv once, so that a change of it needs a new install.
# A Python that is too old, or that came without venv, fails later in ways nobody can read.
$(STAMP): requirements.lock pyproject.toml src/course_utils/lab/settings/overrides.json
	@printf '\n==> set up .venv from requirements.lock\n'; set -e; begin=$$(date +%s); \
	if [ -e .venv ] && ! $(BIN)/pip --version >/dev/null 2>&1; then \
	  echo '    .venv is broken (was Python upgraded, or the folder moved?): making it anew'; \
	  rm -rf .venv; \
	fi; \
	if ! [ -e .venv ]; then \
	  if ! command -v "$(PYTHON)" >/dev/null; then \
	    echo 'make: no program $(PYTHON). Install Python 3.11 or newer, or name yours: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; \
	    exit 1; \
	  fi; \
	  if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	    echo "make: $(PYTHON) is $$("$(PYTHON)" -V 2>&1); the course needs Python 3.11 or newer. Install one and name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	  fi; \
	  if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo 'make: $(PYTHON) has no venv module. On Debian and Ubuntu: apt install python3-venv' >&2; \
	    exit 1; \
	  fi; \
	  "$(PYTHON)" -m venv .venv; \
	fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	$(BIN)/python -m pip check --disable-pip-version-check >/dev/null || \
	  { $(BIN)/python -m pip check --disable-pip-version-check >&2; exit 1; }; \
	touch $@; \
	printf '    set up .venv: %s s\n' "$$(($$(date +%s) - begin))"

# The browser of the tests: the system's, else Playwright's own. Without one the browser
# tests are skipped loudly, except in CI, where they fail.
browser: $(STAMP)
	@if [ -n "$$CHROME_PATH" ]; then exit 0; fi; \
	for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v "$$name" >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if $(BIN)/python -c 'import os, sys; from playwright.sync_api import sync_playwright as s; \
	p = s().start(); found = os.path.exists(p.chromium.executable_path); p.stop(); \
	sys.exit(not found)'; then exit 0; fi; \
	printf '\n==> install Chromium for the browser tests\n'; \
	if [ "$$CI" = true ] && command -v apt-get >/dev/null; then \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
	  $(BIN)/python -m playwright install chromium || \
	    echo 'make: WARNING: no Chromium, the browser tests will be skipped' >&2; \
	fi
