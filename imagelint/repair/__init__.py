"""Findings → edits, verified by reading the result again.

Pure: bytes in, bytes out. ``files/`` and ``run/`` write the files.
"""
