PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo up test screenshots soak bench lint lock clean

demo: $(VENV)/run ## Everything on simulated providers, up to the review; HANDS_FREE=1 approves by itself
	$(BIN)/contactflow demo $(if $(HANDS_FREE),--hands-free) $(if $(CONTACTS),--contacts $(CONTACTS))

up: $(VENV)/run ## The same for real use on this machine, without simulators
	$(BIN)/contactflow up

test: $(VENV)/dev ## The whole specification, on SQLite and Postgres
	$(BIN)/pytest -n 2 --dist loadgroup -m "not soak and not bench" $(ARGS)

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

lock: $(VENV)/dev ## Names, versions and hashes of everything that pyproject.toml asks for
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
	    --python-version 3.11 -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

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
