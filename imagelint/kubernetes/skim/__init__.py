"""The images of plain workloads, found on their lines without a tree.

It declines whatever readers could interpret differently; ``kubernetes/read.py`` reads that.
"""
