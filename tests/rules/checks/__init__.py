"""Tests of ``imagelint/rules/checks/``."""
