"""The images of plain workloads, found on their lines without a tree.

It declines what anyone could read otherwise, and ``kubernetes/read.py`` reads that.
"""
