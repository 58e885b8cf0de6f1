"""Tests of ``imagelint/run/``."""
