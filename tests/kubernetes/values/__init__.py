"""Tests of ``imagelint/kubernetes/skim/``."""
