"""The repository around a file: which kustomizations reach it, and in which role.

It is read from the disk once per run: one listing, then only kustomizations. ``kubernetes/``
interprets the files, and ``engine/`` decides which images are wrong.
"""
