"""Who lints an input: the policy's linter, with what the repository says about the file.

An input is linted independently of all others, so that any process can do it. What the whole run
decides is in ``names.py`` (a file with several names) and ``reporting.py``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from imagelint import files
from imagelint.engine.linter import Linter
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import ImagelintError, internal_error
from imagelint.model.report import NO_FACTS, joined, light, told
from imagelint.model.source import Source, one_line
from imagelint.rules.built_in import RULES
from imagelint.run.given import known_kinds, today
from imagelint.run.pool import in_order
from imagelint.run.request import Attempt, packed, unpacked, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imagelint.kubernetes.examine import Examination
    from imagelint.model.report import FileResult
    from imagelint.model.source import Span
    from imagelint.run.request import Input, Packed, Request
    from imagelint.run.surroundings import Surroundings

__all__ = ["Linting", "lint"]

T = TypeVar("T")


class Linting:
    """Lints the inputs of a request."""

    def __init__(self, request: Request, around: Surroundings, cwd: str) -> None:
        """Lint by each input's policy; ``around`` says what the repository knows about a file."""
        self._request = request
        self._around = around
        self._cwd = cwd
        self.catalogue = known_kinds()
        self.today = today()
        self._linters: dict[tuple[str | None, str, bool], Linter] = {}
        self._charts: dict[str, str | None] = {}
        """By folder with templates: the Helm chart, as shown."""

    def linter_of(self, governing: files.GoverningPolicy, *, inventory: bool = False) -> Linter:
        """Return the linter for a policy; raises ``ImagelintError`` if the policy is invalid.

        With ``inventory`` its results list all images, whatever the request says.
        """
        inventory = inventory or self._request.inventory
        key = governing.stamp.path, governing.folder, inventory
        if key not in self._linters:
            environment = self._request.environment
            if environment is not None:
                governing.policy.environment(environment)
            self._linters[key] = Linter(
                governing.policy,
                RULES,
                self.catalogue,
                environment=environment,
                today=self.today,
                baseline=None if self._request.without_baseline else governing.baseline,
                inventory=inventory,
                fixes=self._request.fixes,
            )
        return self._linters[key]

    def is_ready(self) -> bool:
        """Whether a linter exists, so that the policy of some input is known to be valid."""
        return bool(self._linters)

    # --- one input ---------------------------------------------------------------------

    def attempt(self, item: Input) -> Attempt:
        """Read and lint an input."""
        opened, errors = self.guarded(item, lambda: self.open(item))
        return Attempt(None, None, errors) if opened is None else self.attempt_at(item, *opened)

    def open(self, item: Input) -> tuple[Examination, files.Identity | None]:
        """Read an input, whose documents are examined later; raises ``FileError``."""
        data, identity = self._around.read(item)
        linter, match_path = self.linter_of(item.governing), item.governing.match_path(item.path)
        known = self._around.context_of(item.path)
        if self._is_rendered(item):
            roles = tuple([role for role in known.roles if not role.role.is_values])
            known = known._replace(roles=roles)
        context = linter.context_of(match_path, known, chart=self._chart(item))
        return linter.examine(Source(item.shown, data), context), identity

    def attempt_at(
        self, item: Input, examination: Examination, identity: files.Identity | None = None
    ) -> Attempt:
        """Lint what was read of an input. Several processes share the documents of stdin."""
        parts: list[Span] | list[None] = [None]
        if examination.is_large:
            linter = self.linter_of(item.governing)
            parts = linter.parts(examination, chart=self._chart(item))
        if item.data is None or len(parts) == 1:
            return self._attempt_at(item, examination, parts, identity)

        def attempted(number: int) -> Packed:
            attempt = self._attempt_at(item, examination, [parts[number]])
            if attempt.result is not None:
                bare = attempt.result._replace(source=Source(item.shown, b""))
                attempt = attempt._replace(result=bare)
            return packed(attempt)

        data = examination.source.data
        attempts = in_order(attempted, len(parts), self._request.jobs, size=len(data))
        together = [unpacked(item, attempt) for attempt in attempts]
        return whole(item._replace(data=data), together)

    def _attempt_at(
        self,
        item: Input,
        examination: Examination,
        parts: Iterable[Span | None],
        identity: files.Identity | None = None,
    ) -> Attempt:
        def judged() -> FileResult:
            results = [self.judge(item, examination.part(within)) for within in parts]
            result = results[0] if len(results) == 1 else joined(examination.source, results)
            return self._rendered(item, result)

        result, errors = self.guarded(item, judged)
        return Attempt(result, None if result is None else identity, errors)

    def judge(
        self, item: Input, examination: Examination, *, inventory: bool = False
    ) -> FileResult:
        """Judge what was read of an input, or of a part of it."""
        return self.linter_of(item.governing, inventory=inventory).judge(
            examination,
            item.governing.match_path(item.path),
            chart=self._chart(item),
            stamp=item.governing.stamp,
        )

    def _is_rendered(self, item: Input) -> bool:
        """Whether a file has the defaults of a chart that is rendered, which shows their use."""
        folder, name = os.path.split(item.path)
        if self._request.rendering is None or name != "values.yaml":
            return False
        listed = item.governing.policy.rendering
        if listed is not None:
            place = item.governing.match_path(folder)
            return any(one.folder == place for one in listed.charts)
        return os.path.isfile(os.path.join(folder, CHART_FILE))

    def _chart(self, item: Input) -> str | None:
        """Return the folder, as shown, of the Helm chart of which an input is a template."""
        folder = item.path.rpartition(os.sep)[0]
        if folder not in self._charts:
            chart = files.chart_folder(item.path)
            self._charts[folder] = None if chart is None else files.displayed(chart, self._cwd)
        return self._charts[folder]

    def _rendered(self, item: Input, result: FileResult) -> FileResult:
        """Render the findings of an input as text, if that is requested and they are final.

        They are not final if a chart's templates may repeat them, if another file may show that a
        pull secret exists, or if a baseline lists findings of files that no longer exist.
        """
        tell = None if item.governing.gone else self._request.tell
        if tell is None or not result.findings or result.facts != NO_FACTS or self._chart(item):
            return result
        return told(result, tell(result))

    # --- what is sent and kept -----------------------------------------------------------

    def packed(self, attempt: Attempt) -> Packed:
        """Make an attempt small, but keep what the report needs."""
        return packed(attempt, self._request.line_hashes)

    def light(self, result: FileResult) -> FileResult:
        """Drop the bytes of a result's source, except those that the report needs."""
        return light(result, self._request.line_hashes)

    # --- errors --------------------------------------------------------------------------

    def guarded(self, item: Input, step: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
        """Run a step for an input; return its value, or None and the lines of its error.

        One file that cannot be read, or that triggers a bug of ours, does not hide the results of
        the others.
        """
        try:
            return step(), ()
        except Exception as error:  # noqa: BLE001 - other files' findings are still reported
            return None, self._errors(item, error)

    def _errors(self, item: Input, error: Exception) -> tuple[str, ...]:
        if not isinstance(error, ImagelintError):
            return (internal_error(error, item.shown, debug=self._request.debug),)
        lines = (line if item.shown in line else f"{item.shown}: {line}" for line in error.lines)
        return tuple(map(one_line, lines))


def lint(linting: Linting, item: Input) -> Packed:
    """Lint an input: the work of a run that only reports."""
    return linting.packed(linting.attempt(item))
