"""What a glob, an image pattern and a Harbor mean.

Nothing here knows where a pattern was written: policies and rules are read elsewhere.
"""
