"""Who reports: the results of all inputs → a report, with what only the whole run can judge."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.engine.run_rules import Ruling, about_exceptions, conclude, with_more
from imagelint.model.report import Report
from imagelint.rules.rule import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint import files
    from imagelint.model.finding import Skipped
    from imagelint.model.report import FileResult, PolicyStamp
    from imagelint.run.linting import Linting
    from imagelint.run.request import Input, Request
    from imagelint.run.surroundings import Surroundings

__all__ = ["Reporting"]


class Reporting:
    """Collects what a report needs besides the results."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a run knows
        self,
        request: Request,
        linting: Linting,
        around: Surroundings,
        inputs: tuple[Input, ...],
        governing: tuple[files.GoverningPolicy, ...],
        remarks: list[str],
    ) -> None:
        """Report on ``inputs`` with their policies; ``remarks`` gets lines for stderr."""
        self._request = request
        self._linting = linting
        self._around = around
        self._inputs = inputs
        self._governing = governing
        self._remarks = remarks
        self._used: dict[PolicyStamp | None, set[int]] = {}
        """By policy: the numbers of its exceptions that suppress something."""

    def add_uses(self, result: FileResult) -> None:
        """Record which exceptions were used for an input."""
        if result.used:
            self._used.setdefault(result.policy, set()).update(result.used)

    def report(
        self,
        results: Iterable[FileResult],
        skipped: Iterable[Skipped],
        errors: list[str],
        fixed: Iterable[str],
    ) -> Report:
        """Return the report; ``fixed`` are the paths that were rewritten."""
        concluded = conclude(self._with_renamed(tuple(results)))  # all uses are known now
        governing = self._governing
        rules = {name: rule for policy in governing for name, rule in policy.rules.items()}
        return Report(
            tuple(with_more(concluded, about_exceptions(map(self._ruling, governing)))),
            tuple(skipped),
            tuple(errors),
            policy=governing[0].stamp if len(governing) == 1 else None,
            fixed=tuple(fixed),
            rules=tuple(text_of(rule) for _, rule in sorted(rules.items())),
        )

    def _with_renamed(self, results: tuple[FileResult, ...]) -> tuple[FileResult, ...]:
        """Mark findings as known that baselines list for files that were renamed."""
        counted = () if self._request.without_baseline else self._governing
        for governing in [policy for policy in counted if policy.baseline is not None]:
            from imagelint.run.known import with_renamed  # noqa: PLC0415 - many have none

            linter = self._linting.linter_of(governing)
            is_whole = self._around.saw_all_of(governing.folder)
            results, said = with_renamed(
                results, self._inputs, governing, linter, is_whole=is_whole
            )
            self._remarks += said
        return results

    def _ruling(self, governing: files.GoverningPolicy) -> Ruling:
        """Return what to conclude about a policy after all files are linted."""
        saw_all_of = self._around.saw_all_of
        layers = zip(governing.sources, map(os.path.dirname, governing.files), strict=False)
        seen = frozenset(source.path for source, folder in layers if saw_all_of(folder))
        return Ruling(
            governing.policy,
            governing.rules,
            frozenset(self._used.get(governing.stamp, ())),
            self._linting.today,
            seen if saw_all_of(governing.folder) else None,
            self._request.environment,
        )
