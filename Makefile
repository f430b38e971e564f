# What one does with this project. Needs Rust (see rust-version in Cargo.toml) and make; everything about
# other programs, the Lambda's tools and the template also python3, which fetches what it needs.
.DEFAULT_GOAL := help
.PHONY: help run test supply-chain pin interop parity parity-golden check fmt lint doc bench-data bench bench-spark bench-s3 bench-growth \
	profiled profiled-function bench-instructions profile bench-startup microbench \
	build contract-check image rust-target sam-local lambda-local lambda-watch lambda-invoke template deploy clean

CARGO ?= cargo
PYTHON ?= python3
PARITY_VENV := target/parity-venv
TOOLS := target/tools
TOOLS_VENV := $(TOOLS)/venv
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/bin/cargo-deny
BENCH_ROWS ?= 5000000
BENCH_LAKE ?= target/bench-lake
BENCH_VENV := target/bench-venv
PROFILED := target/profiled/drivendata
PROFILED_FUNCTION := target/profiled/drivendata-transform
ROWS ?= 1000000 10000000
ROUNDS ?= 3
# Each requirements file lists every package it needs with its hash; pip resolving again refuses packages with extras.
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-deps
INTEROP_VENV ?= target/interop-venv
ARCH ?= arm64
# Of this machine, in the names of AWS.
HOST_ARCH = $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
RUST_TARGET_arm64 := aarch64-unknown-linux-gnu
RUST_TARGET_x86_64 := x86_64-unknown-linux-gnu
RUST_TARGET = $(RUST_TARGET_$(ARCH))
# The C library of provided.al2023, which the function runs on.
LAMBDA_GLIBC := 2.34
# What deploy makes or changes.
STACK ?= $(if $(CONTRACT),,drivendata-transform)
LAMBDA_ZIP := target/lambda/drivendata-transform/bootstrap.zip
# Of lambda-watch and lambda-invoke.
PORT ?= 9000
EVENT ?= events/put.json
LAMBDA_VENV := target/lambda-venv
# cargo finds its subcommand there, and that finds the linker by way of its Python.
LAMBDA_TOOLS := PATH="$(CURDIR)/$(LAMBDA_VENV)/bin:$$PATH"
TEMPLATE_VENV := target/template-venv
CONTRACT_VENV := target/contract-venv
# The command line for larger machines, by its version.
IMAGE ?= drivendata:$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# Another contract, whose template is checked, too.
EXAMPLE := contracts/examples/leaddata.odcs.yaml
CHECKOV_VENV := target/checkov-venv
# Nothing is asked of AWS by `template`, but its tools want a region.
OFFLINE := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-central-1 PYTHONDONTWRITEBYTECODE=1

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Do the main job here: an S3 server, two days of data, a put event, the results in lake/
	$(CARGO) run --locked --bin drivendata -- demo

test: ## Run all tests
	$(CARGO) test --locked --workspace

interop: ## Read the outputs with pyarrow, DuckDB, Polars and pandas, and compute them anew (SPARK=1: Spark, too)
	@command -v python3 >/dev/null || { echo "make interop needs python3 with its venv module" >&2; exit 1; }
	$(CARGO) build --locked --bin drivendata
	python3 -m venv $(INTEROP_VENV)
	$(INTEROP_VENV)/bin/$(PIP_INSTALL) -r tests/interop/requirements.txt \
		$(if $(SPARK),-r tests/interop/requirements-spark.txt)
	PYTHONDONTWRITEBYTECODE=1 $(INTEROP_VENV)/bin/python tests/interop/check.py target/debug/drivendata $(if $(SPARK),--spark)

$(CONTRACT_VENV)/ready: tests/standard/requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "this needs $(PYTHON) with its venv module" >&2; exit 1; }
	$(PYTHON) -m venv $(CONTRACT_VENV)
	$(CONTRACT_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

contract-check: $(CONTRACT_VENV)/ready ## Let datacontract-cli and the standard's schema judge the contracts and a published day (needs Python)
	$(CARGO) build --locked --bin drivendata
	PYTHONDONTWRITEBYTECODE=1 $(CONTRACT_VENV)/bin/python tests/standard/check.py target/debug/drivendata

check: fmt lint doc test ## Format, lints, docs, tests; CI runs these, interop, lambda-local and template

fmt: ## Check the format
	$(CARGO) fmt --all --check

lint: ## Check the lints, of every package and of the function alone
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --package drivendata-transform --lib --bins -- -D warnings

supply-chain: $(TOOLS_VENV)/ready ## Check spelling, and licences, sources and known holes of dependencies (needs Python and network)
	$(TOOLS_VENV)/bin/typos
	@[ -x $(CARGO_DENY) ] || $(CARGO) install --quiet --locked --root $(TOOLS) cargo-deny@$(CARGO_DENY_VERSION)
	$(CARGO_DENY) --all-features check licenses bans sources $(if $(ADVISORIES),advisories)

pin: $(TOOLS_VENV)/ready ## Resolve the Python requirements again: each *.in to its *.txt, with the hash of every file
	for file in $$(git ls-files '*requirements*.in'); do \
		(cd $$(dirname $$file) && $(CURDIR)/$(TOOLS_VENV)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header \
			--no-emit-index-url --universal --python-version 3.11 $$(case $$file in *emulator*) echo --no-deps;; esac) \
			$$(basename $$file) --output-file $$(basename $$file .in).txt) || exit; \
	done

$(TOOLS_VENV)/ready: tests/tools/requirements.txt
	$(PYTHON) -m venv $(TOOLS_VENV)
	$(TOOLS_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

doc: ## Check the documentation
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

rust-target:
	@test -n "$(RUST_TARGET)" || { echo "ARCH is arm64 or x86_64, not $(ARCH)" >&2; exit 2; }
	@test -d "$$(rustc --print target-libdir --target $(RUST_TARGET))" || { \
		echo "ARCH=$(ARCH) needs Rust's standard library for it: rustup target add $(RUST_TARGET)" >&2; exit 1; }

$(LAMBDA_VENV)/ready: tests/rie/requirements.txt tests/rie/requirements-emulator.txt
	@command -v $(PYTHON) >/dev/null || { echo "this needs $(PYTHON) with its venv module" >&2; exit 1; }
	$(PYTHON) -m venv $(LAMBDA_VENV)
	$(LAMBDA_VENV)/bin/$(PIP_INSTALL) -r tests/rie/requirements.txt
	$(LAMBDA_VENV)/bin/$(PIP_INSTALL) -r tests/rie/requirements-emulator.txt
	touch $@

# CargoLambda.toml has the rest of how the function is built.
build: rust-target $(LAMBDA_VENV)/ready ## Build the Lambda function's zip for ARCH=arm64 (the default) or x86_64
	$(LAMBDA_TOOLS) $(CARGO) lambda build --release --skip-target-check --target $(RUST_TARGET).$(LAMBDA_GLIBC) \
		--output-format zip --package drivendata-transform --bin drivendata-transform
	@$(LAMBDA_VENV)/bin/python tests/rie/package.py $(LAMBDA_ZIP) --arch $(ARCH) --glibc $(LAMBDA_GLIBC)

image: ## Build the image of the command line for ARCH=arm64 (the default) or x86_64, as IMAGE (needs Docker)
	@docker version >/dev/null 2>&1 || { echo "make image needs Docker: a daemon that \`docker version\` reaches" >&2; exit 1; }
	docker build --platform linux/$(if $(filter x86_64,$(ARCH)),amd64,arm64) --file container/Dockerfile --tag $(IMAGE) .

lambda-local: $(LAMBDA_VENV)/ready ## Run the function under AWS's emulator with every event of events/; BOOTSTRAP=file for a built one
	$(CARGO) build --locked --bin drivendata $(if $(BOOTSTRAP),,--bin drivendata-transform)
	$(LAMBDA_VENV)/bin/python -B tests/rie/check.py --program target/debug/drivendata \
		--function $(or $(BOOTSTRAP),target/debug/drivendata-transform)

lambda-watch: $(LAMBDA_VENV)/ready ## Serve the function from the code as it changes, on a lake in target/local-lake, until Ctrl-C
	$(CARGO) build --locked --bin drivendata
	$(LAMBDA_TOOLS) $(LAMBDA_VENV)/bin/python -B tests/rie/watch.py --program target/debug/drivendata \
		--folder target/local-lake --port $(PORT)

lambda-invoke: $(LAMBDA_VENV)/ready ## Send EVENT=file to the function that lambda-watch serves
	@$(LAMBDA_TOOLS) $(CARGO) lambda invoke --invoke-address 127.0.0.1 --invoke-port $(PORT) \
		--data-file $(EVENT) --output-format json drivendata-transform

sam-local: $(TEMPLATE_VENV)/ready ## Run the function in a container by SAM CLI with every event of events/ (needs Docker); BOOTSTRAP=file for a built one
	@docker version >/dev/null 2>&1 || { echo "make sam-local needs Docker: a daemon that \`docker version\` reaches" >&2; exit 1; }
	$(CARGO) build --locked --bin drivendata
	$(if $(BOOTSTRAP),,$(MAKE) build ARCH=$(HOST_ARCH))
	$(TEMPLATE_VENV)/bin/python -B tests/rie/sam_local.py --sam $(TEMPLATE_VENV)/bin/sam \
		--program target/debug/drivendata --function $(or $(BOOTSTRAP),$(dir $(LAMBDA_ZIP))bootstrap)

bench-data: ## Generate two days of BENCH_ROWS rows each into BENCH_LAKE
	$(CARGO) build --locked --release --bin drivendata
	target/release/drivendata generate --out $(BENCH_LAKE)/raw_data --date 2024-09-14 --rows $(BENCH_ROWS)
	target/release/drivendata generate --out $(BENCH_LAKE)/raw_data --date 2024-09-15 --rows $(BENCH_ROWS)

$(BENCH_VENV)/ready: bench/requirements.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

$(BENCH_VENV)/spark-ready: $(BENCH_VENV)/ready bench/requirements-spark.txt
	$(BENCH_VENV)/bin/$(PIP_INSTALL) --requirement bench/requirements-spark.txt
	touch $@

BENCH = PYTHONDONTWRITEBYTECODE=1 $(BENCH_VENV)/bin/python bench
PLAIN_BENCH = PYTHONDONTWRITEBYTECODE=1 $(PYTHON) bench

bench: $(BENCH_VENV)/ready ## Compare with Polars, DuckDB, DataFusion and pandas (needs Python): ROWS="1000000 10000000" ROUNDS=3
	$(CARGO) build --locked --release --bin drivendata
	$(BENCH)/run.py target/release/drivendata --rows $(ROWS) --rounds $(ROUNDS) $(if $(PEERS),--peers $(PEERS))

bench-spark: $(BENCH_VENV)/spark-ready ## The same with Spark (needs Java 17, too)
	$(CARGO) build --locked --release --bin drivendata
	$(BENCH)/run.py target/release/drivendata --rows $(ROWS) --rounds $(ROUNDS) --peers spark --section bench-spark

bench-s3: ## Our program on the embedded S3 server and on a folder, and its read and upload settings (needs Python)
	$(CARGO) build --locked --release --bin drivendata
	$(PLAIN_BENCH)/s3.py target/release/drivendata --rows $(firstword $(ROWS)) --rounds $(ROUNDS)

bench-growth: ## Our program's time and memory from 0.1 to 30 million rows (needs Python)
	$(CARGO) build --locked --release --bin drivendata
	$(PLAIN_BENCH)/growth.py target/release/drivendata --rounds $(ROUNDS)

# The release build with symbols. Flags for the last crate only: a profile of its own would build all others anew.
# cargo keeps it beside the plain one, so the next plain build puts that back without work.
profiled:
	$(CARGO) rustc --locked --release --package drivendata-cli -- -C strip=none
	mkdir -p $(dir $(PROFILED))
	cp target/release/drivendata $(PROFILED)

bench-instructions: profiled ## Count a run's instructions per stage against the stored ones (needs Python and valgrind); UPDATE=1 stores
	$(PLAIN_BENCH)/instructions.py $(PROFILED) $(if $(UPDATE),--update)

profile: profiled ## Where a run's processor time goes, per stage and thread (needs Python and perf)
	$(PLAIN_BENCH)/profile.py $(PROFILED) --rows $(firstword $(ROWS))

# The function's release build with symbols, which tell whose code it is.
profiled-function:
	$(CARGO) rustc --locked --release --package drivendata-transform --bin drivendata-transform -- -C strip=none
	mkdir -p $(dir $(PROFILED_FUNCTION))
	cp target/release/drivendata-transform $(PROFILED_FUNCTION)

bench-startup: $(if $(BOOTSTRAP),,profiled-function) ## What a cold start costs, and the function's size by crate (needs Python); BOOTSTRAP=file for a built one
	$(if $(BOOTSTRAP),,$(CARGO) build --locked --release --package drivendata-transform)
	$(PLAIN_BENCH)/startup.py $(or $(BOOTSTRAP),target/release/drivendata-transform --symbols $(PROFILED_FUNCTION))

microbench: ## Time the innermost functions, one by one; LEAF=part of a name for some of them
	$(CARGO) bench --locked --bench leaves $(if $(LEAF),-- $(LEAF))

$(PARITY_VENV)/ready: tests/parity/requirements.txt
	$(PYTHON) -m venv $(PARITY_VENV)
	$(PARITY_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

parity: $(PARITY_VENV)/ready ## Compare CONTRACT=glue with the Glue script, and random contracts, with Spark (needs Python and Java 17); LAKE=folder for your own data
	$(CARGO) build --locked --bin drivendata
	$(PARITY_VENV)/bin/python tests/parity/parity.py $(if $(LAKE),--lake $(LAKE)) $(if $(DATE),--date $(DATE)) $(PARITY_OPTIONS)
	$(if $(LAKE),,$(PARITY_VENV)/bin/python tests/parity/contracts.py $(CONTRACT_OPTIONS))

parity-golden: $(PARITY_VENV)/ready ## Store Spark's answers for the tests that compare without Spark
	$(PARITY_VENV)/bin/python tests/parity/parity.py --golden tests/parity/golden
	$(PARITY_VENV)/bin/python tests/parity/expressions.py src/expr/tests/spark.jsonl
	$(PARITY_VENV)/bin/python tests/parity/casts.py crates/spark-cast/src/spark.jsonl

$(TEMPLATE_VENV)/ready: tests/template/requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "this needs $(PYTHON) with its venv module" >&2; exit 1; }
	$(PYTHON) -m venv $(TEMPLATE_VENV)
	$(TEMPLATE_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

$(CHECKOV_VENV)/ready: tests/template/requirements-checkov.txt
	@command -v $(PYTHON) >/dev/null || { echo "this needs $(PYTHON) with its venv module" >&2; exit 1; }
	$(PYTHON) -m venv $(CHECKOV_VENV)
	$(CHECKOV_VENV)/bin/$(PIP_INSTALL) --requirement $<
	touch $@

template: $(TEMPLATE_VENV)/ready $(CHECKOV_VENV)/ready ## Check template.yaml and an example's offline, also against what the program does
	$(CARGO) build --locked --bin drivendata --bin drivendata-transform
	target/debug/drivendata contract template $(EXAMPLE) > target/example.yaml
	for name in template target/example; do \
		$(OFFLINE) $(TEMPLATE_VENV)/bin/sam validate --lint --template $$name.yaml && \
		$(OFFLINE) $(TEMPLATE_VENV)/bin/python tests/template/stack.py $$name.yaml > target/$$(basename $$name).json || exit 1; \
	done
	$(TEMPLATE_VENV)/bin/cfn-lint --non-zero-exit-code informational target/template.json target/example.json \
		container/template.yaml
	$(CHECKOV_VENV)/bin/checkov --config-file tests/template/checkov.yaml --file target/template.json target/example.json
	$(CHECKOV_VENV)/bin/checkov --config-file tests/template/checkov-container.yaml \
		--file container/template.yaml container/Dockerfile
	$(OFFLINE) $(TEMPLATE_VENV)/bin/python -m pytest -c tests/template/pytest.ini tests/template \
		--program target/debug/drivendata --function target/debug/drivendata-transform

# Asks AWS, with the credentials of the environment. Both steps are told the architecture each time: the stack would
# remember it, the build would not. With CONTRACT the stack is called as the contract, unless STACK says otherwise.
deploy: $(if $(DRY_RUN),,rust-target $(TEMPLATE_VENV)/ready $(LAMBDA_VENV)/ready) ## Build and deploy STACK; CONTRACT=file, ARCH=x86_64, PARAMETERS='BucketName=... AlarmEmail=...', DRY_RUN=1 only prints
ifneq ($(CONTRACT),)
	$(CARGO) build --locked --quiet --bin drivendata
	@$(LAMBDA_TOOLS) STACK='$(STACK)' ARCH='$(ARCH)' PARAMETERS='$(strip $(PARAMETERS))' DRY_RUN='$(DRY_RUN)' \
		INPUT_PREFIX='$(INPUT_PREFIX)' OUTPUT_PREFIX='$(OUTPUT_PREFIX)' \
		sh scripts/deploy-contract.sh target/debug/drivendata $(TEMPLATE_VENV)/bin/sam $(PYTHON) '$(CONTRACT)'
else ifneq ($(DRY_RUN),)
	@$(MAKE) --no-print-directory --dry-run deploy DRY_RUN=
else
	$(LAMBDA_TOOLS) $(TEMPLATE_VENV)/bin/sam build --parameter-overrides '$(strip Architecture=$(ARCH) $(PARAMETERS))'
	$(TEMPLATE_VENV)/bin/sam deploy --stack-name $(STACK) --parameter-overrides '$(strip Architecture=$(ARCH) $(PARAMETERS))'
endif

clean: ## Remove what was built and what the demo left
	$(CARGO) clean
	rm -rf lake
