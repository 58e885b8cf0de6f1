"""Tests of the repository itself: structure, package, documentation, hooks, Action, releases."""
