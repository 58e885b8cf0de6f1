"""The effect of a policy change: compares the results of two runs over one tree. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult, ImageRecord
    from imagelint.model.source import Span

__all__ = ["Change", "Changes", "changes"]


class Change(NamedTuple):
    """An image whose verdict changed."""

    path: str
    line: int
    column: int
    image: str
    before: str
    after: str


class Changes(NamedTuple):
    """All changes, by file and position, and the number of images."""

    changes: tuple[Change, ...]
    images: int


class _Place(NamedTuple):
    path: str
    span: Span
    field: str | None


def changes(before: Iterable[FileResult], after: Iterable[FileResult]) -> Changes:
    """Compare the verdicts on each image, including images that only one policy checks.

    A policy can exclude a file.
    """
    old, new = dict(_verdicts(before)), dict(_verdicts(after))
    found = []
    for place in sorted({*old, *new}, key=lambda one: (one.path, one.span, one.field or "")):
        was, now = old.get(place), new.get(place)
        known = was or now
        assert known is not None  # it is in one of them
        left_out = "left out"
        texts = (left_out if was is None else was[1], left_out if now is None else now[1])
        if texts[0] != texts[1]:
            line, column, image = known[0]
            found.append(Change(place.path, line, column, image, *texts))
    return Changes(tuple(found), len({*old, *new}))


def _verdicts(
    results: Iterable[FileResult],
) -> Iterator[tuple[_Place, tuple[tuple[int, int, str], str]]]:
    for result in results:
        found: dict[_Place, list[str]] = {}
        for finding in result.findings:
            found.setdefault(_place_of(finding), []).append(_words(finding))
        for excused in result.suppressed:
            words = f"{_words(excused.finding)} (suppressed)"
            found.setdefault(_place_of(excused.finding), []).append(words)
        for record in result.images:
            place = _Place(result.path, record.span, record.field)
            line, column = result.source.position(record.span.start)
            words = ", ".join(sorted(found.get(place, ()))) or "no finding"
            yield place, ((line, column, _image(record)), words)


def _place_of(finding: Finding) -> _Place:
    return _Place(finding.path, finding.span, finding.field)


def _words(finding: Finding) -> str:
    return f"{finding.severity.value} {finding.rule} in {finding.environment}"


def _image(record: ImageRecord) -> str:
    return str(record.image)
