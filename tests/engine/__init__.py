"""Tests of ``imagelint/engine/``."""
