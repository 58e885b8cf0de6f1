"""Fingerprints: what a finding keeps when lines above it come and go.

Two kinds. :func:`identities` tells findings by what they are about (rule, file, object, field,
image). :func:`line_hash` tells a line by the text that begins with it, as GitHub's upload
action does for tools that have no fingerprints: where ours agree with its own, it keeps quiet.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.finding import Finding
    from imagelint.text import Source

__all__ = ["identities", "line_hash"]

_LENGTH = 32
_BLOCK = 100
_FACTOR = 37
_MODULUS = 1 << 64
_WIDTH = 2  # bytes of a UTF-16 unit
_END = "\uffff"
_BLANKS = {ord(" "): None, ord("\t"): None}


def identities(findings: Iterable[Finding]) -> list[str]:
    """Return a hexadecimal identity for each finding, in their order; no two are equal.

    No line is in it. Of findings that cannot be told apart the first keeps its identity
    when another one comes behind it.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    made: list[str] = []
    for finding in findings:
        about = _about(finding)
        text = "\0".join((*about, str(seen[about])))
        made.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_LENGTH])
        seen[about] += 1
    return made


def _about(finding: Finding) -> tuple[str, ...]:
    """Return what a finding is about; a container's name tells more than its number."""
    one = finding.object
    names = () if one is None else (one.group, one.kind, one.namespace or "", one.name or "")
    field = finding.field or ""
    if finding.container:
        field = re.sub(r"\[\d+\]", "[]", field)
    image = finding.image or ""
    return (finding.rule, finding.path, *names, field, finding.container or "", image)


def line_hash(source: Source, line: int) -> str:
    """Return ``HASH:COUNT`` of a 1-based line.

    A polynomial hash, modulo 2^64, of the hundred UTF-16 units from the line's start that are
    neither space nor tab; U+FFFF and zeros stand behind the file's end. COUNT numbers the
    lines of one hash.
    """
    window, count = _windows(source)[line - 1]
    value = 0
    for at in range(0, len(window), _WIDTH):
        value = (value * _FACTOR + int.from_bytes(window[at : at + _WIDTH], "little")) % _MODULUS
    return f"{value:x}:{count}"


@lru_cache(maxsize=1)
def _windows(source: Source) -> list[tuple[bytes, int]]:
    """Return for each line what its hash is made of, and how many lines to here share it."""
    text = source.data.decode("utf-8", "replace")
    text = re.sub(r"\r\n?", "\n", text).translate(_BLANKS) + _END
    lines = [f"{line}\n".encode("utf-16-le") for line in text.split("\n")]
    units = b"".join(lines)[:-_WIDTH] + bytes(_BLOCK * _WIDTH)
    counts: Counter[bytes] = Counter()
    windows: list[tuple[bytes, int]] = []
    start = 0
    for line in lines:
        window = units[start : start + _BLOCK * _WIDTH]
        counts[window] += 1
        windows.append((window, counts[window]))
        start += len(line)
    return windows
