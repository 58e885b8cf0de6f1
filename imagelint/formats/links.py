"""Links in a terminal (OSC 8): paths open the file, rules the file that explains them.

Terminals without support for links show only the text. Nothing here is called if ``Look.links`` is
empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.style import Style

if TYPE_CHECKING:
    from imagelint.formats import Look

__all__ = ["file_link", "rule_link"]


def file_link(text: str, path: str, line: int, look: Look) -> str:
    """Link a text to a line of a file; standard input has no file to open."""
    if path.startswith("<"):
        return text
    absolute = path if path.startswith("/") else f"{look.folder.rstrip('/')}/{path}"
    return _link(text, f"{look.links}{_quoted(absolute)}#{line}")


def rule_link(text: str, rule: str, look: Look) -> str:
    """Link a rule's name to its file: what it finds, why, and what to do."""
    if not look.rules:
        return text
    return _link(text, f"{look.links}{_quoted(look.rules)}/{_quoted(rule)}.yaml")


def _quoted(path: str) -> str:
    return quote(path, errors="surrogateescape")  # the folder's name as the system has it


def _link(text: str, target: str) -> str:
    """Link a text; the target is percent-encoded, so that nothing in it ends the sequence."""
    return Style(link=target).render(text)
