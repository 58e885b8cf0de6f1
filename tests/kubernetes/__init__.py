"""Tests of ``imagelint/kubernetes/``."""
