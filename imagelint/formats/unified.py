"""A unified diff of one file, as ``git diff`` writes it and ``patch`` reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown

if TYPE_CHECKING:
    from imagelint.model.source import Source

__all__ = ["diff"]

_CONTEXT = 3
_COLORS = {"-": "31", "+": "32", "@": "36"}
_QUOTED = re.compile(r'["\\]')


class _Change(NamedTuple):
    """Lines ``old_start`` to ``old_end`` (0-based, half-open) become those of ``new_*``."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def diff(source: Source, fixed: bytes, look: Look = PLAIN) -> str:
    """Return the diff from the source to ``fixed``; empty when they are equal.

    Bytes that are not UTF-8 (all of a file in UTF-16) become lone surrogates: written with
    ``surrogateescape`` the patch is exact, and ``git apply`` accepts it. For a terminal, the text
    is decoded and invisible characters are escaped.
    """
    if source.data == fixed:
        return ""
    encoding = source.encoding if look.terminal else "utf-8"
    before, after = (_lines(data, encoding) for data in (source.data, fixed))
    lines = [f"--- {_name('a', source.path)}", f"+++ {_name('b', source.path)}"]
    for group in _grouped(_changes(before, after)):
        lines += _hunk(before, after, group)
    return "".join(_dressed(line, look) + "\n" for line in lines)


def _lines(data: bytes, encoding: str) -> list[str]:
    """Split into lines at LF, with the LF; a CR before it belongs to the line."""
    text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _changes(before: list[str], after: list[str]) -> list[_Change]:
    """Find the lines that differ; a fix rarely adds lines, so a line-by-line comparison works."""
    if len(before) != len(after):
        import difflib  # noqa: PLC0415 - slow on large files, and hardly ever needed

        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        return [_Change(*ranges) for tag, *ranges in matcher.get_opcodes() if tag != "equal"]
    changes: list[_Change] = []
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if changes and changes[-1].old_end == index:
            start = changes.pop().old_start
            changes.append(_Change(start, index + 1, start, index + 1))
        else:
            changes.append(_Change(index, index + 1, index, index + 1))
    return changes


def _grouped(changes: list[_Change]) -> list[list[_Change]]:
    """Group changes into one hunk if their context would touch."""
    groups: list[list[_Change]] = []
    for change in changes:
        if groups and change.old_start - groups[-1][-1].old_end <= 2 * _CONTEXT:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(before: list[str], after: list[str], group: list[_Change]) -> list[str]:
    first, last = group[0], group[-1]
    lead = min(_CONTEXT, first.old_start)
    trail = min(_CONTEXT, len(before) - last.old_end)
    old = _range(first.old_start - lead, last.old_end + trail)
    new = _range(first.new_start - lead, last.new_end + trail)
    lines = [f"@@ -{old} +{new} @@"]
    done = first.old_start - lead
    for change in group:
        lines += _marked(" ", before[done : change.old_start])
        lines += _marked("-", before[change.old_start : change.old_end])
        lines += _marked("+", after[change.new_start : change.new_end])
        done = change.old_end
    return lines + _marked(" ", before[done : last.old_end + trail])


def _range(start: int, end: int) -> str:
    """Return a half-open range of 0-based lines in diff notation."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: list[str]) -> list[str]:
    marked: list[str] = []
    for line in lines:
        marked.append(mark + line.removesuffix("\n"))
        if not line.endswith("\n"):
            marked.append("\\ No newline at end of file")
    return marked


def _name(prefix: str, path: str) -> str:
    """Return a file's name as git writes it: quoted if unusual, a tab after one with spaces."""
    name = f"{prefix}/{path.lstrip('/')}"
    if name.isprintable() and not _QUOTED.search(name):
        return f"{name}\t" if " " in name else name
    octal = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in name.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(octal)}"'


def _dressed(line: str, look: Look) -> str:
    if not look.terminal:
        return line
    line = "\t".join(shown(part, len(part)) for part in line.removesuffix("\r").split("\t"))
    color = _COLORS.get(line[:1])
    return f"\x1b[{color}m{line}\x1b[0m" if look.color and color else line
