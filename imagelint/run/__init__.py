"""One run over many inputs: finding them, linting and fixing them in several processes, the report.

Nothing is printed here; options and exit codes are left to ``cli/``.
"""
