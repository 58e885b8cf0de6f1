"""The repository around a file: which kustomization reaches it, in which role.

Read once a run, on the disk: one listing, then kustomizations alone. What a file means is left to
``kubernetes/``, which images are wrong to ``engine/``.
"""
