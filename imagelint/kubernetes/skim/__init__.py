"""The images of plain workloads, found on their lines without a tree.

It declines whatever readers could interpret differently; ``kubernetes/read.py`` reads that.
benchmarks/README.md explains how this works with the prefilter and the parsers, and what it gains.
"""
