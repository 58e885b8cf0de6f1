"""How rows are measured: the builds, the inputs, and the commands that are run on them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.inputs import manifests
from benchmarks.measure import Command, Sample, Series, measure, run_once
from benchmarks.peers import PEERS, stops

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.builds import Build
    from benchmarks.inputs import Input, Inputs
    from benchmarks.results import Row

__all__ = ["CHECK", "Bench", "imagelint_stops", "peers"]

CHECK: Final = ("check", "--format", "text")
"""What is measured nearly everywhere: every finding, as text, into a file."""


@dataclass(frozen=True, slots=True)
class Bench:
    """How to measure, with what, and where there is room for it."""

    builds: list[Build]
    inputs: Inputs
    scratch: str
    repeat: int
    timeout: float
    quick: bool
    progress: Callable[[str], None]

    def size(self, full: int, quick: int) -> int:
        """Return how large an input is made."""
        return quick if self.quick else full

    def run(self, commands: list[Command], *, times: int = 1) -> list[Series]:
        """Measure the commands by turns, so many ``times`` as often as other rows."""
        return measure(
            commands,
            self.scratch,
            repeat=self.repeat * times,
            timeout=self.timeout,
            progress=self.progress,
        )

    def imagelint(self, cwd: str, *arguments: str, stdin: str | None = None) -> list[Command]:
        """Return the same command line for each build."""
        return [
            Command(build.name, (*build.argv, *arguments), cwd, stdin, stops=imagelint_stops)
            for build in self.builds
        ]

    def pythons(self) -> dict[str, str]:
        """Return the Pythons of the builds, and how the names of their commands differ."""
        endings = {build.python: f" ({build.name})" for build in self.builds}
        return endings if len(endings) > 1 else dict.fromkeys(endings, "")

    def use(self, row: Row, tree: Input, *options: str) -> None:
        """Take a tree into a row, which fails if a build does not lint every file of the tree."""
        row.inputs.append(tree)
        there = len(list(manifests(tree.folder)))
        for command in self.imagelint(tree.folder, "check", "--format", "json", *options, "."):
            sample = run_once(command, self.scratch, self.timeout)
            linted = self._linted()
            said = f"{command.name} lints {linted:,} of {there:,} files"
            if linted < there:
                row.failed.append("; ".join((said, *sample.stderr.splitlines()[:1])))
            else:
                row.remarks.append(said)

    def _linted(self) -> int:
        """Return how many files the JSON report tells of; none where there is no report."""
        with open(os.path.join(self.scratch, "stdout"), "rb") as report:
            try:
                return int(json.load(report)["summary"]["files"])
            except ValueError:
                return 0


def imagelint_stops(sample: Sample) -> str | None:
    """Exit 2 is right where a tree has files that cannot be read; a traceback never is."""
    if "internal error" in sample.stderr or (sample.status < 0 and not sample.timed_out):
        return "fails with an internal error"
    return stops(sample)


def peers(cwd: str, path: str, names: tuple[str, ...] | None = None) -> list[Command]:
    """Return the commands of the peers that are here, or of some of them."""
    return [
        Command(peer.name, (*peer.argv, path), cwd, stops=stops)
        for peer in PEERS
        if shutil.which(peer.name) and (names is None or peer.name in names)
    ]
