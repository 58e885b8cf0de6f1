"""Tests of ``imagelint/yaml/fast/``."""
