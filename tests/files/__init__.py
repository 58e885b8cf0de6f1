"""Tests of ``imagelint/files/``."""
