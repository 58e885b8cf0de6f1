"""Which plain scalars are strings to everybody, at first sight; the words that are none. Data.

What the others are, and to whom, is for ``kubernetes/readers.py`` to tell.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FALSE", "FALSE_1_1", "MAY_BE_NUMBERS", "NULLS", "TRUE", "TRUE_1_1", "WORDS"]
__all__ += ["reads_as_text"]

NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
TRUE: Final = frozenset({"true", "True", "TRUE"})
FALSE: Final = frozenset({"false", "False", "FALSE"})
TRUE_1_1: Final = TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
"""True to YAML 1.1, and so to kubectl."""
FALSE_1_1: Final = FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
WORDS: Final = NULLS | TRUE_1_1 | FALSE_1_1
"""Plain scalars that are no strings to one reader or both, numbers aside."""
MAY_BE_NUMBERS: Final = frozenset("+-.0123456789")
"""First characters of plain scalars that may be a number or a date."""


def reads_as_text(plain: str) -> bool:
    """Whether a plain scalar, or key, is at first sight a string to every reader."""
    return plain not in WORDS and plain[0] not in MAY_BE_NUMBERS
