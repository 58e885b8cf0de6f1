"""Names of fields as Go's ``encoding/json`` compares them: without regard to case."""

from __future__ import annotations

__all__ = ["fold"]

_LONG_S, _S = "\u017f", "s"


def fold(name: str) -> str:
    """Return what two spellings of a field's name have in common.

    Go compares by simple case folding (``encoding/json``, ``foldName``). Of the letters that are
    not ASCII only U+017F folds to one of the fields' letters, s, and U+212A, the Kelvin sign, to k;
    the latter is what ``lower`` does too.
    """
    return name.replace(_LONG_S, _S).lower()
