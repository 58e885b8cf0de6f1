"""The charts of a run, rendered: images that no file shows, and the lines that make them.

The linter judges the rendered manifests like others; experiments trace each image to its values.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from imagelint.engine.linter import Linter
from imagelint.kubernetes.context import Context
from imagelint.model.builds import Build
from imagelint.model.errors import internal_error
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, one_line
from imagelint.rendering.charts import bench
from imagelint.rendering.marks import candidates, empty_ones, leaves, trace
from imagelint.rendering.places import Places
from imagelint.rendering.plan import Goal, plan
from imagelint.rendering.tools import RenderingError, ToolMissingError, find
from imagelint.rules.built_in import RULES
from imagelint.run.releases import Installed, releases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from imagelint import files
    from imagelint.model.report import FileResult, ImageRecord
    from imagelint.rendering.charts import Bench
    from imagelint.rendering.helm import Rendered, Values
    from imagelint.rendering.places import Place
    from imagelint.rendering.plan import Plan
    from imagelint.rendering.tools import Tool
    from imagelint.run.request import Request
    from imagelint.run.run import Run

__all__ = ["Looked", "Renderer", "texts_of"]

_TRACES_MAX = 8
"""Renderings with marks for one chart."""
_AT_ONCE = 4
_TEMPLATE = re.compile(rb"^# Source: ([^\r\n]+)\r?$", re.MULTILINE)


class Looked(NamedTuple):
    """A rendered chart: what was found in it, and where that is written."""

    installed: Installed
    rendered: Rendered
    result: FileResult
    goals: tuple[Goal, ...]
    """For each image of the result."""
    places: tuple[Place | None, ...]
    """For each image of the result."""
    templates: frozenset[str]
    """The files (absolute) of the templates that made documents."""
    plan: Plan
    renderings: int
    remarks: tuple[str, ...]


class Renderer:
    """Renders the charts of a run, several at a time."""

    def __init__(self, run: Run, request: Request) -> None:
        """Judge as the run does."""
        self._run = run
        self._request = request
        self._linters: dict[tuple[str | None, str, str | None], Linter] = {}

    def looked(self, *, thorough: bool = False) -> Iterator[Looked]:
        """Render everything; errors go to the run. ``thorough`` traces images without findings."""

        def look(helm: Tool, one: Installed) -> Looked:
            with bench(helm, one.release) as work:
                return self.look(work, one, thorough=thorough)

        yield from self.each(look, _AT_ONCE)

    def each(self, work: Callable[[Tool, Installed], Looked], at_once: int) -> Iterator[Looked]:
        """Do something with every chart; what cannot be rendered is an error of the run."""
        assert self._request.rendering is not None
        installed = list(releases(self._run, self._request.rendering))
        if not installed:
            return
        try:
            helm = find("helm")
        except ToolMissingError as error:
            self._run.errors.append(str(error))
            return
        for one in installed:
            self.linter(one)  # an unknown environment is an error of the user

        def attempt(one: Installed) -> Looked | str:
            try:
                return work(helm, one)
            except RenderingError as error:
                return one_line(f"{one.release.shown}: not rendered: {error}")
            except Exception as error:  # noqa: BLE001 - findings of others are still reported
                return internal_error(error, one.release.shown, debug=self._request.debug)

        with ThreadPoolExecutor(min(at_once, os.cpu_count() or 1, len(installed))) as pool:
            for outcome in pool.map(attempt, installed):
                if isinstance(outcome, Looked):
                    yield outcome
                else:
                    self._run.errors.append(outcome)

    def linter(self, one: Installed) -> Linter:
        """Return the linter for a release."""
        return self.linter_of(one.governing, one.environment)

    def linter_of(self, governing: files.GoverningPolicy, environment: str | None) -> Linter:
        """Return a linter, which knows no baseline: it is about files."""
        environment = self._request.environment or environment
        key = governing.stamp.path, governing.folder, environment
        if key not in self._linters:
            self._linters[key] = Linter(
                governing.policy,
                RULES,
                self._run.linting.catalogue,
                environment=environment,
                today=self._run.linting.today,
            )
        return self._linters[key]

    def look(self, work: Bench, one: Installed, *, thorough: bool) -> Looked:
        """Render a staged chart, lint the result and trace its images."""
        rendered = work.render()
        result = self.lint(one, rendered.text)
        goals: tuple[Goal, ...] = tuple(
            Goal(text, record.rewrite, ())
            for text, record in zip(texts_of(result.images), result.images, strict=True)
        )
        if thorough or result.findings:
            goals = self._traced(work, one, rendered, result, goals)
        places = Places(work.part, one.release)
        return Looked(
            one,
            rendered,
            result,
            goals,
            tuple(_places(places, result, goals)),
            frozenset(_templates(places, rendered.text)),
            plan(goals),
            work.renderings,
            work.remarks,
        )

    def _traced(
        self,
        work: Bench,
        one: Installed,
        rendered: Rendered,
        result: FileResult,
        goals: tuple[Goal, ...],
    ) -> tuple[Goal, ...]:
        """Return images with the values that make them.

        Empty values are tried only if others cannot make an image what is wanted.
        """
        shape = _shape(result.images)

        def experiment(overlay: Values) -> Sequence[str] | None:
            try:
                text = work.render(overlay).text
            except RenderingError:
                return None
            records = self.lint(one, text).images
            return texts_of(records) if _shape(records) == shape else None

        images, found = texts_of(result.images), [*leaves(rendered.values)]
        groups = [candidates(found, images), *empty_ones(found)]
        for number, marked in enumerate(groups):
            if number and not plan(goals).refused:
                break
            most = _TRACES_MAX - (work.renderings - 1)
            sources = trace(images, rendered.values, marked, experiment, most)
            goals = tuple(
                goal._replace(sources=goal.sources + more)
                for goal, more in zip(goals, sources, strict=True)
            )
        return goals

    @staticmethod
    def places(
        work: Bench, one: Installed, result: FileResult, goals: Sequence[Goal]
    ) -> tuple[Place | None, ...]:
        """Return where each image is written."""
        return tuple(_places(Places(work.part, one.release), result, goals))

    def lint(self, one: Installed, text: bytes) -> FileResult:
        """Lint rendered manifests as those of the file that decides about environments."""
        namespace = one.release.setting.namespace
        builds = () if namespace is None else (Build(destinations=frozenset((namespace,))),)
        linter = self.linter(one)
        examination = linter.examine(Source(one.release.shown, text), Context(builds=builds))
        return linter.judge(
            examination, one.governing.match_path(one.path), stamp=one.governing.stamp
        )


def _places(places: Places, result: FileResult, goals: Sequence[Goal]) -> Iterator[Place | None]:
    """Yield where each image is written."""
    for record, goal in zip(result.images, goals, strict=True):
        place = None
        for source in goal.sources:
            place = place or places.of_value(source.leaf)
        for source in goal.sources:
            place = place or places.of_archive(source.leaf.path)
        if place is None and record.template is not None:
            line = result.source.line(result.source.line_number(record.span.start))
            place = places.of_template(record.template, line)
        yield place


def _templates(places: Places, text: bytes) -> Iterator[str]:
    """Yield the files of the templates that made documents."""
    for name in {match[1] for match in _TEMPLATE.finditer(text)}:
        path = places.template_file(name.decode("utf-8", "replace"))
        if path is not None:
            yield path


def texts_of(records: Iterable[ImageRecord]) -> list[str]:
    """Return the images of records as text."""
    return ["" if one.image is None else str(one.image) for one in records]


def _shape(records: Iterable[ImageRecord]) -> list[tuple[object, ...]]:
    """Return what two renderings share if marks have changed nothing but texts."""
    return [(one.template, one.object.kind, one.role) for one in records]
