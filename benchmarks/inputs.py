"""What is measured on: generated trees, made once and kept, and the shared corpus."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.builds import ROOT
from benchmarks.generate import POLICY, Tally
from benchmarks.measure import warm

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Input", "Inputs", "corpus", "manifests"]

SEED: Final = 1
_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SEPARATOR: Final = re.compile(rb"^---", re.MULTILINE)
_SOURCES: Final = ("generate.py", "manifests.py", "operators.py", "words.py")


@dataclass(frozen=True, slots=True)
class Input:
    """A folder of manifests and what is in it."""

    name: str
    folder: str
    tally: Tally

    def as_json(self) -> dict[str, object]:
        """Return name and sizes."""
        return {"name": self.name, **asdict(self.tally)}


class Inputs:
    """Makes trees below a folder, each one once."""

    def __init__(self, folder: str) -> None:
        """Keep everything below ``folder``, which may hold trees of an earlier run."""
        self._folder = folder
        here = os.path.dirname(os.path.abspath(__file__))
        digest = hashlib.sha256()
        for place in (*(os.path.join(here, name) for name in _SOURCES), POLICY):
            with open(place, "rb") as source:
                digest.update(source.read())
        self._digest = digest.hexdigest()[:8]

    def get(self, kind: str, size: int, *, wrong: float = 0.1) -> Input:
        """Return a tree, generated unless it is there already; its files are in the cache."""
        name = f"{kind}-{size}-{round(wrong * 100)}-{self._digest}"
        folder = os.path.join(self._folder, name)
        noted = f"{folder}.json"
        if not os.path.exists(noted):
            # In a process of its own: what is measured inherits the peak of its parent.
            arguments = ("--size", str(size), "--wrong", str(wrong), "--seed", str(SEED))
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.generate", kind, folder, *arguments],
                cwd=ROOT,
                check=True,
                capture_output=True,
            )
            with open(noted, "wb") as out:
                out.write(done.stdout)
        with open(noted, "rb") as file:
            tally = Tally(**json.load(file))
        warm(folder)
        return Input(kind, folder, tally)


def corpus(part: str = "") -> Input | None:
    """Return the shared corpus beside the project, or a folder of it, if it is there."""
    shared = os.environ.get("IMAGELINT_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
    folder = os.path.realpath(os.path.join(shared, "corpus", part))
    if not os.path.isdir(folder):
        return None
    return Input(part or "shared corpus", folder, _counted(folder))


def manifests(folder: str) -> Iterator[str]:
    """Yield the files of a tree that a linter of manifests reads, by their names."""
    for top, _, names in os.walk(folder):
        for name in names:
            place = os.path.join(top, name)
            if name.lower().endswith(_SUFFIXES) and os.path.isfile(place):
                yield place


def _counted(folder: str) -> Tally:
    """Count what is in a tree of others; documents by their separators."""
    tally = Tally()
    for place in manifests(folder):
        with open(place, "rb") as file:
            data = file.read()
        tally.files += 1
        tally.bytes += len(data)
        tally.documents += sum(bool(part.strip()) for part in _SEPARATOR.split(data))
        tally.largest = max(tally.largest, len(data))
    return tally
