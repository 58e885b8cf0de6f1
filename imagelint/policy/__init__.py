"""``imagelint.yaml``: environments, layers, locks, exceptions, and the precedence among them.

Finding and opening policy files is left to ``files/``, judging images to ``engine/``.
"""
