"""Tests of ``imagelint/repair/``."""
