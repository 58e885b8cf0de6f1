"""Recognise, by their text, kustomizations that cannot affect an image."""

from __future__ import annotations

import re

__all__ = ["is_plain_kustomization"]

_WORDS = (
    rb"image|patch|replacement|transformer|generator|validator|configuration|helm|vars"
    rb"|annotations|(?<!common)labels"
)
"""In lower case: parts of the names of all fields that do more than include files."""
_ODD = rb"[^\x00-\x7f]|\\|!|[\r\v\f]|^[ \t]*[&*<]"


def is_plain_kustomization(data: bytes) -> bool:
    """Whether a kustomization, UTF-8 text, is proven to only name other files.

    Field names ignore case (``iMages``), and anything that could spell a letter in another way
    ends the proof.
    """
    lower = data.lower()
    return re.search(_WORDS, lower) is None and re.search(_ODD, data) is None
