"""What kustomize makes of a kustomization: its fields, its patches, its transformers.

Pure, and one file at a time: which files a kustomization reaches is known to ``repository/``.
"""
