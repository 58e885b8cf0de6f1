"""Links in a terminal (OSC 8): paths open the file, rules the file that explains them.

Terminals without link support show only the text; ``Look.links`` is empty for other outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagelint.formats import Look

__all__ = ["file_link", "rule_link"]


def file_link(text: str, path: str, line: int, look: Look) -> str:
    """Link a text to a line of a file; standard input has no file to open."""
    if not look.links or path.startswith("<"):
        return text
    absolute = path if path.startswith("/") else f"{look.folder.rstrip('/')}/{path}"
    return _link(text, f"{look.links}{_quoted(absolute)}#{line}")


def rule_link(text: str, rule: str, look: Look) -> str:
    """Link a rule's name to its file: what it finds, why, and what to do."""
    if not look.links or not look.rules:
        return text
    return _link(text, f"{look.links}{_quoted(look.rules)}/{_quoted(rule)}.yaml")


def _quoted(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - slow to import, and pipes have no links

    return quote(path, errors="surrogateescape")  # the folder's name as the system has it


def _link(text: str, target: str) -> str:
    """Wrap a text; the target is percent-encoded, so nothing in it can end the sequence."""
    return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"
