# make run opens the window; make test runs every check. Both create what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# Side by side, on every core: what draws on a display or is timed is not.
PARALLEL := -n logical --maxprocesses 8 --dist loadfile

.DEFAULT_GOAL := help
.NOTPARALLEL: # apt-get and pip each want the machine to themselves, and the tests of speed too
.PHONY: help run test lint test-core test-window test-desktop accuracy calibration bench fuzz screenshots translations clean needs-window needs-test needs-bundle bundle app deb tarball test-bundle prove-deb

help:
	@echo "make run          open the window"
	@echo "make test         run every check and every test"
	@echo "make accuracy     how far estimates are from what real runs took"
	@echo "make calibration  recompute the bands from the measurements in resources/evidence"
	@echo "make bench        measure the speed, into build/bench.json"
	@echo "make fuzz         20,000 mutated files for each reader of files, and logs"
	@echo "make screenshots  renew the pictures in resources/screenshots"
	@echo "make translations bring gui's strings into resources/i18n, name those that lack Chinese, and compile"
	@echo "make bundle       the application in dist/, as a .deb and as a tarball; what is in it is checked"
	@echo "make prove-deb    as root: install, use and remove the .deb on a bare Debian"
	@echo "make clean        remove the virtual environment and all that was built"

run: $(VENV)/.installed needs-window
	$(BIN)/fitting-room

# ---- Checks

test: $(VENV)/.installed-dev needs-test lint test-core test-window test-desktop

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python packaging/translations.py check
	$(BIN)/python packaging/models.py --check
	$(BIN)/python packaging/gpus.py --check

# Without pytest-qt, tests/conftest.py refuses Qt and numpy: the core is tested, and its ground floor covered, without them.
test-core: $(VENV)/.installed-dev
	$(PYTEST) tests/core $(PARALLEL) -p no:pytest-qt --cov=core.memory --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

test-window: $(VENV)/.installed-dev needs-test
	$(PYTEST) tests $(PARALLEL) --ignore=tests/core --ignore=tests/desktop --ignore=tests/bench

test-desktop: $(VENV)/.installed-dev needs-test
	QT_QPA_PLATFORM=xcb xvfb-run --auto-servernum --server-args="-screen 0 1920x1080x24" $(PYTEST) tests/desktop

accuracy: $(VENV)/.installed
	$(BIN)/fitting-room score resources/evidence/*.jsonl

calibration: $(VENV)/.installed
	$(BIN)/python packaging/calibrate.py

bench: $(VENV)/.installed-dev needs-test
	mkdir -p build
	$(PYTEST) tests/bench -o addopts="--import-mode=importlib" --benchmark-only --benchmark-json=build/bench.json
	$(BIN)/python tests/bench/report.py build/bench.json

fuzz: $(VENV)/.installed-dev
	$(BIN)/python tests/bench/fuzz_readers.py

screenshots: $(VENV)/.installed-dev needs-test
	$(BIN)/python packaging/screenshots.py resources/screenshots

translations: $(VENV)/.installed
	$(BIN)/python packaging/translations.py update
	$(BIN)/python packaging/translations.py release

# ---- What is shipped: packaging/README.md

bundle: deb tarball test-bundle

app: $(VENV)/.installed-bundle needs-bundle
	$(BIN)/python packaging/bundle/build.py

deb: app
	$(BIN)/python packaging/linux/package.py deb

tarball: app
	$(BIN)/python packaging/linux/package.py tarball

# What was built, not the source: what is in it, and the window on a display of its own.
test-bundle: $(VENV)/.installed-bundle needs-test
	QT_QPA_PLATFORM=xcb xvfb-run --auto-servernum --server-args="-screen 0 1920x1080x24" $(PYTEST) tests/packaging tests/desktop -k bundle

prove-deb: $(VENV)/.installed-bundle
	@$(PYTHON) packaging/system_needs.py proof
	lintian --fail-on error --allow-root dist/fitting-room_*.deb
	$(BIN)/python packaging/linux/prove_deb.py dist/fitting-room_*.deb

clean:
	rm -rf $(VENV) build dist .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- What they need

needs-window:
	@$(PYTHON) packaging/system_needs.py window

needs-test:
	@$(PYTHON) packaging/system_needs.py test

needs-bundle:
	@$(BIN)/python packaging/system_needs.py bundle

# The stamps stand for finished installations: an interrupted one is done again, and so is one older than pyproject.toml.
$(VENV)/.installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) packaging/system_needs.py python
	@echo "Setting up $(VENV), once; this takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.installed-bundle: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --group bundle
	@touch $@
