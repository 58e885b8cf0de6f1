"""One run: PATHs → inputs → their results → a report.

``check`` and ``images`` lint each input (``linting.lint``), ``fix`` also proposes its fix
(``fixing.propose``): this is the work, which several processes share. Nothing is printed here:
``Run.notices`` are lines for stderr.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from imagelint import files
from imagelint.rules.built_in import RULES
from imagelint.run.ahead import Ahead
from imagelint.run.inputs import InputFinder, built_in_notice
from imagelint.run.linting import Linting, lint
from imagelint.run.names import Names, may_have_links
from imagelint.run.pool import in_order
from imagelint.run.reporting import Reporting
from imagelint.run.request import STDIN, Attempt, Input, Request, unpacked
from imagelint.run.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.model.report import FileResult, Report

T = TypeVar("T")
Work: TypeAlias = "Callable[[Linting, Input], Any]"
"""What is computed for each input, in any process: ``lint`` or ``propose``."""

__all__ = ["STDIN", "Input", "Request", "Run"]


class Run:
    """Created from a request; raises ``ImagelintError`` for errors that make linting pointless."""

    def __init__(self, request: Request, work: Work | None = None) -> None:
        """Find the inputs and their policies.

        ``work`` is what :meth:`outcomes` computes for each input; other processes may begin with it
        while files are still being found. Without it nothing is linted yet.
        """
        self._request = request
        self.cwd = os.getcwd()
        self.around = Surroundings(request, self.cwd)
        self.linting = Linting(request, self.around, self.cwd)
        finder = InputFinder(request, RULES, self.cwd, self.around)
        self.policies = finder.policies
        self.remarks: list[str] = []
        """Lines for stderr that are known only at the end of the run."""
        self.notices, self.errors, self.skipped = finder.notices, finder.errors, finder.skipped
        self._ahead = None if work is None else self._working(work)
        try:
            self.inputs = tuple(finder.inputs(None if self._ahead is None else self._begin))
            self.governing = self._all_governing()
            """Every policy that applies, in the order of the inputs; at least one."""
            self._check_policies()
            finder.compare_policies()
        except BaseException:
            if self._ahead is not None:
                self._ahead.end()
            raise
        self.stdin = finder.stdin
        """Standard input, if it was requested."""
        self.with_leftovers = tuple(sorted(finder.with_leftovers))
        """Folders in which killed processes may have left files, if that was requested."""
        self._has_links = finder.has_links
        self.names = Names(request, self.linting, self.errors, self.skipped)
        self._reporting = Reporting(
            request, self.linting, self.around, self.inputs, self.governing, self.remarks
        )

    # --- policies ------------------------------------------------------------------------

    def _all_governing(self) -> tuple[files.GoverningPolicy, ...]:
        found = {id(item.governing): item.governing for item in self.inputs}  # few for many inputs
        by_stamp = {governing.stamp: governing for governing in found.values()}
        return tuple(by_stamp.values()) or (self.policies.for_folder(self.cwd),)

    def _check_policies(self) -> None:
        """Fail before the first finding: for an unknown environment or an invalid policy."""
        for governing in self.governing:
            self.linting.linter_of(governing)
        built_in = next((policy for policy in self.governing if policy.is_built_in), None)
        if self.inputs and built_in is not None:
            self.notices.insert(0, built_in_notice(built_in.policy, self._request))

    # --- work, in several processes ------------------------------------------------------

    def outcomes(self, work: Callable[[Linting, Input], T]) -> Iterator[tuple[Input, T]]:
        """Yield each input, in order, with the result of ``work``, which may already have begun.

        Several processes do it for files; this process does it for stdin.
        """
        ahead = self._ahead or self._working(work)
        rest = [item for item in self.inputs if item.data is None and item.path not in ahead.begun]
        later = in_order(lambda at: work(self.linting, rest[at]), len(rest), self._request.jobs)
        try:
            for item in self.inputs:
                if item.data is not None:
                    yield item, work(self.linting, item)
                elif item.path in ahead.begun:
                    yield item, ahead.outcome(item.path)
                else:
                    yield item, next(later)
        finally:
            ahead.end()

    def _working(self, work: Work) -> Ahead[files.GoverningPolicy]:
        def on_file(path: str, governing: files.GoverningPolicy) -> object:
            return work(self.linting, Input(path, files.displayed(path, self.cwd), governing))

        return Ahead(on_file, self._request.jobs)

    def _begin(self, path: str, governing: files.GoverningPolicy) -> None:
        """Start the work on a file while other files of the run are still being found."""
        if not self.linting.is_ready():
            self.linting.linter_of(governing)  # the first process reports an invalid policy
        if self._ahead is not None:
            self._ahead.begin(path, governing)

    # --- results, in the first process ---------------------------------------------------

    def results(self) -> Iterator[FileResult]:
        """Lint everything; the results are in the order of the inputs for any number of jobs."""
        for item, attempt in self.outcomes(lint):
            result = self.accepted(item, unpacked(item, attempt))
            if result is not None:
                yield result

    def lint(self, item: Input) -> FileResult | None:
        """Lint an input; None if it failed (see ``errors``) or gave nothing new."""
        return self.accepted(item, unpacked(item, lint(self.linting, item)))

    def accepted(self, item: Input, attempt: Attempt) -> FileResult | None:
        """Return the result of an input, if it is news; call it in the order of the inputs."""
        result, identity, errors = attempt
        self.errors += errors
        if result is None:
            return None
        self._reporting.add_uses(result)
        return result if identity is None else self.names.news(item, result, identity)

    def add_uses(self, result: FileResult) -> None:
        """Count the exceptions that a result beside those of the inputs has used."""
        self._reporting.add_uses(result)

    def guarded(self, item: Input, step: Callable[[], T]) -> T | None:
        """Run a step for an input; add its error to ``errors`` and return None."""
        value, errors = self.linting.guarded(item, step)
        self.errors += errors
        return value

    @property
    def may_have_links(self) -> bool:
        """Whether inputs may be links, so that several are names of one file."""
        return self._has_links or may_have_links(self._request.paths, self.cwd)

    def report(self, results: Iterable[FileResult], fixed: Iterable[str] = ()) -> Report:
        """Finish the run; ``fixed`` are the paths that were rewritten."""
        found = tuple(results)  # which may add errors
        return self._reporting.report(found, self.skipped, self.errors, fixed)
