"""Fingerprints: identify a finding when lines above it are added or removed.

Two kinds. :func:`identities` identifies findings by rule, file, object, field and image.
:func:`line_hashes` identifies a line by the text that starts there, as GitHub's upload action does
for tools without fingerprints: it does not warn if ours agree with its own.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import Counter
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.finding import Finding
    from imagelint.model.source import Source

__all__ = ["identities", "line_hashes"]

_LENGTH = 32
_BLOCK = 100
_FACTOR = 37
_MODULUS = 1 << 64
_WIDTH = 2  # bytes of a UTF-16 unit
_END = "\uffff"
_HEAD = 16
"""Bytes of a line to compare first: most lines already differ here."""
_POWERS = [pow(_FACTOR, exponent, _MODULUS) for exponent in range(_BLOCK - 1, -1, -1)]
_BLANKS = {ord(" "): None, ord("\t"): None}


def identities(findings: Iterable[Finding]) -> list[str]:
    """Return a hexadecimal identity for each finding, in their order; no two are equal.

    It contains no line. Of indistinguishable findings, the first keeps its identity when another
    one is added after it.
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
    """Return what identifies a finding; a container's name is more stable than its index."""
    one = finding.object
    names = () if one is None else (one.group, one.kind, one.namespace or "", one.name or "")
    field = finding.field or ""
    if finding.container:
        field = re.sub(r"\[\d+\]", "[]", field)
    image = finding.image or ""
    return (finding.rule, finding.path, *names, field, finding.container or "", image)


def line_hashes(source: Source, lines: Iterable[int]) -> dict[int, str]:
    """Return ``HASH:COUNT`` of some 1-based lines.

    A polynomial hash, modulo 2^64, of the hundred UTF-16 units from the line's start that are
    neither space nor tab; U+FFFF and zeros follow the end of the file. COUNT numbers the lines
    with the same hash.
    """
    text = source.data.decode("utf-8", "replace")
    text = re.sub(r"\r\n?", "\n", text).translate(_BLANKS) + _END
    units = text.encode("utf-16-le") + bytes(_BLOCK * _WIDTH)
    starts = _starts(text, len(units) - _BLOCK * _WIDTH)
    wanted = frozenset(lines)
    begins = [starts[line - 1] for line in wanted]
    counts = {units[start : start + _BLOCK * _WIDTH]: 0 for start in begins}
    heads = {window[:_HEAD] for window in counts}
    found: dict[int, str] = {}
    for line, start in enumerate(starts[: max(wanted, default=0)], 1):
        if units[start : start + _HEAD] in heads:
            window = units[start : start + _BLOCK * _WIDTH]
            if window in counts:
                counts[window] += 1
                if line in wanted:
                    found[line] = f"{_hash(window):x}:{counts[window]}"
    return found


def _starts(text: str, size: int) -> list[int]:
    """Return where each line starts in the ``size`` bytes of UTF-16 of a text."""
    starts = [0]
    if size == len(text) * _WIDTH:
        at = -1
        while (at := text.find("\n", at + 1)) >= 0:
            starts.append((at + 1) * _WIDTH)
        return starts
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line.encode("utf-16-le")) + _WIDTH)
    return starts[:-1]


def _hash(window: bytes) -> int:
    value: int = sum(map(mul, struct.unpack(f"<{_BLOCK}H", window), _POWERS))
    return value % _MODULUS
