"""Characters that libyaml reads otherwise than go-yaml, hidden from it.

Each is replaced, one for one, by a private-use character that stands nowhere else in the text, and
put back in the values that come out.
"""

from __future__ import annotations

import re

__all__ = ["COLON_IN_PLAIN", "INNER_MARK", "hide", "stand_in"]

_STAYS = r"(?<![^\s,\[\]{}])(?:!(?:<[^<>\s]*>|[^\s,\[\]{}]*)|[&*][0-9A-Za-z_-]+:)"
COLON_IN_PLAIN = rf"""({_STAYS})|(?<=[^\s"'\[\]{{}},]):(?=\S)"""
"""A colon inside a plain scalar: text around it. Those in tags and behind anchors stay."""
INNER_MARK = "(\\A\ufeff)|\ufeff"
"""A byte order mark that is a character like any other to go-yaml: all but the first."""


def hide(pattern: str, char: str, text: str, stand_ins: dict[int, str]) -> str:
    """Replace what ``pattern`` matches by a private-use character that ``text`` does not hold.

    What the pattern captures stays.
    """
    hidden = stand_in(char, text, stand_ins)
    return re.sub(pattern, lambda match: match.group(1) or hidden, text)


def stand_in(char: str, text: str, stand_ins: dict[int, str]) -> str:
    """Return the character that stands for ``char``, noted as such; ``char`` if none is free."""
    known = next((code for code, other in stand_ins.items() if other == char), None)
    if known is None:
        present = set(text)
        known = next((code for code in range(0xE000, 0xF8FF) if chr(code) not in present), None)
        if known is None:
            return char
        stand_ins[known] = char
    return chr(known)
