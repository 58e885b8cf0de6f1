"""A fast reader for simple YAML, line by line, without the YAML library.

It declines whatever it cannot read for certain; ``yaml/parser.py`` reads that.
"""
