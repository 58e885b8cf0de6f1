"""One run: PATHs → files → results → a report, shared by ``check``, ``fix`` and ``images``.

It holds the state of a run and the order of its steps; the engine finds problems, the
formats render them. Nothing is printed here: ``Run.notices`` are lines for stderr.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from imagelint import files
from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import Ruling, about_exceptions, conclude, with_more
from imagelint.kubernetes.read import is_large
from imagelint.model.errors import ImagelintError, internal_error
from imagelint.model.finding import Skipped
from imagelint.model.report import NO_FACTS, FileResult, Report, joined, light, told
from imagelint.model.source import Source, apply_edits, one_line
from imagelint.rules.built_in import RULES
from imagelint.rules.rule import text_of
from imagelint.run.ahead import Ahead
from imagelint.run.given import known_kinds, today
from imagelint.run.inputs import Intake, built_in_notice
from imagelint.run.pool import in_order
from imagelint.run.request import STDIN, Attempt, Input, Packed, Request, packed, unpacked, whole
from imagelint.run.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.model.report import ImageRecord, PolicyStamp
    from imagelint.model.source import Edit, Span

T = TypeVar("T")
Work: TypeAlias = "Callable[[Run, Input], Any]"

__all__ = ["STDIN", "Input", "Request", "Run", "attempted"]


class Run:
    """Created from a request; raises ``ImagelintError`` for errors that make linting pointless."""

    def __init__(self, request: Request, work: Work | None = None) -> None:
        """Find the inputs and their policies.

        ``work`` is what :meth:`outcomes` computes for each input; other processes may begin with it
        while files are still being found. Without it nothing is linted yet.
        """
        self._request = request
        self.jobs = request.jobs
        self.cwd = os.getcwd()
        self._rules = RULES
        self.around = Surroundings(request, self.cwd)
        intake = Intake(request, self._rules, self.cwd, self.around)
        self.policies = intake.policies
        self.catalogue = known_kinds()
        self._today = today()
        self._linters: dict[tuple[str | None, str, bool], Linter] = {}
        self._charts: dict[str, str | None] = {}
        """By folder with templates: the Helm chart, as shown."""
        self._used: dict[PolicyStamp | None, set[int]] = {}
        self._known: dict[files.Identity, tuple[Input, FileResult]] = {}
        self._stream: Source | None = None
        self.remarks: list[str] = []
        """Lines for stderr that are known only at the end of the run."""
        self.notices, self.errors, self.skipped = intake.notices, intake.errors, intake.skipped
        self._ahead = None if work is None else self._working(work)
        try:
            self.inputs = tuple(intake.inputs(None if self._ahead is None else self._begin))
            self.governing = self._all_governing()
            """Every policy that applies, in the order of the inputs; at least one."""
            self._check_policies()
            intake.compare_policies()
        except BaseException:
            if self._ahead is not None:
                self._ahead.end()
            raise
        self.stdin = intake.stdin
        """Standard input, if it was requested."""
        self.littered = tuple(sorted(intake.littered))
        """Folders in which killed processes may have left files, if that was requested."""
        self._has_links = intake.has_links

    def _check_policies(self) -> None:
        """Fail before the first finding: for an unknown environment or an invalid policy."""
        for one in self.governing:
            self._linter(one)
        built_in = next((one for one in self.governing if one.is_built_in), None)
        if not self.inputs or built_in is None:
            return
        self.notices.insert(0, built_in_notice(built_in.policy, self._request))

    def _linter(self, governing: files.GoverningPolicy, *, inventory: bool = False) -> Linter:
        inventory = inventory or self._request.inventory
        key = governing.stamp.path, governing.folder, inventory
        if key not in self._linters:
            environment = self._request.environment
            if environment is not None:
                governing.policy.environment(environment)
            self._linters[key] = Linter(
                governing.policy,
                self._rules,
                self.catalogue,
                environment=environment,
                today=self._today,
                baseline=None if self._request.without_baseline else governing.baseline,
                inventory=inventory,
                fixes=self._request.fixes,
            )
        return self._linters[key]

    def _all_governing(self) -> tuple[files.GoverningPolicy, ...]:
        found = {id(one.governing): one.governing for one in self.inputs}  # few for many inputs
        by_stamp = {governing.stamp: governing for governing in found.values()}
        return tuple(by_stamp.values()) or (self.policies.for_folder(self.cwd),)

    def lint(self, one: Input) -> FileResult | None:
        """Lint an input; None if it failed (see ``errors``) or gave nothing new."""
        return self.take(one, unpacked(one, self.packed(self.attempt(one))))

    def attempt(self, one: Input, within: Span | None = None) -> Attempt:
        """Lint an input or a part of it independently of others, so that any process can do it."""
        try:
            result, identity = self._lint(one, within)
        except Exception as error:  # noqa: BLE001 - as in `guarded`
            return Attempt(None, None, self._said(one, error))
        return Attempt(result, identity, ())

    def packed(self, attempt: Attempt) -> Packed:
        """Make an attempt small, but keep what the report needs."""
        return packed(attempt, self._request.line_hashes)

    def light(self, result: FileResult) -> FileResult:
        """Drop the bytes of a result's source, except those that the report needs."""
        return light(result, self._request.line_hashes)

    def _lint(self, one: Input, within: Span | None) -> tuple[FileResult, files.Identity | None]:
        if one.data is None:
            data, identity = self.around.read(one)
            return self._told(one, self._judge(one, data)), identity
        if within is None:
            return self._told(one, self._judge(one, one.data)), None
        result = self._told(one, self._judge_part(one, self._streamed(one, one.data), within))
        return result._replace(source=Source(one.shown, b"")), None

    def _streamed(self, one: Input, data: bytes) -> Source:
        """Return a source for stdin that keeps the line index of earlier calls."""
        if self._stream is None:
            self._stream = Source(one.shown, data)
        return self._stream

    def _told(self, one: Input, result: FileResult) -> FileResult:
        """Render the findings of an input as text, if that is requested and they are final.

        They are not final if a chart's templates may repeat them, if another file may show that a
        pull secret exists, or if a baseline lists findings of files that no longer exist.
        """
        tell = None if one.governing.gone else self._request.tell
        if tell is None or not result.findings or result.facts != NO_FACTS or self._chart(one):
            return result
        return told(result, tell(result))

    def take(self, one: Input, attempt: Attempt) -> FileResult | None:
        """Accept the attempt at an input; call it in the order of the inputs."""
        self.errors += attempt.errors
        self.note_used(attempt.result)
        if attempt.result is None or attempt.identity is None:
            return attempt.result
        return self._news(one, attempt.result, attempt.identity)

    def note_used(self, result: FileResult | None) -> None:
        """Remember which exceptions of a policy were used."""
        if result is not None and result.used:
            self._used.setdefault(result.policy, set()).update(result.used)

    def _judge(self, one: Input, data: bytes, *, inventory: bool = False) -> FileResult:
        source = Source(one.shown, data)
        if not is_large(source):
            return self._judge_part(one, source, None, inventory=inventory)
        parts = self._parts(one, source)
        judged = [self._judge_part(one, source, part, inventory=inventory) for part in parts]
        return judged[0] if len(judged) == 1 else joined(source, judged)

    def _parts(self, one: Input, source: Source) -> list[Span] | list[None]:
        return self._linter(one.governing).parts(source, chart=self._chart(one))

    def _chart(self, one: Input) -> str | None:
        """Return the folder, as shown, of the Helm chart of which an input is a template."""
        folder = one.path.rpartition(os.sep)[0]
        if folder not in self._charts:
            chart = files.chart_folder(one.path)
            self._charts[folder] = None if chart is None else files.displayed(chart, self.cwd)
        return self._charts[folder]

    def _judge_part(
        self, one: Input, source: Source, within: Span | None, *, inventory: bool = False
    ) -> FileResult:
        return self._linter(one.governing, inventory=inventory).lint(
            source,
            one.governing.match_path(one.path),
            chart=self._chart(one),
            stamp=one.governing.stamp,
            within=within,
            context=self.around.context_of(one.path),
        )

    def _news(self, one: Input, result: FileResult, identity: files.Identity) -> FileResult | None:
        """Report a file with several names once, and under each name only what is new there.

        A link under ``prod/`` to a file under ``dev/`` is judged by both environments.
        """
        other, known = self._known.setdefault(identity, (one, result))
        if known is result:
            return result
        known, result = self._untold(other, known), self._untold(one, result)
        old = {found._replace(path="") for found in known.findings}
        new = tuple(found for found in result.findings if found._replace(path="") not in old)
        if not new:
            self.skipped.append(Skipped(result.path, "the same file under another name"))
            return None
        self._known[identity] = other, known._replace(findings=known.findings + new)
        old_images = {image._replace(path="") for image in self._images(other, known)}
        found = self._images(one, result)
        images = tuple(image for image in found if image._replace(path="") not in old_images)
        if self._request.inventory:
            return result._replace(findings=new, images=images)
        return result._replace(findings=new, unlisted=len(images))

    def _untold(self, one: Input, result: FileResult) -> FileResult:
        """Return a result with its findings; findings that were rendered must be found again."""
        if result.told is None:
            return result
        again = self.guarded(one, lambda: self._judge(one, self.around.read(one)[0]))
        return result._replace(told=None) if again is None else again

    def _images(self, one: Input, result: FileResult) -> tuple[ImageRecord, ...]:
        """Return the images of an input; the result may contain only their number."""
        if self._request.inventory:
            return result.images
        data = self.guarded(one, lambda: self.around.read(one)[0]) or b""
        return self._judge(one, data, inventory=True).images

    def repaired(
        self, one: Input, result: FileResult, names: tuple[Edit, ...] = ()
    ) -> bytes | None:
        """Return the fixed bytes of an input, or None if there is nothing to fix.

        ``names`` are edits of selectors of images by name, which are already verified.
        """
        from imagelint.repair.fixer import repaired  # noqa: PLC0415 - only fix needs it

        linter, source = self._linter(one.governing), result.source
        fixed = self.guarded(one, lambda: repaired(linter, source, result))
        if fixed is not None and names:
            fixed = self.guarded(one, lambda: apply_edits(source, (*result.edits, *names)))
        return None if fixed == source.data else fixed

    @property
    def may_have_links(self) -> bool:
        """Whether inputs may be links, so that several are names of one file."""
        named = (files.absolute(path, self.cwd) for path in self._request.paths or (".",))
        return self._has_links or any(os.path.realpath(path) != path for path in named)

    def rejudged(self, one: Input, fixed: bytes) -> FileResult | None:
        """Lint the fixed bytes of an input."""
        if one.data is None:
            return self.guarded(one, lambda: self._judge(one, fixed))
        result, _, errors = self.attempt_in_parts(one._replace(data=fixed), fixed)
        self.errors += errors
        return result

    def lint_again(self, one: Input) -> FileResult | None:
        """Lint an input that could not be written, from the start."""
        attempt = self.attempt(one)
        self.errors += attempt.errors
        if attempt.result is not None and attempt.identity is not None:
            self._known[attempt.identity] = one, attempt.result
        return attempt.result

    def note(self, one: Input, result: FileResult | None, at: files.Identity | None = None) -> None:
        """Remember the result of an input that was written: its identity is new, or ``at``."""
        if result is not None and one.data is None:
            self._known[at or files.identity(one.path)] = one, result

    def knows(self, attempt: Attempt) -> bool:
        """Whether the file was seen before, under another name."""
        return attempt.identity in self._known

    def guarded(self, one: Input, step: Callable[[], T]) -> T | None:
        """Run a step; record an exception and return None.

        One file that cannot be read, or that triggers a bug of ours, does not hide the results of
        the others.
        """
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - other files' findings are still reported
            self.errors += self._said(one, error)
        return None

    def _said(self, one: Input, error: Exception) -> tuple[str, ...]:
        """Return the error lines for an input whose step raised an exception."""
        if not isinstance(error, ImagelintError):
            return (internal_error(error, one.shown, debug=self._request.debug),)
        lines = (line if one.shown in line else f"{one.shown}: {line}" for line in error.lines)
        return tuple(map(one_line, lines))

    def results(self) -> Iterator[FileResult]:
        """Lint everything; the results are in the order of the inputs for any number of jobs."""
        for one, attempt in self.outcomes(attempted):
            result = self.take(one, unpacked(one, attempt))
            if result is not None:
                yield result

    def outcomes(self, work: Callable[[Run, Input], T]) -> Iterator[tuple[Input, T]]:
        """Yield each input with the result of ``work``, which may already have begun.

        Several processes do it for files; this process does it for stdin.
        """
        ahead = self._ahead or self._working(work)
        rest = [one for one in self.inputs if one.data is None and one.path not in ahead.begun]
        later = in_order(lambda at: work(self, rest[at]), len(rest), self.jobs)
        try:
            for one in self.inputs:
                if one.data is not None:
                    yield one, work(self, one)
                elif one.path in ahead.begun:
                    yield one, ahead.outcome(one.path)
                else:
                    yield one, next(later)
        finally:
            ahead.end()

    def _working(self, work: Work) -> Ahead[files.GoverningPolicy]:
        def on_file(path: str, governing: files.GoverningPolicy) -> object:
            return work(self, Input(path, files.displayed(path, self.cwd), governing))

        return Ahead(on_file, self.jobs)

    def _begin(self, path: str, governing: files.GoverningPolicy) -> None:
        """Start the work on a file while other files of the run are still being found."""
        if not self._linters:
            self._linter(governing)  # the first process reports an invalid policy
        if self._ahead is not None:
            self._ahead.begin(path, governing)

    def attempt_in_parts(self, one: Input, data: bytes) -> Attempt:
        """Lint stdin, whose documents several processes share."""
        parts = self._parts(one, Source(one.shown, data))
        attempts = in_order(
            lambda at: packed(self.attempt(one, parts[at])), len(parts), self.jobs, size=len(data)
        )
        together = whole(one, [unpacked(one, attempt) for attempt in attempts])
        self._stream = None
        return together

    def report(self, results: Iterable[FileResult], fixed: Iterable[str] = ()) -> Report:
        """Finish the run; ``fixed`` are the paths that were rewritten."""
        concluded = conclude(self._with_renamed(tuple(results)))  # all uses are known now
        rules = {name: rule for one in self.governing for name, rule in one.rules.items()}
        return Report(
            tuple(with_more(concluded, about_exceptions(map(self._ruling, self.governing)))),
            tuple(self.skipped),
            tuple(self.errors),
            policy=self.governing[0].stamp if len(self.governing) == 1 else None,
            fixed=tuple(fixed),
            rules=tuple(text_of(rule) for _, rule in sorted(rules.items())),
        )

    def _with_renamed(self, results: tuple[FileResult, ...]) -> tuple[FileResult, ...]:
        """Mark findings as known that baselines list for files that were renamed."""
        counted = () if self._request.without_baseline else self.governing
        for one in [one for one in counted if one.baseline is not None]:
            from imagelint.run.known import with_renamed  # noqa: PLC0415 - many have none

            linter, whole = self._linter(one), self.around.saw_all_of(one.folder)
            results, said = with_renamed(results, self.inputs, one, linter, is_whole=whole)
            self.remarks += said
        return results

    def _ruling(self, governing: files.GoverningPolicy) -> Ruling:
        """Return what to conclude about a policy after all files are linted."""
        layers = zip(governing.sources, map(os.path.dirname, governing.files), strict=False)
        seen = frozenset(one.path for one, folder in layers if self.around.saw_all_of(folder))
        return Ruling(
            governing.policy,
            governing.rules,
            frozenset(self._used.get(governing.stamp, ())),
            self._today,
            seen if self.around.saw_all_of(governing.folder) else None,
            self._request.environment,
        )


def attempted(run: Run, one: Input) -> Packed:
    """Lint an input independently of others: the work for ``Run.results``."""
    if one.data is None:
        return run.packed(run.attempt(one))
    return run.attempt_in_parts(one, one.data)
