"""Which fields of which kinds hold images: the notation of ``rules/workloads/`` and its look-up.

The entries themselves are data, in ``rules/workloads/``.
"""
