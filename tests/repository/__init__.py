"""Tests of ``imagelint/repository/``."""
