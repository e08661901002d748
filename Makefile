# Every target works on a fresh clone: `setup` makes .venv from the hashed lock and everything else depends on it.
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check

# Whatever the environment says: the demo and the tests start a hundred processes from the same sources.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup test test-long coverage lint types types-strict unit demo picture demo-hosts bench bench-full fuzz dynamodb-local scan policy-pack apps skew soak rollouts sample-ratio own-metrics withdrawal interruptions what-if-bench what-if-trino docs docs-pages docs-serve schema sdks examples examples-programs release-files release-twice console-vendor console-browser console-picture lock lock-console lock-browser lock-edge lock-scan lock-docs lock-release lock-apps clean

setup: .venv/.installed

# uv takes a tenth of pip's time for the same lock, of which it is itself installed by the pip of $(PYTHON); where either
# cannot (a Python without pip, an index that only pip's config names), the environment's own pip does it.
PIP_IN_PLACE = $(BIN)/python -m ensurepip --default-pip > /dev/null && $(PIP_INSTALL)
.venv/.installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "edge-router needs Python 3.11 or newer; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv --clear --without-pip .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > .venv/uv.txt
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt \
	|| { $(PIP_IN_PLACE) --require-hashes -r .venv/uv.txt; }
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt \
	|| { $(PIP_IN_PLACE) --require-hashes -r requirements-dev.txt; }
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . \
	|| $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# Python's compiled form of the large libraries, made once and by two processes: the groups of tests begin together, and each
# would make it for itself (a fresh clone's first `make test` only). An import of pulumi_aws compiles none of its parts.
LARGE := boto3 fastapi hypothesis moto.server pulumi pydantic rich sqlglot typer
PULUMI_AWS := cloudfront cloudwatch dynamodb iam lambda_ s3 sns
IMPORT := $(BIN)/python -W ignore -c 'import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]'
.venv/.compiled: .venv/.installed
	@$(IMPORT) scipy.stats xmlschema & second=$$!; $(IMPORT) $(LARGE) && wait $$second
	@$(BIN)/python -m compileall -q -j 2 $(PULUMI_AWS:%=.venv/lib/python*/site-packages/pulumi_aws/%)
	@touch $@

# Types and the groups of tests all at a time: they take about as long as each other, and some tests wait.
test: lint
	@$(MAKE) --no-print-directory --keep-going --jobs=4 --output-sync=target types $(TEST_GROUPS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/pyrefly check

# What `make types` leaves out (docs/adr/0023-two-type-checkers.md): types that are unknown because a library has none, and
# private names of another module. It takes ten times the CPU time (two minutes); a pull request and a release run it as a job.
types-strict: setup
	$(BIN)/basedpyright

# Whole folders to a process, which keeps what their tests share; one that has nothing left takes over from another.
PYTEST = $(BIN)/pytest -n 3 --dist worksteal

# A process for each group of folders, which collects no other group's tests. What tests of a folder remember or hold
# (the states of stacks, a deployment that is up) is made once. Three groups of about the same time, for each imports all of
# it anew, and more than the cores, for some tests wait; a new folder is with the rest.
TEST_GROUPS := unit-edge unit-commands unit-rest
FOLDERS := $(patsubst %/,%,$(dir $(wildcard tests/*/__init__.py)))
EDGE := e2e simulator validator bench
COMMANDS := acceptance cli console controller docs fuzz stats strategies what_if
unit-edge: GROUP := $(EDGE:%=tests/%)
unit-commands: GROUP := $(COMMANDS:%=tests/%)
unit-rest: GROUP := $(filter-out $(patsubst %,tests/%,$(EDGE) $(COMMANDS)),$(FOLDERS))
.PHONY: $(TEST_GROUPS)
$(TEST_GROUPS): .venv/.compiled
	$(BIN)/pytest -q -p no:xdist -p no:cacheprovider -m "not long" $(GROUP)

unit: setup
	@$(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target $(TEST_GROUPS)

# Every test, also those that `make test` leaves out for time (marked `long` or `long_if`).
test-long: setup
	FUZZ_EXAMPLES=120 $(PYTEST) --hypothesis-profile=thorough

# Branch coverage of what `make test` runs, by file. Fails where it is below the floor in pyproject.toml.
COVERAGE := .edge-router/coverage
coverage: setup
	rm -rf $(COVERAGE) && mkdir -p $(COVERAGE)
	$(BIN)/coverage run -m pytest -n 3 -m "not long"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=0 --format=markdown > $(COVERAGE)/report.md
	$(BIN)/coverage report --skip-covered

# 102,400 generated requests over the strategies, 51,000 responses and requests behind a cache, 24,000 requests for the
# viewer-request functions (an hour of CPU); `make test` runs a few hundred.
fuzz: setup
	FUZZ_EXAMPLES=6400 $(PYTEST) tests/fuzz

# The tests of the local DynamoDB against the second engine, DynamoDB Local (needs Java and Maven).
dynamodb-local: setup
	mvn -q -B -f tests/dynamodb_local/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.dynamodb-local
	DYNAMODB_LOCAL_HOME=$(CURDIR)/.dynamodb-local $(PYTEST) tests/simulator/dynamodb tests/dynamodb_local

# The infrastructure of every stack through checkov, which is installed into an environment of its own.
SCAN := .edge-router/scan-venv
scan: setup $(SCAN)/.installed
	$(SCAN)/bin/python -m tests.scan.stars
	$(BIN)/python -m tests.scan $(SCAN)/bin/checkov

$(SCAN)/.installed: requirements-scan.txt
	$(PYTHON) -m venv --clear $(SCAN)
	$(SCAN)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-scan.txt
	@touch $@

# The policy pack over gRPC, with how long it takes for 100 distributions; by `pulumi preview` where the CLI is on PATH.
policy-pack: setup
	$(BIN)/pytest -q -s -p no:xdist -p no:cacheprovider -rs tests/policy

# Applications made with real frameworks behind a canary at 50 %, and the sessions that their libraries write (needs Node).
APPS := .edge-router/apps-venv
APPS_NODE := tests/e2e/apps/node
apps: setup $(APPS)/.installed
	npm --prefix $(APPS_NODE) ci --silent --no-audit --no-fund
	FRAMEWORKS_PYTHON=$(CURDIR)/$(APPS)/bin/python FRAMEWORKS_NODE=$(CURDIR)/$(APPS_NODE) \
	$(BIN)/pytest -p no:xdist -p no:cacheprovider -rA tests/e2e/apps tests/strategies/frameworks

$(APPS)/.installed: requirements-apps.txt | setup
	$(PYTHON) -m venv --clear $(APPS)
	$(BIN)/uv pip install --quiet --python $(APPS)/bin/python --require-hashes -r requirements-apps.txt \
	|| $(APPS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-apps.txt
	@touch $@

# The chart library of the console, as its lock has it; what npm brings has to be what SHA256SUMS says.
CONSOLE_VENDOR := console/vendor
VENDORED := uPlot.iife.min.js uPlot.min.css LICENSE
console-vendor: console-files
	cd console/page/vendor && shasum -a 256 --check SHA256SUMS

.PHONY: console-files
console-files:
	npm --prefix $(CONSOLE_VENDOR) ci --silent --no-audit --no-fund
	cd $(CONSOLE_VENDOR)/node_modules/uplot && cp dist/uPlot.iife.min.js dist/uPlot.min.css LICENSE $(CURDIR)/console/page/vendor/

# The console in a real browser (Debian's chromium and chromium-driver, Node for axe-core): a rollout from its start to its
# promotion and another to its rollback, a pin, a lost connection, accessibility. Screenshots are left in .edge-router/console.
BROWSER := .edge-router/browser-packages
BROWSER_NODE := tests/console/browser/node
IN_BROWSER = CONSOLE_BROWSER=$(CURDIR)/$(BROWSER) $(BIN)/pytest -q -p no:xdist -p no:cacheprovider tests/console/browser
console-browser: setup $(BROWSER)/.installed
	$(IN_BROWSER)

# The picture of the console in the README and in docs/console.md, taken anew from a rollout on this machine.
console-picture: setup $(BROWSER)/.installed
	CONSOLE_PICTURE=$(CURDIR)/docs/console.webp $(IN_BROWSER)/test_picture.py

$(BROWSER)/.installed: requirements-browser.txt $(BROWSER_NODE)/package-lock.json | setup
	npm --prefix $(BROWSER_NODE) ci --silent --no-audit --no-fund
	rm -rf $(BROWSER)
	$(BIN)/uv pip install --quiet --target $(BROWSER) --require-hashes -r requirements-browser.txt \
	|| $(PIP_INSTALL) --target $(BROWSER) --require-hashes -r requirements-browser.txt
	@touch $@

# The documentation site in .edge-router/site, built by mkdocs from an environment of its own; broken links end it.
# (Without --quiet, which would hide warnings from --strict as well.)
DOCS := .edge-router/docs-venv
MKDOCS := NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs
docs: docs-pages $(DOCS)/.installed
	$(MKDOCS) build --strict

docs-serve: docs-pages $(DOCS)/.installed
	$(MKDOCS) serve

# The tables of settings and commands in the pages, from the models and the CLI; `make test` fails where one is stale.
docs-pages: schema
	$(BIN)/python -m docs.generate

# SDKs of the component package for TypeScript, Go and Python (needs Go), by Pulumi's own code generators.
SDKS := .edge-router/sdks
sdks: setup
	@command -v go > /dev/null || { echo "make sdks needs Go: it builds Pulumi's code generators" >&2; exit 2; }
	cd examples/tools && go build -o $(CURDIR)/.edge-router/bin/sdkgen .
	rm -rf $(SDKS)
	.edge-router/bin/sdkgen provider/schema.json $(SDKS)

# The same example in four languages (needs Go and Node, which download Pulumi's SDKs; minutes the first time): SDKs
# generated and compiled, programs type-checked and run against the stand-in, their resources compared.
EXAMPLES := .edge-router/examples
TSC = $(CURDIR)/examples/typescript/node_modules/.bin/tsc
EDGE_ROUTER_JS := examples/typescript/node_modules/@pulumi/edge-router
examples: examples-programs
	PATH="$(CURDIR)/.edge-router/bin:$$PATH" EXAMPLES_PYTHON=$(CURDIR)/$(EXAMPLES)/python \
	$(BIN)/pytest -q -p no:xdist -p no:cacheprovider -rs tests/examples

examples-programs: sdks
	@command -v npm > /dev/null || { echo "make examples needs Node: npm is not on PATH" >&2; exit 2; }
	npm --prefix examples/typescript ci --silent --no-audit --no-fund
	rm -rf $(EDGE_ROUTER_JS) && cp -R $(SDKS)/nodejs $(EDGE_ROUTER_JS)
	$(TSC) --project $(EDGE_ROUTER_JS) && cp $(EDGE_ROUTER_JS)/package.json $(EDGE_ROUTER_JS)/bin/
	$(TSC) --project examples/typescript --noEmit
	cd examples/go && go vet ./... && go build -o bin/program . && go build -o canary-routing/bin/program ./canary-routing
	rm -rf $(EXAMPLES)/python
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --target $(EXAMPLES)/python $(SDKS)/python
	$(BIN)/basedpyright --project examples
	@command -v pulumi-language-yaml > /dev/null \
	|| { cd examples/tools/yaml && go build -o $(CURDIR)/.edge-router/bin/ github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml; }

# The schema of the component package (provider/schema.json), from the models; `make test` fails where it is stale.
schema: setup
	$(BIN)/python -m provider.generate

$(DOCS)/.installed: requirements-docs.txt | setup
	$(PYTHON) -m venv --clear $(DOCS)
	$(BIN)/uv pip install --quiet --python $(DOCS)/bin/python --require-hashes -r requirements-docs.txt \
	|| $(DOCS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.txt
	@touch $@

# What a release attaches (docs/release.md), in .edge-router/release: hashes of the packages of the shipped stacks, and bills
# of materials, validated: of the packages, and of the Python environment that deploys. Every time is that of the commit.
RELEASE := .edge-router/release
RELEASE_VENV := .edge-router/release-venv
RUNTIME_VENV := .edge-router/runtime-venv
release-files: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct)
release-files: setup $(RELEASE_VENV)/.installed $(RUNTIME_VENV)/.installed
	rm -rf $(RELEASE)
	$(BIN)/python -m release $(RELEASE)
	$(RELEASE_VENV)/bin/cyclonedx-py environment $(RUNTIME_VENV)/bin/python --pyproject pyproject.toml --mc-type application \
	--output-reproducible --spec-version 1.6 --output-format JSON --output-file $(RELEASE)/python.cdx.json
	$(RELEASE_VENV)/bin/python -m release.sbom $(RELEASE)

# The same a second time, in a clone of the commit elsewhere, under other conditions; every byte is compared (minutes).
release-twice: release-files
	.ci/release-twice $(RELEASE)

$(RELEASE_VENV)/.installed: requirements-release.txt | setup
	$(PYTHON) -m venv --clear $(RELEASE_VENV)
	$(BIN)/uv pip install --quiet --python $(RELEASE_VENV)/bin/python --require-hashes -r requirements-release.txt \
	|| $(RELEASE_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-release.txt
	@touch $@

# Without the pip and setuptools of this machine's Python: what is in it is what the lock says.
$(RUNTIME_VENV)/.installed: requirements.txt | setup
	$(PYTHON) -m venv --clear --without-pip $(RUNTIME_VENV)
	$(BIN)/uv pip install --quiet --python $(RUNTIME_VENV)/bin/python --require-hashes -r requirements.txt \
	|| $(BIN)/pip --python $(RUNTIME_VENV)/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

demo: setup
	@$(BIN)/python -m demo.tour $(if $(ONCE),--once)

# The README's picture of the tour (docs/tour.svg), recorded anew.
picture: setup
	FORCE_COLOR=1 COLUMNS=240 $(BIN)/python -m demo.tour --once \
	| $(BIN)/python -m demo.picture docs/tour.svg "the local stack" "sticky-session:" "a rollout:" "every expectation"

# The sample application on two EC2 instances of a project of its own, and the stack's origins set to them (docs/hosts.md).
# What visitors get changes with the next `pulumi up` of the stack itself.
demo-hosts: setup
	@test -n "$(STACK)" || { echo "usage: make demo-hosts STACK=staging" >&2; exit 2; }
	pulumi -C demo/hosts stack select --create $(STACK)
	pulumi -C demo/hosts up --stack $(STACK)
	$(BIN)/python -m demo.hosts.connect --stack $(STACK)

# What the router costs, as ratios to baselines in the same rounds.
bench: setup
	@$(BIN)/python -m bench

# Every figure, also those that take long, with up to 60 rounds of those that noise hides (23 minutes).
bench-full: setup
	@$(BIN)/python -m bench --full

# 100,000 requests on a canary that is cached (about two minutes); `make test` runs 5,000.
soak: setup
	@$(BIN)/python -m bench.soak

# 10,000 open tabs through 20 deployments and 5 rollbacks, on builds that Vite makes (npm installs it); minutes.
skew: setup
	$(BIN)/pytest -q -s -p no:xdist tests/e2e/test_skew.py

# 2,400 simulated rollouts, good ones and bad ones (three minutes): false alarms, what is found, and how soon. Then how
# long a new percentage takes to be in force on the local edge.
rollouts: setup
	@$(BIN)/python -m bench.rollouts
	@$(BIN)/python -m bench.rollouts.control_delay

# How long `edge-router what-if` takes for a million lines, and how much memory (a minute to write the logs).
what-if-bench: setup
	@$(BIN)/python -m bench.what_if

# The SQL for Athena in Trino, the engine that Athena's is made of (needs Java 17 and Maven).
what-if-trino: setup
	mvn -q -B -f tests/trino/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.edge-router/trino
	TRINO_HOME=$(CURDIR)/.edge-router/trino $(BIN)/pytest -q -p no:xdist -rs tests/trino

# 50,000 rollouts that are interrupted at any call of the controller, by whatever else happens (14 minutes of CPU); `make test` runs a few.
interruptions: setup
	INTERLEAVINGS=50000 $(BIN)/pytest -q -p no:xdist -p no:cacheprovider tests/controller/test_interruptions.py

# 10,000 simulated steps for each expected share (half a minute): false alarms of the sample ratio, and what it finds.
sample-ratio: setup
	@$(BIN)/python -m bench.rollouts.sample_ratio

# 12,000 simulated steps with a metric of one's own (half a minute), good ones and bad ones.
own-metrics: setup
	@$(BIN)/python -m bench.rollouts.own_metrics

# How long a canary responds after a rollback, on Lambda and cached, in three Regions of the local edge (four minutes).
withdrawal: setup
	@$(BIN)/python -m bench.rollouts.withdrawal

lock: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra local --extra dev pyproject.toml -o requirements-dev.txt

lock-scan: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements-scan.in -o requirements-scan.txt

lock-apps: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements-apps.in -o requirements-apps.txt
	npm --prefix $(APPS_NODE) install --package-lock-only --omit-lockfile-registry-resolved --silent --no-audit --no-fund

lock-console:
	npm --prefix $(CONSOLE_VENDOR) install --package-lock-only --omit-lockfile-registry-resolved --silent --no-audit --no-fund
	$(MAKE) --no-print-directory console-files
	cd console/page/vendor && shasum -a 256 $(VENDORED) > SHA256SUMS

lock-browser: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate requirements-browser.in -o requirements-browser.txt
	npm --prefix $(BROWSER_NODE) install --package-lock-only --omit-lockfile-registry-resolved --silent --no-audit --no-fund

lock-docs: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group docs -o requirements-docs.txt

lock-release: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --group release -o requirements-release.txt

# What the package for Lambda holds from elsewhere: wheels for its Python and platform, whatever this machine is.
lock-edge: setup
	cd infra/package && ../../$(BIN)/uv pip compile -q --python-version 3.13 --python-platform x86_64-manylinux_2_28 --only-binary :all: --generate-hashes --no-header --no-emit-index-url --annotation-style line requirements-edge.in -o requirements-edge.txt
	cd infra/package && ../../$(BIN)/uv pip compile -q --python-version 3.13 --python-platform aarch64-manylinux_2_28 --only-binary :all: --generate-hashes --no-header --no-emit-index-url --annotation-style line requirements-validator.in -o requirements-validator.txt
	cd infra/package && ../../$(BIN)/uv pip compile -q --python-version 3.13 --python-platform aarch64-manylinux_2_28 --only-binary :all: --generate-hashes --no-header --no-emit-index-url --annotation-style line requirements-controller.in -o requirements-controller.txt

clean:
	rm -rf .venv .edge-router .dynamodb-local .pytest_cache .ruff_cache .hypothesis
