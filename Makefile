# Everything there is to do with this tree. The targets are the interface: CI runs only these.
# `make demo` and `make test` need Python 3.11 or newer, and pip; they set up .venv themselves.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
N ?= 300
SEED ?= 1000
SPECS := $(shell find specs -name '*.py' | LC_ALL=C sort)

# Tests start many processes: none of them compiles what another one has compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test damage removal mutate soak soak-native soak-reduce soak-smt check gate results results-current golden docs docs-current lint types format size bench oracle pages clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

$(READY): pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make: $(PYTHON) is older than Python 3.11; set PYTHON=…" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(READY) ## Check a spec, break it, show the trace, draw the picture
	$(BIN)/modelcheck check kernfs-release-once
	@echo
	@echo 'Now without the check of `released`: this is expected to be violated.'
	$(BIN)/modelcheck check kernfs-release-once --variant no_released_check -o out; test $$? -eq 1
	$(BIN)/modelcheck graph kernfs-release-once --variant no_released_check --format svg \
		-o out/kernfs-release-once.no_released_check.svg
	@echo
	@echo 'The picture: out/kernfs-release-once.no_released_check.svg'

test: $(READY) ## All tests
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=25 --durations-min=8

damage: $(READY) ## Break the checker in many ways; each must make a named test fail
	$(BIN)/python -m tests.damage --jobs 2

removal: $(READY) ## Remove each step of the kernfs and psi specs; it must be noticed, or named redundant
	$(BIN)/python -m tests.removal --survivors --jobs 2

mutate: $(READY) ## Make mistakes in three specs; each must be noticed, or explained where it is made
	for spec in kernfs-release-once kernfs-active-drain psi-poll-uaf; do \
		$(BIN)/modelcheck mutate $$spec --fail-under 100 || exit 1; \
	done

soak: $(READY) ## N random programs from SEED on: `make soak N=10000 SEED=5`
	$(BIN)/python -m tests.random_programs --count $(N) --seed $(SEED)
	PLAIN=$(N) $(BIN)/python -m pytest -q -n 2 tests/random_programs/test_plain.py

soak-native: $(READY) ## The native backend against python: N random programs, sanitizers, same bytes
	$(BIN)/python -m tests.agree --count $(N) --seed $(SEED)
	$(BIN)/python -m tests.agree --count $(N) --seed $(SEED) --usual-sizes --with address
	$(BIN)/python -m tests.agree --count $(N) --seed $(SEED) --with address
	$(BIN)/python -m tests.agree --count $(N) --seed $(SEED) --with thread
	$(BIN)/python -m tests.agree --repeat 20
	$(BIN)/python -m tests.agree --specs
	SOAK=1 $(BIN)/python -m pytest -q tests/reduce/test_native.py

soak-reduce: $(READY) ## Every combination of reductions against none: N random programs, both backends
	$(BIN)/python -m tests.agree --combinations --count $(N) --seed $(SEED)

soak-smt: $(READY) ## z3 against exploring: every variant, N random programs, N/5 for any number of threads
	$(BIN)/python -m tests.agree --smt --count $(N) --seed $(SEED)

check: format-current lint types $(READY) ## Format, lint, types and the fast tests
	$(BIN)/python -m pytest -q -x -n 2 -m 'not compiles and not slow' --ignore=tests/unit/kernel \
		--deselect=tests/unit/frontend/test_lint.py tests/unit tests/gate tests/cli tests/test_layers.py

gate: $(READY) ## Every variant of every spec against its expectation, and against results/
	$(BIN)/modelcheck gate specs --baseline results

results: $(READY) ## Write results/ anew
	$(BIN)/python -m modelcheck.results results specs

results-current: $(READY) ## Fail where results/ is not what the specs give
	$(BIN)/python -m modelcheck.results --check results specs

golden: $(READY) ## Rewrite the golden files of the tests
	$(BIN)/python -m pytest -q --update-golden tests

docs: $(READY) ## Rewrite the generated parts of docs/ and README.md
	$(BIN)/python docs/generate.py

docs-current: $(READY) ## Fail where the generated documents are not current
	$(BIN)/python docs/generate.py --check

format: $(READY) ## Format the Python files
	$(BIN)/ruff format modelcheck tests docs bench setup.py

format-current: $(READY)
	$(BIN)/ruff format --check modelcheck tests docs bench setup.py

lint: $(READY) ## ruff on the code; on the specs what it knows of every Python file
	$(BIN)/ruff check modelcheck tests docs bench setup.py
	$(BIN)/ruff check --isolated --select F,E9 --line-length 200 specs bench/specs modelcheck/kernel

types: $(READY) ## mypy on the code
	$(BIN)/mypy

size: $(READY) ## Lines per file, largest first
	@find modelcheck specs tests -name '*.py' | xargs wc -l | sort -rn | head -40

oracle: $(READY) ## SPIN's states, transitions, depth and verdicts against ours, every variant and 300 random programs
	$(BIN)/python -m tests.oracle specs --random 300
	$(BIN)/python -m tests.oracle specs/classics specs/kernfs specs/selftest --random 300 --form processes

pages: $(READY) ## Every violated variant in every form, nothing overlapping; each page walked through in Chromium
	$(BIN)/python -m tests.pages

bench: $(READY) ## Compare with the peers that are installed; BENCH='--large --tlc JAR', --gain or --traces
	$(BIN)/python bench/bench.py out/bench $(BENCH)

clean: ## Remove what was built; .venv stays
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
