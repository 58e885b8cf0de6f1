"""What a command line asks of a run, what it is to lint, and what became of each of that. Data."""

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

__all__ = ["NO_ADJUSTMENT", "STDIN", "Adjustment", "Attempt", "Input", "Packed", "Request"]
__all__ += ["packed", "unpacked", "whole"]

STDIN = "-"


class Request(NamedTuple):
    """What a command line asks a run to look at, and how."""

    paths: tuple[str, ...] = ()
    """As typed; none stands for the working folder, ``-`` for standard input."""
    environment: str | None = None
    policy: str | None = None
    policy_within: str | None = None
    """The folder (absolute) that ``policy`` lies in where the tree names it, and no user."""
    harbor: str | None = None
    """The Harbor of the built-in policy, in place of the example's: a host."""
    exclude: tuple[str, ...] = ()
    stdin_filename: str | None = None
    changed_since: str | None = None
    """Leave out what git says is the same as where HEAD left this commit."""
    policy_from: str | None = None
    """Read policies as this commit has them, not as they are in the working folder."""
    allow_empty: bool = False
    """Take nothing on stdin, or a folder without a manifest, for no slip."""
    max_file_size: int = MAX_SIZE
    """Bytes of the largest file that is read without being named."""
    jobs: int = AUTO
    debug: bool = False
    without_baseline: bool = False
    """Take no finding for known."""
    inventory: bool = True
    """List every image; a run that does not hands over far less from process to process."""
    stdin: bytes | None = None
    """Standard input, where the command has read it already."""
    stdin_is_here: bool = False
    """Standard input belongs to the working folder: that of the kustomization that calls."""
    fixes: bool = False
    """Repair what is found."""
    leftovers: bool = False
    """Look for what killed processes have left behind where the files are."""
    tell: Callable[[FileResult], str] | None = None
    """Puts the findings in a file into words; then they are not kept."""
    line_hashes: LineHashes | None = None
    """What a format wants to know of each line with a finding, while its file is there."""


class Input(NamedTuple):
    """Something to lint: ``path`` is absolute, also for stdin, where it only has to match.

    ``data`` is given for stdin alone; files are read when their turn comes.
    """

    path: str
    shown: str
    governing: files.GoverningPolicy
    data: bytes | None = None
    is_outside: bool = False
    """Whether it is no part of the run, and only changes with what is: its findings don't count."""


class Adjustment(NamedTuple):
    """How the repair of a file differs from what its findings propose."""

    refused: Mapping[int, str]
    """By byte offset of an image: why it is not repaired, as a clause."""
    edits: tuple[Edit, ...] = ()
    """Of what selects images by name."""
    steps: tuple[tuple[Edit, ...], ...] = ()
    """All edits of the file on the way there: see ``naming.py``."""


NO_ADJUSTMENT = Adjustment({})


class Attempt(NamedTuple):
    """What became of one input: a result with the file's identity, or errors."""

    result: FileResult | None
    identity: files.Identity | None
    errors: tuple[str, ...]


Packed: TypeAlias = "Attempt | tuple[int, int, int, files.Identity, Told | None]"
"""An attempt on its way from process to process: of a file of which there is nothing more to say
only its numbers and its identity, which take a tenth of the time that the whole result takes."""


def packed(attempt: Attempt, line_hashes: LineHashes | None = None) -> Packed:
    """Make an attempt small for its way, and to be kept: without bytes that nobody will show."""
    result, identity, errors = attempt
    if result is None or identity is None or errors:
        return attempt
    said = (result.findings, result.images, result.suppressed, result.used)
    if any(said) or result.may_select or result.facts != NO_FACTS:
        return attempt._replace(result=light(result, line_hashes))
    return result.documents, result.proven_free, result.unlisted, identity, result.told


def unpacked(one: Input, attempt: Packed) -> Attempt:
    """Make a packed attempt at an input what it was."""
    if isinstance(attempt, Attempt):
        return attempt
    documents, free, unlisted, identity, told = attempt
    source, stamp = Source(one.shown, b""), one.governing.stamp
    result = FileResult(source, documents, free, (), (), policy=stamp, unlisted=unlisted, told=told)
    return Attempt(result, identity, ())


def whole(one: Input, attempts: list[Attempt]) -> Attempt:
    """Put together what became of the parts of an input."""
    if len(attempts) == 1:
        return attempts[0]
    errors = tuple(error for attempt in attempts for error in attempt.errors)
    results = [attempt.result for attempt in attempts if attempt.result is not None]
    if len(results) < len(attempts) or one.data is None:
        return Attempt(None, None, errors)
    return Attempt(joined(Source(one.shown, one.data), results), None, errors)
