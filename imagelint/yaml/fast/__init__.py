"""Plain YAML read line by line, without the YAML library.

It declines whatever it is not sure of, and ``yaml/parser.py`` reads that.
"""
