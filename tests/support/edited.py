"""Texts with pieces put in and cut out, by which the lanes of boring YAML are judged."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["edited"]

_PIECES = (
    *" \n-:#'\"[]{},|>&*!?%@`\\.~0aZ_/=<\t\r",
    *("\n  ", "\n-", " #", ": ", "- ", "|\n", "[a, b]", "{a: b}", "  x: y\n", "    \n"),
    *(">-\n      a\n      b\n", "key:\n", "\u2028", "é", "---\n", "''", '\\"', "\\\\", "\\n"),
    *('"b\n  c"', "'b \n\n c'", "\\\n  ", '["b\n c"]', '"a": ', "'a':", '"<<": '),
    *("[\n", "a,\n", "      b\n", " : ", " :"),
)


def edited(data: st.DataObject, text: str, more: tuple[str, ...] = ()) -> str:
    """Return a text that was edited up to three times, with these pieces or ``more``."""
    pieces = st.sampled_from((*_PIECES, *more))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(pieces) + text[at + cut :]
    return text
