"""Tests of ``imagelint/formats/``."""
