"""What renderings add to the results of files, told at the lines that make the images.

What was found at these lines by reading alone is replaced.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.engine.comments import find_ignores
from imagelint.engine.excuses import Excuses
from imagelint.engine.linter import UNUSED_IGNORE
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import FileError
from imagelint.model.finding import COMMENT_MARK, Finding
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import FileResult, Suppressed
from imagelint.model.source import Source, as_yaml, one_line
from imagelint.policy.placement import Where
from imagelint.rendering.places import NOWHERE
from imagelint.rendering.plan import dotted
from imagelint.repository.rename_matching import split_image
from imagelint.run.builds import Builds
from imagelint.run.rendered import Renderer, texts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from imagelint.model.finding import Fix
    from imagelint.model.report import ImageRecord, PolicyStamp
    from imagelint.model.source import Span
    from imagelint.rendering.places import Place
    from imagelint.run.builds import Build
    from imagelint.run.rendered import Looked
    from imagelint.run.request import Request
    from imagelint.run.run import Run

__all__ = ["Found", "KnownImages", "retold", "with_rendered"]

_UNRENDERED = "unrendered-template"
_UNRESOLVED = "unresolved-reference"


def with_rendered(
    run: Run, request: Request, results: Iterable[FileResult]
) -> Iterator[FileResult]:
    """Add what is found by rendering to the results of files."""
    known = list(results)
    renderer = Renderer(run, request)
    charts = renderer.looked(thorough=request.inventory)
    yield from retold(run, request, known, Found(charts, Builds(run, renderer).all()))


class Found(NamedTuple):
    """What rendering has found."""

    charts: Iterable[Looked]
    builds: Iterable[Build]
    contents: Mapping[str, bytes] = {}
    """New contents of files, by path (absolute)."""


def retold(
    run: Run, request: Request, known: Collection[FileResult], found: Found
) -> Iterator[FileResult]:
    """Add what rendering has found to the results of files."""
    telling = _Telling(run, found.contents, inventory=request.inventory)
    for looked in found.charts:
        telling.take(looked)
    seen = KnownImages.of(known)
    for build in found.builds:
        telling.take_build(build, seen)
    yield from map(run.linting.light, telling.added_to(known))


class KnownImages(NamedTuple):
    """What is known from files."""

    images: frozenset[str]
    names: frozenset[str]
    """Of these images, without tags and digests, which an entry may set."""
    findings: frozenset[tuple[str, str | None]]
    """Rules and images of findings, also of suppressed ones; and rules and names."""

    @classmethod
    def of(cls, results: Iterable[FileResult]) -> KnownImages:
        """Return what results of files show."""
        images: set[str] = set()
        findings: set[tuple[str, str | None]] = set()
        for result in results:
            images.update(texts_of(result.images))
            found = (*result.findings, *(one.finding for one in result.suppressed))
            findings.update((one.rule, one.image) for one in found)
            findings.update((one.rule, split_image(one.image or "")[0]) for one in found)
            images.update(one.image for one in found if one.image is not None)
        names = frozenset(split_image(image)[0] for image in images)
        return cls(frozenset(images), names, frozenset(findings))

    def has(self, finding: Finding) -> bool:
        """Whether a finding in a build is known; where an image comes from, its name decides."""
        image = finding.image
        if finding.fix is not None and image is not None:
            image = split_image(image)[0]
        return (finding.rule, image) in self.findings


class _Told:
    """What is told of one file."""

    def __init__(self, governing: files.GoverningPolicy, stamp: PolicyStamp | None) -> None:
        self.governing = governing
        """The policy of the first rendering."""
        self.stamp = stamp
        self.findings: dict[Finding, None] = {}
        self.images: dict[ImageRecord, None] = {}
        self.suppressed: dict[Suppressed, None] = {}


class _Telling:
    """Collects what renderings show, by the files that make it."""

    def __init__(self, run: Run, contents: Mapping[str, bytes], *, inventory: bool) -> None:
        self._run = run
        self._contents = contents
        self._inventory = inventory
        self._told: dict[str, _Told] = {}
        """By path, absolute."""
        self._rendered: set[str] = set()
        """The templates, as shown, that made documents."""
        self._charts: list[str] = []
        """The folders (absolute) of the charts that were rendered."""
        self._obeyed: set[str] = set()
        """The templates, as shown, with a comment that suppresses what they render."""

    def take(self, looked: Looked) -> None:
        """Note the findings and the images of a chart at their places."""
        result = looked.result
        self._charts.append(looked.installed.release.folder)
        self._rendered.update(files.displayed(path, self._run.cwd) for path in looked.templates)
        numbers = {record.span: number for number, record in enumerate(result.images)}
        for number, record in enumerate(result.images):
            told, path, span = self._at(looked, looked.places[number])
            told.images[record._replace(path=path, span=span)] = None
        for finding in result.findings:
            if finding.rule != UNUSED_IGNORE:  # told of the file that has the comment
                told, one = self._moved(looked, finding, numbers)
                told.findings[one] = None
        for suppressed in result.suppressed:
            told, one = self._moved(looked, suppressed.finding, numbers)
            told.suppressed[suppressed._replace(finding=one)] = None
            if suppressed.by == "comment" and one.template is not None:
                names = one.template.split("/")[1:]
                path = os.path.join(looked.installed.release.folder, *names)
                self._obeyed.add(files.displayed(path, self._run.cwd))
        self._run.add_uses(result)
        shown = looked.installed.release.shown
        self._run.remarks += (one_line(f"note: {shown}: {one}") for one in looked.remarks)

    def _moved(
        self, looked: Looked, finding: Finding, numbers: dict[Span, int]
    ) -> tuple[_Told, Finding]:
        """Return a finding at the line that makes its image, and with what to set there."""
        number = numbers.get(finding.span)
        place = None if number is None else looked.places[number]
        told, path, span = self._at(looked, place)
        moved = finding._replace(path=path, span=span, fix=None, unfixable=None)
        return told, moved if number is None else _advised(moved, looked, number)

    def _at(self, looked: Looked, place: Place | None) -> tuple[_Told, str, Span]:
        """Return what is told of the file of a place, its path as shown, and the span."""
        if place is None:
            path, span = os.path.join(looked.installed.release.folder, CHART_FILE), NOWHERE
        else:
            path, span = place.path, place.span
        told = self._told_of(path, looked.installed.governing, looked.result)
        return told, files.displayed(path, self._run.cwd), span

    def _told_of(self, path: str, governing: files.GoverningPolicy, result: FileResult) -> _Told:
        return self._told.setdefault(path, _Told(governing, result.policy))

    def take_build(self, one: Build, known: KnownImages) -> None:
        """Note the findings and the images of a build that are not known from files."""
        result, path = one.result, files.displayed(one.path, self._run.cwd)
        told = self._told_of(one.path, one.governing, result)
        numbers = {record.span: number for number, record in enumerate(result.images)}
        new = [one for one in result.findings if not known.has(one)]
        wrong = {finding.span for finding in new}
        for number, (record, image) in enumerate(
            zip(result.images, texts_of(result.images), strict=True)
        ):
            # Without an inventory, it is not known which images the files show.
            if record.span in wrong or (self._inventory and image not in known.images):
                span = one.places.get(number, NOWHERE)
                told.images[record._replace(path=path, span=span)] = None
        for finding in new:
            span = one.places.get(numbers.get(finding.span, -1), NOWHERE)
            why = one.refused if finding.fix is not None else None
            moved = finding._replace(path=path, span=span, fix=None, unfixable=why)
            told.findings[moved] = None
        self._run.add_uses(result)

    def added_to(self, known: Iterable[FileResult]) -> Iterator[FileResult]:
        """Yield the results of files with what is told of them; then those of other files."""
        waiting = {files.displayed(path, self._run.cwd): path for path in self._told}
        for found in known:
            result = self._settled(found)
            path = waiting.pop(result.path, None)
            if path is not None:
                yield self._merged(result, self._told[path], path)
            else:
                yield result
        for shown, path in sorted(waiting.items()):
            told = self._told[path]
            empty = FileResult(Source(shown, b""), 0, 0, (), (), policy=told.stamp)
            if told.findings or told.images or told.suppressed:
                yield self._merged(empty, told, path)

    def _settled(self, result: FileResult) -> FileResult:
        """Return a result without what reading a chart left open, now that it is rendered."""
        place = files.absolute(result.path, self._run.cwd)
        if not any(files.is_below(place, chart) for chart in self._charts):
            return result
        if result.path not in self._rendered:  # what it would make with other values is unknown
            kept = tuple(one for one in result.findings if one.rule != _UNRENDERED)
            return result._replace(findings=kept)
        left_open = [_UNRENDERED, _UNRESOLVED]
        if result.path in self._obeyed:
            left_open.append(UNUSED_IGNORE)
        return result._replace(
            findings=tuple(one for one in result.findings if one.rule not in left_open),
            images=tuple(one for one in result.images if one.allowed is not None),
            unlisted=0,  # what is written out is counted where it is rendered
        )

    def _merged(self, result: FileResult, told: _Told, path: str) -> FileResult:
        """Return the result of a file with what is told of it, in the order of the file."""
        shown = result.path
        try:
            data = self._contents.get(path)
            source = Source(shown, files.read(path, shown)[0] if data is None else data)
        except FileError as error:
            self._run.errors.append(one_line(str(error)))
            return result
        findings, used = self._excused(told, source, path)
        lines = {source.line_number(one.span.start) for one in told.images}
        rules = {_at(one, source) for one in told.findings}
        read = [
            one
            for one in result.findings
            if not _is_told(_at(one, source), lines, rules) and one.span not in used
        ]
        fixes = {_at(one, source): one.fix for one in result.findings if one.fix is not None}
        findings = [_with_fix(one, fixes.get(_at(one, source))) for one in findings]
        images = [*told.images] if self._inventory else []
        kept = [one for one in result.images if source.line_number(one.span.start) not in lines]
        return result._replace(
            source=source,
            findings=tuple(sorted((*read, *findings), key=_order)),
            images=tuple(sorted((*kept, *images), key=lambda one: one.span)),
            unlisted=result.unlisted + len(told.images) - len(images),
            suppressed=(*result.suppressed, *told.suppressed),
        )

    def _excused(self, told: _Told, source: Source, path: str) -> tuple[list[Finding], set[Span]]:
        """Return the findings that no comment in the file suppresses, and the comments used."""
        if COMMENT_MARK.encode(source.encoding) not in source.data:
            return [*told.findings], set()
        governing = told.governing
        ignores = find_ignores(source)
        where = Where(governing.match_path(path))
        excuses = Excuses(governing.policy, where, (), ignores, source)
        kept = []
        for one in told.findings:
            environment = None
            if one.environment is not None:
                environment = governing.policy.environment(one.environment)
            excuse = excuses.find(one.rule, environment, one.span.start)
            if excuse is None:
                kept.append(one)
            else:
                told.suppressed[Suppressed(one, *excuse)] = None
        return kept, {comment.span for comment, _ in ignores.used}


def _advised(finding: Finding, looked: Looked, number: int) -> Finding:
    """Say which value to set, or why none can be."""
    goal, intended = looked.goals[number], looked.plan
    if goal.is_met:
        return finding
    path = intended.made.get(number)
    if path is None:
        reasons = (intended.refused.get(number), looked.installed.otherwise)
        return finding._replace(unfixable="; ".join(filter(None, reasons)) or None)
    advice = f"; set {dotted(path)}: {as_yaml(intended.values[path])}"
    return finding._replace(message=finding.message + advice)


def _at(finding: Finding, source: Source) -> tuple[str, int]:
    """Return the rule and the line of a finding."""
    return finding.rule, source.line_number(finding.span.start)


def _is_told(at: tuple[str, int], lines: set[int], rules: set[tuple[str, int]]) -> bool:
    """Whether a finding by reading is also told by rendering, which knows more."""
    rule, line = at
    return at in rules or (rule == _UNRESOLVED and line in lines)


def _with_fix(finding: Finding, fix: Fix | None) -> Finding:
    """Return a finding with the fix of the same finding by reading, if it has one."""
    return finding if fix is None else finding._replace(fix=fix, unfixable=None)


def _order(finding: Finding) -> tuple[Span, int, str, str]:
    return finding.span, finding.severity.rank, finding.rule, finding.message
