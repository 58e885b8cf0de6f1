"""Limits for one document: nesting depth, aliases, merges.

The limits on depth and aliases are go-yaml's; the other two are ours, for work in libyaml and in
imagelint that is quadratic in the input.
"""

from __future__ import annotations

__all__ = ["DEEP", "DEEP_STEPS", "MAX_DEPTH", "MERGED_IF_REFUSED", "is_excessive"]

MAX_DEPTH = 10_000
"""go-yaml refuses documents that nest deeper (scannerc.go, max_indents, max_flow_level)."""
DEEP = 500
DEEP_STEPS = 100_000_000
"""libyaml 0.1.7 visits each open bracket for each token. This bound is about a second of that work
in deep documents; kubectl's 10,000 levels fit if they hold little."""
MERGED_IF_REFUSED = 100_000
"""Pairs merged in a document that kubectl refuses: the work for a chain of merges is quadratic."""


def is_excessive(by_alias: int, decoded: int) -> bool:
    """Whether go-yaml refuses so many aliases (decode.go: 99 % of 400,000, falling to 10 %)."""
    low, high = 400_000, 4_000_000
    share = 0.99 - 0.89 * min(max((decoded - low) / (high - low), 0.0), 1.0)
    return by_alias > 100 and decoded > 1000 and by_alias / decoded > share
