"""Tests of ``imagelint/policy/``."""
