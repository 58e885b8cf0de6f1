"""What one document may cost: how deep, how often repeated, how often merged.

The first two are go-yaml's, the others ours, for what libyaml and we do with the square of it.
"""

from __future__ import annotations

__all__ = ["DEEP", "DEEP_STEPS", "MAX_DEPTH", "MERGED_IF_REFUSED", "is_excessive"]

MAX_DEPTH = 10_000
"""go-yaml refuses documents that nest deeper (scannerc.go, max_indents, max_flow_level)."""
DEEP = 500
DEEP_STEPS = 100_000_000
"""libyaml 0.1.7 looks at each open bracket for each token: a second of that where nesting is deep,
then no more. kubectl's 10,000 levels fit, with little in them."""
MERGED_IF_REFUSED = 100_000
"""Pairs that are merged in a document that is refused: a chain of merges has their square."""


def is_excessive(by_alias: int, decoded: int) -> bool:
    """Whether go-yaml refuses so many aliases (decode.go: 99 % of 400,000, falling to 10 %)."""
    low, high = 400_000, 4_000_000
    share = 0.99 - 0.89 * min(max((decoded - low) / (high - low), 0.0), 1.0)
    return by_alias > 100 and decoded > 1000 and by_alias / decoded > share
