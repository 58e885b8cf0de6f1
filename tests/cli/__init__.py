"""Tests of ``imagelint/cli/``."""
