# make run    open the dashboard        make test   run the tests        make check  lint, types and tests
# make fix    mend what lint can        make soak   the long tests       make bench  the figures
# make lock   pin all packages by hash

PORT ?= 8501

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The first interpreter that is new enough; PYTHON=… overrides.
FIND_PYTHON = for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$name; break; }; done

# A file's tests stay together, for they share servers. How many workers: tests/conftest.py.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: run test check fix soak bench lock clean
.DEFAULT_GOAL := run

run: .venv/run.stamp
	@$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: .venv/dev.stamp
	@$(PYTEST)

check: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(PYTEST)

fix: .venv/dev.stamp
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

soak: .venv/dev.stamp
	@SOAK=1 $(BIN)/python -m pytest --durations=10

bench: .venv/dev.stamp
	@$(BIN)/python -m tests.benchmarks $(ONLY)

# After a change of requirements.txt; --upgrade-package NAME in UPGRADE moves what it pulls in.
lock: .venv/dev.stamp
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--only-binary :all: $(UPGRADE) --output-file requirements.lock requirements.txt >/dev/null

clean:
	@rm -rf .venv

.venv/venv.stamp:
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed and was not found: install it, or name it with make PYTHON=/path/to/python3."; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python can't make virtual environments: install its venv package (on Debian and Ubuntu: apt install python3-venv)."; exit 1; \
	fi; \
	echo "Creating .venv with $$("$$python" --version) …"; \
	rm -rf .venv && "$$python" -m venv .venv && touch $@

.venv/run.stamp: requirements.lock .venv/venv.stamp
	@echo "Installing the packages of requirements.lock (only when they change) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock && touch $@

.venv/clients.stamp: requirements-clients.txt .venv/venv.stamp
	@echo "Installing the clients that others wrote, apart from the rest …"
	@$(BIN)/python -m venv .venv/clients
	@.venv/clients/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements-clients.txt && touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp .venv/clients.stamp
	@echo "Installing the packages of requirements-dev.txt (only when they change) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements-dev.txt && touch $@
