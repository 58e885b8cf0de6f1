"""The Go program ``kubereads``: built once a session, asked for many files at once."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.needs import missing, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Decoders", "Refused", "SeenImage", "Verdict", "build"]

_PROGRAM = Path(__file__).parent / "kubereads"


class SeenImage(NamedTuple):
    """A value where an image belongs, and what its object says of itself.

    ``field`` is the path in the object itself, not in the list that held it; ``type`` and
    ``value`` are as in :class:`imagelint.kubernetes.readers.Value`.
    """

    api_version: str
    kind: str
    name: str | None
    namespace: str | None
    labels: tuple[tuple[str, str], ...] | None
    field: str
    container: str | None
    type: str
    value: str | float | bool | None

    def nameless(self) -> SeenImage:
        """Return it without the object's name and labels: one of them is no string."""
        return self._replace(name=None, labels=None)


class Refused(NamedTuple):
    """A document that a reader refuses; ``ends``: and whatever stands behind it.

    ``images`` are those that could be read in it all the same.
    """

    text: str
    ends: bool
    images: tuple[str, ...]


class Verdict(NamedTuple):
    """What one reader makes of one file."""

    images: frozenset[SeenImage]
    refused: tuple[Refused, ...]


class Decoders:
    """The program, ready to be asked."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def read(self, files: Iterable[Path]) -> Iterator[tuple[Verdict, Verdict]]:
        """Yield what kubectl and what kustomize read in each file, in order."""
        names = b"\0".join(os.fsencode(file) for file in files)
        lines = self._ask(names) if names else []
        verdicts = map(_verdict, lines)
        yield from zip(verdicts, verdicts, strict=True)

    def references(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """Return what distribution/reference makes of each text."""
        lines = "\n".join(json.dumps(text) for text in texts)
        return [json.loads(line) for line in self._ask(lines.encode(), "-references")]

    def _ask(self, stdin: bytes, *arguments: str) -> list[str]:
        command = [str(self._program), *arguments]
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().split("\n")[:-1]


def build(folder: Path) -> Decoders:
    """Build the program, if it is not there; a test without it is skipped, in CI it fails."""
    program = folder / _PROGRAM.name
    command = [path_of("go"), "build", "-trimpath", "-o", str(program), "."]
    # The workers of pytest-xdist share the folder: one of them builds, and the others wait for it.
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            done = subprocess.run(
                command, cwd=_PROGRAM, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                missing(f"what {_PROGRAM.name} is built of ({done.stderr[-500:].strip()})")
    return Decoders(program)


def _verdict(line: str) -> Verdict:
    row = json.loads(line)
    images = {_seen(item, image) for item in row["objects"] for image in item["images"]}
    refused = (Refused(one["text"], one["ends"], tuple(one["images"])) for one in row["errors"])
    return Verdict(frozenset(images), tuple(refused))


def _seen(item: dict[str, Any], image: dict[str, Any]) -> SeenImage:
    found = SeenImage(
        item["apiVersion"],
        item["kind"],
        item["name"] or None,
        item["namespace"] or None,
        tuple(sorted((key, text) for key, text in item["labels"].items() if text)),
        image["field"],
        image["container"] or None,
        *_typed(image["value"]),
    )
    return found.nameless() if item["mistyped"] else found


def _typed(value: Any) -> tuple[str, str | float | bool | None]:
    if value == "":
        return "null", None  # as the law has it
    if isinstance(value, dict | list):
        return ("mapping" if isinstance(value, dict) else "sequence"), None
    names = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names[type(value)], value
