"""What only the whole run can tell: results of every source → the same, concluded. Pure.

One finding stands for all templates of a chart; exceptions of the policies that have expired or
that nobody needed are findings in the policies' own files.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from imagelint.engine import TEMPLATE
from imagelint.finding import Finding
from imagelint.report import FileResult
from imagelint.text import Source, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imagelint.exceptions import PolicyException
    from imagelint.policy import Policy
    from imagelint.rules import Rule

__all__ = ["EXPIRED", "UNUSED", "Ruling", "about_exceptions", "conclude"]

EXPIRED, UNUSED = "expired-exception", "unused-exception"


class Ruling(NamedTuple):
    """A policy that judged in a run, and what of it was needed."""

    policy: Policy
    rules: Mapping[str, Rule]
    used: frozenset[int]
    """The numbers of the exceptions that excused something."""
    today: str
    """The day of the run (``2027-01-31``, UTC)."""
    saw_everything: bool = False
    """Whether all that the policy governs was linted, so that what is unused is of no use."""
    environment: str | None = None
    """The one environment that was judged (``--env``)."""


def about_exceptions(rulings: Iterable[Ruling]) -> Iterator[FileResult]:
    """Yield a result for each policy file that has exceptions to deal with."""
    found: dict[str, list[Finding]] = {}
    sources: dict[str, Source] = {}
    for ruling in rulings:
        for number, one in enumerate(ruling.policy.exceptions):
            finding = _about_exception(ruling, number, one)
            if finding is not None:
                sources[finding.path] = one.source
                found.setdefault(finding.path, []).append(finding)
    for path, findings in found.items():
        once = tuple(dict.fromkeys(sorted(findings, key=lambda finding: finding.span)))
        yield FileResult(sources[path], 0, 0, once, ())


def _about_exception(ruling: Ruling, number: int, one: PolicyException) -> Finding | None:
    rules = ", ".join(one.rules)
    if one.has_expired(ruling.today):
        rule = ruling.rules[EXPIRED]
        message = (
            f"the exception from {rules} ended on {one.until} and excuses nothing: mend what it"
            f" excused and remove it, or have it prolonged (it said: {shown(one.reason)})"
        )
    elif ruling.saw_everything and number not in ruling.used and _was_judged(ruling, one):
        rule = ruling.rules[UNUSED]
        message = f"nothing needs the exception from {rules}: remove it"
    else:
        return None
    severity = ruling.policy.severity(rule)
    if severity.value == "off":
        return None
    return Finding(rule.id, severity, message, one.source.path, one.span)


def _was_judged(ruling: Ruling, one: PolicyException) -> bool:
    """Whether the run has looked at every environment that the exception is for."""
    return ruling.environment is None or one.environments == (ruling.environment,)


def conclude(results: Iterable[FileResult]) -> tuple[FileResult, ...]:
    """Return the results with what only the whole run can tell.

    One template finding a chart; none about a pull secret that a service account names.
    """
    results = tuple(results)
    if any(result.facts.waiting for result in results):
        results = tuple(_with_pull_secrets(results))
    charts: Counter[str] = Counter(
        finding.message for result in results for finding in result.findings if _is_chart(finding)
    )
    told: set[str] = set()
    concluded: list[FileResult] = []
    for result in results:
        kept: list[Finding] = []
        for finding in result.findings:
            if _is_chart(finding):
                if finding.message in told:
                    continue
                told.add(finding.message)
                others = charts[finding.message] - 1
                if others:
                    also = f"{finding.message} (stands for {others} more of its templates)"
                    finding = finding._replace(message=also)  # noqa: PLW2901 - a copy
            kept.append(finding)
        concluded.append(result._replace(findings=tuple(kept)))
    return tuple(concluded)


def _with_pull_secrets(results: tuple[FileResult, ...]) -> Iterator[FileResult]:
    """Yield the results without what waited for a service account that is there."""
    from imagelint.pull_secrets import settled  # noqa: PLC0415 - rarely asked

    accounts = {account for result in results for account in result.facts.accounts}
    for result in results:
        known = settled(result.facts.waiting, accounts)
        left = tuple(finding for finding in result.findings if finding not in known)
        yield result._replace(findings=left) if known else result


def _is_chart(finding: Finding) -> bool:
    return finding.rule == TEMPLATE and finding.environment is None
