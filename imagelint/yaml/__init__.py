"""Bytes → documents → nodes with their places in the file.

This package reads YAML and JSON as text; ``kubernetes/`` interprets the nodes.
"""
