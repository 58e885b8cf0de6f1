"""One run over many inputs: find them, lint and fix them in several processes, report.

Nothing is printed here; ``cli/`` handles options and exit codes.
"""
