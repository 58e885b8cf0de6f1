"""Tests of ``imagelint/patterns/``."""
