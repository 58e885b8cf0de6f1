"""Which kustomizations touch no image at all, told from their text."""

from __future__ import annotations

import re

__all__ = ["is_plain_kustomization"]

_WORDS = (
    rb"image|patch|replacement|transformer|generator|validator|configuration|helm|vars"
    rb"|annotations|(?<!common)labels"
)
"""In lower case: what all fields have in their names that do more than to take in files."""
_ODD = rb"[^\x00-\x7f]|\\|!|[\r\v\f]|^[ \t]*[&*<]"


def is_plain_kustomization(data: bytes) -> bool:
    """Whether a kustomization, UTF-8 text, is proven to name other files and nothing else.

    Fields fold case (``iMages``), and whatever can spell a letter otherwise ends the proof.
    """
    lower = data.lower()
    return re.search(_WORDS, lower) is None and re.search(_ODD, data) is None
