"""Findings → edits that are proven by reading the result again.

Pure: bytes in, bytes out. Writing files is left to ``files/`` and ``run/``.
"""
