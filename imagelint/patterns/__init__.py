"""The meaning of globs, image patterns and Harbors.

This package does not read files: other packages read the policies and rules that hold patterns.
"""
