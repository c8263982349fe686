PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo up test screenshots soak bench lint lock audit clean

demo: $(VENV)/run ## Everything on simulated providers, up to the review; HANDS_FREE=1 approves by itself
	$(BIN)/contactflow demo $(if $(HANDS_FREE),--hands-free) $(if $(CONTACTS),--contacts $(CONTACTS))

up: $(VENV)/run ## The same for real use on this machine, without simulators
	$(BIN)/contactflow up

test: $(VENV)/dev ## The whole specification, on SQLite and Postgres
	$(BIN)/pytest -n 3 -m "not soak and not bench" $(ARGS)

screenshots: $(VENV)/dev ## Every page in light, in dark and on a phone, into build/screenshots; one of them into the README
	$(BIN)/pytest tests/browser/test_every_page.py
	cp build/screenshots/review.png docs/review.png

soak: $(VENV)/dev ## Long campaigns of random faults
	$(BIN)/pytest -m soak -s $(ARGS)

bench: $(VENV)/dev ## Ratios to the least possible cost and to peers
	$(BIN)/python -m tests.benchmarks $(ARGS)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What is locked stays as it is for as long as pyproject.toml allows it, unless it is named here.
UPGRADED := $(if $(filter 1,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package=,$(UPGRADE)))
COMPILE  := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11

lock: $(VENV)/dev ## What pyproject.toml asks for, with hashes; UPGRADE=NAME or UPGRADE=1 takes newer versions of it
	$(COMPILE) $(UPGRADED) pyproject.toml -o requirements.lock
	$(COMPILE) $(UPGRADED) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

audit: $(VENV)/dev ## Known vulnerabilities of what is locked; a failure where they cannot be looked up
	$(BIN)/uv tool run --quiet pip-audit --strict --disable-pip --require-hashes -r requirements-dev.lock

$(VENV)/run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Contactflow needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
