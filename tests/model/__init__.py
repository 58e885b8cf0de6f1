"""Tests of ``imagelint/model/``."""
