"""Rules as data: what a rule file may hold, and the rules that imagelint is shipped with.

The checks behind them are code, in ``rules/checks/``; a rule's severity is a matter of policy.
"""
