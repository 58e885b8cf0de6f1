"""A unified diff of one file, as ``git diff`` writes it and ``patch`` reads it."""

from __future__ import annotations

import difflib
import re
from itertools import groupby
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from imagelint.model.source import Source

    _Tag = Literal["replace", "delete", "insert", "equal"]
    _Opcode = tuple[_Tag, int, int, int, int]

__all__ = ["diff"]

_COLORS = {"-": "red", "+": "green", "@": "cyan"}
_QUOTED = re.compile(r'["\\]')


class _Matcher(difflib.SequenceMatcher[str]):
    """Group changes as difflib does, but compare line by line if the number of lines is the same.

    A fix keeps that number. difflib needs time quadratic in the number of changes, and in that of
    equal lines.
    """

    def __init__(self, before: list[str], after: list[str]) -> None:
        super().__init__(None, before, after, autojunk=False)
        self._pairs = zip(before, after, strict=True) if len(before) == len(after) else None

    def get_opcodes(self) -> list[_Opcode]:
        if self._pairs is None:
            return super().get_opcodes()
        found: list[_Opcode] = []
        start = 0
        for is_equal, run in groupby(self._pairs, lambda pair: pair[0] == pair[1]):
            end = start + sum(1 for _ in run)
            found.append(("equal" if is_equal else "replace", start, end, start, end))
            start = end
        return found


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
    for group in _Matcher(before, after).get_grouped_opcodes():
        lines += _hunk(before, after, group)
    return "".join(_dressed(line, look) + "\n" for line in lines)


def _lines(data: bytes, encoding: str) -> list[str]:
    """Split into lines at LF, with the LF; a CR before it belongs to the line."""
    text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _hunk(
    before: list[str], after: list[str], group: list[tuple[str, int, int, int, int]]
) -> Iterator[str]:
    first, last = group[0], group[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
    for tag, old_start, old_end, new_start, new_end in group:
        yield from _marked(" " if tag == "equal" else "-", before[old_start:old_end])
        if tag != "equal":
            yield from _marked("+", after[new_start:new_end])


def _range(start: int, end: int) -> str:
    """Return a half-open range of 0-based lines in diff notation."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


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
    if not look.color or color is None:
        return line
    from rich.style import Style  # noqa: PLC0415 - for colours alone

    return Style.parse(color).render(line)
