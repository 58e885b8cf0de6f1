# Short names for what CONTRIBUTING.md describes; CI runs `bash .ci/run`.
PYTHON ?= .venv/bin/python
MINUTES ?= 10

.PHONY: test test-all lint fuzz fuzz-coverage bench

test:
	$(PYTHON) -m pytest -n auto

# The slow tests as well.
test-all:
	$(PYTHON) -m pytest -n auto -m ""

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

# Generated streams against the decoders of kubectl and kustomize; needs Go.
fuzz:
	$(PYTHON) -m tests.differential.fuzz $(MINUTES)

# Inputs that break a law, looked for by coverage: a minute for each target.
fuzz-coverage:
	bash tests/fuzz/run 60

# imagelint beside its peers; benchmarks/README.md says how they are installed.
bench:
	benchmarks/run
