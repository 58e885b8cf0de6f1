"""Tests of ``imagelint/kubernetes/catalogue/``."""
