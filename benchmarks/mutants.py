"""Real manifests, broken: lines that are gone, doubled, moved, and odd ones in between."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.words import Dice

__all__ = ["found", "joined", "mutant"]

_SUFFIXES: Final = (".yaml", ".yml")
_SIZE_MAX: Final = 12_000
_LINES: Final = (
    *(b"---", b"...", b"", b"\t", b"# c", b"%YAML 1.1", b"{{ x }}", b"image: x", b"- image: a"),
    *(b"  image: docker.io/a:1", b'    image: "a\\x41"', b'"image": q.io/a', b'  "im\\x61ge": b'),
    *(b"? image", b": docker.io/x", b"image: |", b"image: >-", b"  image: a # c", b"  Image: c"),
    *(b"  image: {{ .Values.image }}", b"  image: 'a''b'", b"  image: a\xc2\x85b", b"items:"),
    *(b"kind: Pod", b"kind: List", b"apiVersion: v1", b"spec: ~", b"containers:"),
    *(b"  containers: {image: b}", b"  - {name: a, image: b}", b'    args: ["a", "b"]'),
    *(b"  <<: *a", b"  x: &a", b"  image: *a", b"!!str image: b"),
)
"""What is put between the lines of a manifest."""
_MARKS: Final = (
    *(b'"', b"'", b":", b": ", b" #", b"#", b"{", b"[", b",", b"- ", b"|"),
    *(b"&a ", b"*a", b"!", b"\\", b"\r", b"\t", b"\xef\xbb\xbf", b"\xff"),
)
"""What is put into a line."""
_VALUES: Final = (b":  ", b" : ", b":", b": &x ", b": !!str ", b': "')
"""What is put in place of a key's colon."""
_SEPARATORS: Final = (*[b"---\n"] * 8, b"--- # c\n", b"...\n---\n", b"---\r\n", b"--- \n")


def found(tree: str) -> list[bytes]:
    """Return the manifests of a tree that are worth breaking: small ones that hold images."""
    manifests = []
    for top, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(top, name)
            if name.endswith(_SUFFIXES) and os.path.getsize(path) <= _SIZE_MAX:
                with open(path, "rb") as file:
                    data = file.read()
                if b"image" in data:
                    manifests.append(data)
    return manifests


def mutant(dice: Dice, manifests: Sequence[bytes]) -> bytes:
    """Return one of the manifests with one to four of its lines changed."""
    lines = dice.one(manifests).split(b"\n")
    for _ in range(dice.between(1, 4)):
        at = dice.below(len(lines))
        lines[at : at + 1] = _changed(dice, lines, at)
        lines = lines or [b""]
    return b"\n".join(lines)


def _changed(dice: Dice, lines: Sequence[bytes], at: int) -> list[bytes]:
    """Return what becomes of a line."""
    line = lines[at]
    margin = line[: len(line) - len(line.lstrip())]
    column = dice.below(len(line) + 1)
    return dice.one(
        (
            [],
            [dice.one(_LINES), line],
            [margin + dice.one(_LINES).lstrip(), line],
            [dice.one(lines), line],
            [b" " * dice.between(1, 3) + line],
            [line[dice.between(1, 3) :]],
            [line[:column] + dice.one(_MARKS) + line[column:]],
            [line.replace(b": ", dice.one(_VALUES), 1)],
        )
    )


def joined(dice: Dice, manifests: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the manifests as streams of one to twenty, some with CRLF."""
    rest = list(manifests)
    while rest:
        count = dice.one((1, 2, 3, 8, 20))
        part, rest = rest[:count], rest[count:]
        stream = b""
        for data in part:
            text = data.replace(b"\n", b"\r\n") if dice.chance(0.1) else data
            stream += text if text.endswith(b"\n") or dice.chance(0.05) else text + b"\n"
            stream += dice.one(_SEPARATORS)
        yield stream
