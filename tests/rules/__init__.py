"""Tests of ``imagelint/rules/``."""
