"""Bytes → documents → nodes with their places in the file.

YAML and JSON as text: what Kubernetes makes of the nodes is the matter of ``kubernetes/``.
"""
