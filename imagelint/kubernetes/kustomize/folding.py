"""Field names as Go's ``encoding/json`` compares them: without regard to case."""

from __future__ import annotations

__all__ = ["fold"]

_LONG_S, _S = "\u017f", "s"


def fold(name: str) -> str:
    """Return the same text for all spellings of a field's name.

    Go compares by simple case folding (``encoding/json``, ``foldName``). Of the non-ASCII letters
    only U+017F folds to a letter of the fields, s, and U+212A, the Kelvin sign, to k; ``lower``
    already does the latter.
    """
    return name.replace(_LONG_S, _S).lower()
