"""Attempts to talk past the gate, each beside its harmless twin."""
