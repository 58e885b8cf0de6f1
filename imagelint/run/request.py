"""A run's request, its inputs, and the attempts at them. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from imagelint.files.reading import MAX_SIZE
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import NO_FACTS, FileResult, Told, joined, light
from imagelint.model.source import Source
from imagelint.run.pool import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagelint import files
    from imagelint.model.report import LineHashes
    from imagelint.model.source import Edit

__all__ = ["NO_ADJUSTMENT", "STDIN", "Adjustment", "Attempt", "Input", "Packed", "Rendering"]
__all__ += ["Request", "packed", "unpacked", "whole"]

STDIN = "-"


class Rendering(NamedTuple):
    """How charts and kustomizations are rendered."""

    values: tuple[str, ...] = ()
    """Values files for the one chart in the PATHs, as typed."""
    sets: tuple[str, ...] = ()
    """Values for it, as ``helm --set`` has them."""
    insecure_images: bool = False
    """Let charts of Bitnami accept images from other registries than their own."""

    @property
    def is_ad_hoc(self) -> bool:
        """Whether values are given for one chart."""
        return bool(self.values or self.sets)


class Request(NamedTuple):
    """What a command line asks a run to examine, and how."""

    paths: tuple[str, ...] = ()
    """As typed; an empty tuple means the working folder, ``-`` standard input."""
    environment: str | None = None
    policy: str | None = None
    policy_within: str | None = None
    """The folder (absolute) that must contain ``policy`` if the tree names it, not a user."""
    harbor: str | None = None
    """The Harbor host of the built-in policy, in place of the example's."""
    exclude: tuple[str, ...] = ()
    stdin_filename: str | None = None
    changed_since: str | None = None
    """Skip what, according to git, is the same as at the merge base with this commit."""
    policy_from: str | None = None
    """Read policies from this commit, not from the working folder."""
    allow_empty: bool = False
    """Do not treat empty stdin, or a folder without a manifest, as an error."""
    max_file_size: int = MAX_SIZE
    """Bytes of the largest file that is read unless it is named."""
    jobs: int = AUTO
    debug: bool = False
    without_baseline: bool = False
    """Ignore baselines."""
    inventory: bool = True
    """List every image; without the list much less is sent between processes."""
    stdin: bytes | None = None
    """Standard input, if the command has already read it."""
    stdin_is_here: bool = False
    """Standard input belongs to the working folder: that of the calling kustomization."""
    fixes: bool = False
    """Fix the findings."""
    leftovers: bool = False
    """Look for files that killed processes have left next to the inputs."""
    tell: Callable[[FileResult], str] | None = None
    """Renders the findings of a file as text; they are dropped afterwards."""
    line_hashes: LineHashes | None = None
    """Computes what a format needs of each line with a finding, while its file is in memory."""
    rendering: Rendering | None = None
    """Render charts and kustomizations, too."""


class Input(NamedTuple):
    """Something to lint: ``path`` is absolute, also for stdin, where it only has to match.

    ``data`` is set only for stdin; files are read when they are linted.
    """

    path: str
    shown: str
    governing: files.GoverningPolicy
    data: bytes | None = None
    is_outside: bool = False
    """Whether it is not part of the run, but changes with it: its findings do not count."""


class Adjustment(NamedTuple):
    """How the fix of a file differs from what its findings propose."""

    refused: Mapping[int, str]
    """By byte offset of an image: why it is not fixed, as a clause."""
    edits: tuple[Edit, ...] = ()
    """Edits of selectors of images by name."""
    steps: tuple[tuple[Edit, ...], ...] = ()
    """All edits of the file for each intermediate step: see ``naming.py``."""


NO_ADJUSTMENT = Adjustment({})


class Attempt(NamedTuple):
    """The outcome of one input: a result with the file's identity, or errors."""

    result: FileResult | None
    identity: files.Identity | None
    errors: tuple[str, ...]


Packed: TypeAlias = "Attempt | tuple[int, int, int, files.Identity, Told | None]"
"""An attempt as sent between processes: for a file with nothing else to report only its numbers and
its identity, which take a tenth of the time of the whole result."""


def packed(attempt: Attempt, line_hashes: LineHashes | None = None) -> Packed:
    """Make an attempt small to send or keep: without bytes that nothing will show."""
    result, identity, errors = attempt
    if result is None or identity is None or errors:
        return attempt
    said = (result.findings, result.images, result.suppressed, result.used)
    if any(said) or result.may_select or result.facts != NO_FACTS:
        return attempt._replace(result=light(result, line_hashes))
    return result.documents, result.proven_free, result.unlisted, identity, result.told


def unpacked(item: Input, attempt: Packed) -> Attempt:
    """Restore a packed attempt at an input."""
    if isinstance(attempt, Attempt):
        return attempt
    documents, free, unlisted, identity, told = attempt
    source, stamp = Source(item.shown, b""), item.governing.stamp
    result = FileResult(source, documents, free, (), (), policy=stamp, unlisted=unlisted, told=told)
    return Attempt(result, identity, ())


def whole(item: Input, attempts: list[Attempt]) -> Attempt:
    """Combine the attempts at the parts of an input."""
    if len(attempts) == 1:
        return attempts[0]
    errors = tuple(error for attempt in attempts for error in attempt.errors)
    results = [attempt.result for attempt in attempts if attempt.result is not None]
    if len(results) < len(attempts) or item.data is None:
        return Attempt(None, None, errors)
    return Attempt(joined(Source(item.shown, item.data), results), None, errors)
