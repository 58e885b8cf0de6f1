"""Hide characters from libyaml that it reads differently from go-yaml.

Each becomes one private-use character that the text does not contain; the parser puts the
original back into the values.
"""

from __future__ import annotations

import re

__all__ = ["COLON_IN_PLAIN", "INNER_MARK", "hide", "stand_in"]

_STAYS = r"(?<![^\s,\[\]{}])(?:!(?:<[^<>\s]*>|[^\s,\[\]{}]*)|[&*][0-9A-Za-z_-]+:)"
COLON_IN_PLAIN = rf"""({_STAYS})|(?<=[^\s"'\[\]{{}},]):(?=\S)"""
"""A colon inside a plain scalar: text around it. Colons in tags and after anchors are kept."""
INNER_MARK = "(\\A\ufeff)|\ufeff"
"""A byte order mark that go-yaml reads as an ordinary character: all except the first."""


def hide(pattern: str, char: str, text: str, stand_ins: dict[int, str]) -> str:
    """Replace what ``pattern`` matches with a private-use character that ``text`` does not contain.

    Text in the pattern's group is kept.
    """
    hidden = stand_in(char, text, stand_ins)
    return re.sub(pattern, lambda match: match.group(1) or hidden, text)


def stand_in(char: str, text: str, stand_ins: dict[int, str]) -> str:
    """Return the stand-in for ``char`` and record it; return ``char`` itself if none is free."""
    known = next((code for code, other in stand_ins.items() if other == char), None)
    if known is None:
        present = set(text)
        known = next((code for code in range(0xE000, 0xF8FF) if chr(code) not in present), None)
        if known is None:
            return char
        stand_ins[known] = char
    return chr(known)
