"""Bypasses by way of excuses: comments that ignore a rule, and a policy's exceptions.

Empty until both exist: an ignore where the policy forbids it, of another rule, for a file but
not at its top, in a block literal or a string; an exception that is wider than it looks, and one
that has expired.
"""
