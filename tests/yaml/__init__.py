"""Tests of ``imagelint/yaml/``."""
