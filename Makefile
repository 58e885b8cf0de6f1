# Short names for what CONTRIBUTING.md describes; CI runs `bash .ci/run`.
PYTHON ?= .venv/bin/python
MINUTES ?= 10

.PHONY: test lint fuzz

test:
	$(PYTHON) -m pytest

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

# Generated streams against the decoders of kubectl and kustomize; needs Go.
fuzz:
	$(PYTHON) -m tests.differential.fuzz $(MINUTES)
