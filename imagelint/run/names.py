"""Who knows that two names are one file: links, and the same folder through another path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.model.finding import Skipped

if TYPE_CHECKING:
    from imagelint.model.report import FileResult, ImageRecord
    from imagelint.run.linting import Linting
    from imagelint.run.request import Attempt, Input, Request

__all__ = ["Names", "may_have_links"]


class Names:
    """The files of a run, by identity, each with the first name and the result under it."""

    def __init__(
        self, request: Request, linting: Linting, errors: list[str], skipped: list[Skipped]
    ) -> None:
        """Know no file; ``errors`` and ``skipped`` of the run are extended."""
        self._is_inventory = request.inventory
        self._linting = linting
        self._errors = errors
        self._skipped = skipped
        self._known: dict[files.Identity, tuple[Input, FileResult]] = {}

    def know(self, attempt: Attempt) -> bool:
        """Whether the file of an attempt was reported before, under another name."""
        return attempt.identity in self._known

    def note(
        self, item: Input, result: FileResult | None, at: files.Identity | None = None
    ) -> None:
        """Remember the result of a file that was written: its identity is new, or ``at``."""
        if result is not None and item.data is None:
            self._known[at or files.identity(item.path)] = item, result

    def news(self, item: Input, result: FileResult, identity: files.Identity) -> FileResult | None:
        """Report a file with several names once, and under each name only what is new there.

        A link under ``prod/`` to a file under ``dev/`` is judged by both environments.
        """
        other, known = self._known.setdefault(identity, (item, result))
        if known is result:
            return result
        known, result = self._with_findings(other, known), self._with_findings(item, result)
        old = {finding._replace(path="") for finding in known.findings}
        new = tuple(found for found in result.findings if found._replace(path="") not in old)
        if not new:
            self._skipped.append(Skipped(result.path, "the same file under another name"))
            return None
        self._known[identity] = other, known._replace(findings=known.findings + new)
        old_images = {image._replace(path="") for image in self._images(other, known)}
        images = tuple(
            image
            for image in self._images(item, result)
            if image._replace(path="") not in old_images
        )
        if self._is_inventory:
            return result._replace(findings=new, images=images)
        return result._replace(findings=new, unlisted=len(images))

    def _with_findings(self, item: Input, result: FileResult) -> FileResult:
        """Return a result with its findings; findings that were rendered must be found again."""
        if result.told is None:
            return result
        again = self._linted(item, inventory=False)
        return result._replace(told=None) if again is None else again

    def _images(self, item: Input, result: FileResult) -> tuple[ImageRecord, ...]:
        """Return the images of an input; the result may contain only their number."""
        if self._is_inventory:
            return result.images
        again = self._linted(item, inventory=True)
        return () if again is None else again.images

    def _linted(self, item: Input, *, inventory: bool) -> FileResult | None:
        def linted() -> FileResult:
            return self._linting.judge(item, self._linting.open(item)[0], inventory=inventory)

        result, errors = self._linting.guarded(item, linted)
        self._errors += errors
        return result


def may_have_links(paths: tuple[str, ...], cwd: str) -> bool:
    """Whether PATHs lead through links, so that several inputs may be names of one file."""
    named = (files.absolute(path, cwd) for path in paths or (".",))
    return any(os.path.realpath(path) != path for path in named)
