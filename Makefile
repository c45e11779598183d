# Everything a bare machine needs is Python 3.11 or later, make and a package registry.
# No target depends on another one having run before.

# Where to fetch PyTorch from. Empty: your registry's build, which on Linux brings CUDA libraries
# (about 3 GB to fetch, 6.4 GB on disk). Without a GPU take PyTorch's own CPU builds instead:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
# The choice is remembered in .venv until `make clean`.
TORCH_INDEX ?= $(shell cat .venv/torch-index 2>/dev/null)

# Workers of the tests and how tests are dealt to them: a file stays on one worker, so that what
# a file's tests share (a server, a browser, a rendered town) is made once.
PYTEST_ARGS ?= -n 2 --dist loadfile

# Where the demo writes, and further arguments of `firstnotice demo`.
DEMO_OUT ?= demo

VENV := .venv
STAC_VENV := .venv-stac
BIN := $(VENV)/bin
UV = $(BIN)/uv pip install --quiet --python $(BIN)/python
FLAVOUR := $(if $(TORCH_INDEX),-notorch)
SIZE := $(if $(TORCH_INDEX),without CUDA libraries,about 3 GB to fetch and 6.4 GB on disk; without a GPU see TORCH_INDEX in the Makefile)
UNLOCKED_TORCH = $(shell sed -nE 's/^(torch|torchvision)==([^ ]+).*/\1==\2/p' requirements.lock)

# What PyTorch's builds differ in between indexes; left out of the -notorch locks.
TORCH_PARTS = $(shell sed -nE 's/^((torch|torchvision|triton|nvidia-[^=]+|cuda-[^=]+))==.*/\1/p' requirements.lock)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-package pip --no-emit-index-url --no-emit-find-links \
	pyproject.toml

# Bytecode is compiled at set-up: many containers set PYTHONDONTWRITEBYTECODE, and then every command
# would compile what it imports anew, 20 to 40 seconds of a core before the first task of a run.
ROOMS := core weather imagery detectors policies claims reports web flows
COMPILE_OURS = @$(BIN)/python -m compileall -q $(ROOMS)

.DEFAULT_GOAL := help
.PHONY: help demo test check bench train docs locks clean
.DELETE_ON_ERROR:

help:  ## Say what each target does
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'
	@echo
	@echo "  make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu   without CUDA libraries"

demo: $(VENV)/.runtime  ## Set up .venv and run the main job on a rendered town, offline
	@echo "demo: rendering a town, striking it with a hurricane, assessing it; writes $(DEMO_OUT)/"
	$(COMPILE_OURS)
	@$(BIN)/firstnotice demo --out $(DEMO_OUT)

test: $(VENV)/.dev $(STAC_VENV)/.ready  ## Set up .venv and run the tests
	$(COMPILE_OURS)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev  ## Lint, format, types, the rule of doors, generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate_reference.py --check

bench: $(VENV)/.dev  ## Measure, and write benchmarks/results.json
	@test -f benchmarks/run.py || { echo "bench: no benchmarks yet, benchmarks/run.py is not there"; exit 1; }
	$(COMPILE_OURS)
	$(BIN)/python benchmarks/run.py

train: $(VENV)/.runtime  ## Say how the model is trained again
	@echo "The shipped weights came from configs/train.yaml. To train:"
	@echo "  1. fetch xBD (non-commercial) and import it:  $(BIN)/firstnotice import xbd XBD --out events"
	@echo "  2. put the ImageNet weights that the config names beside it, or take its start line out"
	@echo "  3. $(BIN)/firstnotice train configs/train.yaml --out weights"
	@echo "It goes on where it was stopped. Use the result with FIRSTNOTICE_DETECTOR__WEIGHTS=FILE.npz."

docs: $(VENV)/.runtime  ## Write the generated documents anew
	$(BIN)/python docs/generate_reference.py

locks: $(BIN)/uv  ## Lock anew from pyproject.toml, keeping versions that still fit
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -o requirements-dev.lock
	cp requirements.lock requirements-notorch.lock
	cp requirements-dev.lock requirements-dev-notorch.lock
	$(COMPILE) $(addprefix --no-emit-package ,$(TORCH_PARTS)) -o requirements-notorch.lock
	$(COMPILE) --group dev $(addprefix --no-emit-package ,$(TORCH_PARTS)) -o requirements-dev-notorch.lock
	$(filter-out pyproject.toml,$(COMPILE)) --group pyproject.toml:stac-server -o requirements-stac.lock

clean:  ## Remove .venv, caches and the demo's output
	rm -rf $(VENV) $(STAC_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv:
	@echo "setup: making $(VENV) and fetching uv, the installer (under 40 MB)"
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  $$python -m venv $(VENV) && exec $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; \
	done; \
	echo "setup: no Python 3.11 or later works here (python3 is $$(python3 --version 2>&1))." >&2; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1

# The runtime is part of the development lock, so either stamp does for the runtime.
$(VENV)/.runtime: requirements$(FLAVOUR).lock pyproject.toml | $(BIN)/uv
	@echo "setup: installing what firstnotice runs on ($(SIZE)); once"
	$(call install,requirements$(FLAVOUR).lock)
	@touch $@

$(VENV)/.dev: requirements-dev$(FLAVOUR).lock pyproject.toml | $(BIN)/uv
	@echo "setup: installing what firstnotice runs on and its test tools ($(SIZE)); once"
	$(call install,requirements-dev$(FLAVOUR).lock)
	@touch $@ $(VENV)/.runtime

# A real STAC API server for the tests of catalogues, apart: its fastapi is not Prefect's. Where it
# cannot be had, those tests say so and are skipped.
$(STAC_VENV)/.ready: requirements-stac.lock | $(BIN)/uv
	@echo "setup: installing a STAC API server for the tests in $(STAC_VENV) (80 MB); once"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(STAC_VENV)
	@$(BIN)/uv pip install --quiet --python $(STAC_VENV)/bin/python --require-hashes -r requirements-stac.lock \
	  && touch $@ || echo "setup: no STAC API server; its tests will be skipped" >&2

define install
@$(UV) --compile-bytecode --require-hashes -r $(1)
@$(if $(TORCH_INDEX),$(UV) --compile-bytecode --no-deps --index-url $(TORCH_INDEX) $(UNLOCKED_TORCH) && echo "$(TORCH_INDEX)" > $(VENV)/torch-index)
@$(UV) --no-deps -e .
$(COMPILE_OURS)
endef
