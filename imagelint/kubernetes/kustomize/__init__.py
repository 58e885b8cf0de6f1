"""How kustomize reads a kustomization: its fields, its patches, its transformers.

No I/O, and one file at a time: ``repository/`` knows which files a kustomization reaches.
"""
