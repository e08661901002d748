# Every target works on a fresh clone: `setup` makes .venv from the hashed lock and everything else depends on it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup test lint types unit demo bench fuzz dynamodb-local soak lock lock-edge clean

setup: .venv/.installed

.venv/.installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "edge-router needs Python 3.11 or newer; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

test: lint types unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/basedpyright

unit: setup
	$(BIN)/pytest -n 2 --dist loadgroup

# 100,000 generated events over the strategies (minutes); `make test` runs a few hundred.
fuzz: setup
	FUZZ_EXAMPLES=20000 $(BIN)/pytest -n 2 tests/fuzz

# The tests of the local DynamoDB against the second engine, DynamoDB Local (needs Java and Maven).
dynamodb-local: setup
	mvn -q -B -f tests/dynamodb_local/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.dynamodb-local
	DYNAMODB_LOCAL_HOME=$(CURDIR)/.dynamodb-local $(BIN)/pytest -n 2 tests/simulator/dynamodb tests/dynamodb_local

demo: setup
	@$(BIN)/python -m demo.tour $(if $(ONCE),--once)

bench: setup
	@$(BIN)/python -m bench

# 100,000 requests on a canary that is cached (about two minutes); `make test` runs 5,000.
soak: setup
	@$(BIN)/python -m bench.soak

lock: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra local --extra dev pyproject.toml -o requirements-dev.txt

# What the package for Lambda holds from elsewhere: wheels for its Python and platform, whatever this machine is.
lock-edge: setup
	cd infra && ../$(BIN)/uv pip compile -q --python-version 3.13 --python-platform x86_64-manylinux_2_28 --only-binary :all: --generate-hashes --no-header --no-emit-index-url --annotation-style line requirements-edge.in -o requirements-edge.txt

clean:
	rm -rf .venv .edge-router .dynamodb-local .pytest_cache .ruff_cache .hypothesis
