# Everything a person or CI runs. The first use of a target makes what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Tests of one file stay together: they share what is slow to start. More workers than this only wait for each other.
PYTEST = $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

# What a person gives, as one word for the shell.
quoted = '$(subst ','\'',$(1))'

.PHONY: demo test check docs pictures bench format fuzz soak clean

## demo: watch Python talk to a SPEC server (HOST=… PORT=… for a real one, MOVE="th=1.2" COUNT=1 SCAN="ascan th 0 1 20 0.1" let it move, count, scan)
demo: $(READY)
	@$(BIN)/python -m pycertifspec demo $(if $(HOST),--host $(call quoted,$(HOST))) $(if $(PORT),--port $(call quoted,$(PORT))) $(foreach m,$(MOVE),--move $(call quoted,$(m))) $(if $(COUNT),--count $(call quoted,$(COUNT))) $(if $(SCAN),--scan $(call quoted,$(SCAN)))

## test: every test
test: $(VENV)/bluesky-ready
	@$(PYTEST)

# pytest-cov itself combines what the processes that tests start have measured.
## check: format, lint, types, layers, tests with branch coverage, fuzzing for ten seconds each
check: $(VENV)/bluesky-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) --cov --cov-report=
	$(BIN)/coverage report --fail-under=97
	$(BIN)/python -m fuzzing.decoder --seconds 10 $(if $(CI),--seed 1)
	$(BIN)/python -m fuzzing.language --seconds 10 $(if $(CI),--seed 1)

## docs: the pages, as HTML in docs/_build/html; a warning is an error
docs: $(VENV)/docs-ready
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

## pictures: those of the README, made by running what they show
pictures: $(READY)
	@$(BIN)/python docs/pictures/demo.py

## bench: every figure in the README, as ratios against a limit measured in the same run
bench: $(VENV)/bluesky-ready
	@$(BIN)/python -m benchmarks

## format: put the code into the shape that `check` wants
format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## fuzz: damaged traffic for the decoder and programs for the language, SECONDS each (default 3600)
fuzz: $(READY)
	$(BIN)/python -m fuzzing.decoder --seconds $(or $(SECONDS),3600)
	$(BIN)/python -m fuzzing.language --seconds $(or $(SECONDS),3600)

## soak: 1,000 lives of each client and a day at a beamline under load, and every test 50 times, more at a time than there are processors (ROUNDS=5 TESTS=tests/client)
soak: $(VENV)/bluesky-ready
	@$(BIN)/python -m soaking $(if $(ROUNDS),--rounds $(call quoted,$(ROUNDS))) $(TESTS)

clean:
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache .coverage* .hypothesis

# pip of Python 3.11 does not know --group yet: it is brought up to date first.
$(READY): pyproject.toml
	@echo "making $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pycertifspec needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[cli,files]' --group dev
	@touch $@

# What Bluesky brings along is large, and the demonstration does without.
$(VENV)/bluesky-ready: pyproject.toml $(READY)
	@$(BIN)/python -m pip install --quiet --editable '.[bluesky,documents,hklpy2,kafka,nats,tiled]' --group bluesky
	@$(BIN)/python -m tests.support.nats_server || echo "without nats-server the tests of NATS say what to install" >&2
	@touch $@

$(VENV)/docs-ready: pyproject.toml $(VENV)/bluesky-ready
	@$(BIN)/python -m pip install --quiet --group docs
	@touch $@
