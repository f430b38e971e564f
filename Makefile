# What one does with this project. Needs Rust (see rust-version in Cargo.toml) and make; `interop` and `parity` also python3.
.DEFAULT_GOAL := help
.PHONY: help run test interop parity parity-golden check fmt lint doc bench-data lambda clean

CARGO ?= cargo
PYTHON ?= python3
PARITY_VENV := target/parity-venv
BENCH_ROWS ?= 5000000
BENCH_LAKE ?= target/bench-lake
INTEROP_VENV ?= target/interop-venv

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Do the main job here: an S3 server, two days of data, a put event, the results in lake/
	$(CARGO) run --locked --bin drivendata -- demo

test: ## Run all tests
	$(CARGO) test --locked --workspace

interop: ## Read the outputs with pyarrow, DuckDB, Polars and pandas, and compute them anew (SPARK=1: Spark, too)
	@command -v python3 >/dev/null || { echo "make interop needs python3 with its venv module" >&2; exit 1; }
	$(CARGO) build --locked --bin drivendata
	python3 -m venv $(INTEROP_VENV)
	$(INTEROP_VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/interop/requirements.txt \
		$(if $(SPARK),-r tests/interop/requirements-spark.txt)
	PYTHONDONTWRITEBYTECODE=1 $(INTEROP_VENV)/bin/python tests/interop/check.py target/debug/drivendata $(if $(SPARK),--spark)

check: fmt lint doc test ## Format, lints, docs, tests; CI runs these and interop

fmt: ## Check the format
	$(CARGO) fmt --all --check

lint: ## Check the lints, for all features and for the Lambda alone
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --no-default-features --bin drivendata-transform -- -D warnings

doc: ## Check the documentation
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

lambda: ## Build the Lambda binary for this machine's architecture and print its size
	$(CARGO) build --locked --release --no-default-features --bin drivendata-transform
	@ls -l target/release/drivendata-transform

bench-data: ## Generate two days of BENCH_ROWS rows each into BENCH_LAKE
	$(CARGO) build --locked --release --bin drivendata
	target/release/drivendata generate --out $(BENCH_LAKE)/raw_data --date 2024-09-14 --rows $(BENCH_ROWS)
	target/release/drivendata generate --out $(BENCH_LAKE)/raw_data --date 2024-09-15 --rows $(BENCH_ROWS)

$(PARITY_VENV)/ready: tests/parity/requirements.txt
	$(PYTHON) -m venv $(PARITY_VENV)
	$(PARITY_VENV)/bin/pip install --quiet --requirement $<
	touch $@

parity: $(PARITY_VENV)/ready ## Compare PRESET=glue with the Glue script run by Spark (needs Python and Java 17); LAKE=folder for your own data
	$(CARGO) build --locked --bin drivendata
	$(PARITY_VENV)/bin/python tests/parity/parity.py $(if $(LAKE),--lake $(LAKE)) $(if $(DATE),--date $(DATE)) $(PARITY_OPTIONS)

parity-golden: $(PARITY_VENV)/ready ## Store Spark's answers for the tests that compare without Spark
	$(PARITY_VENV)/bin/python tests/parity/parity.py --golden tests/parity/golden

clean: ## Remove what was built and what the demo left
	$(CARGO) clean
	rm -rf lake
