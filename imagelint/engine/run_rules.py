"""Rules that need the whole run: results of every source → the final results. Pure.

All templates of a chart share one finding; expired and unused exceptions of the policies are
findings in the policies' own files.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.engine.documents import TEMPLATE
from imagelint.model.finding import Finding
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import FileResult, settled
from imagelint.model.source import Source, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imagelint.policy.exceptions import PolicyException
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule

__all__ = ["EXPIRED", "UNUSED", "Ruling", "about_exceptions", "conclude", "with_more"]

EXPIRED, UNUSED = "expired-exception", "unused-exception"


class Ruling(NamedTuple):
    """A policy that was used in a run, and which parts of it were needed."""

    policy: Policy
    rules: Mapping[str, Rule]
    used: frozenset[int]
    """The numbers of the exceptions that suppressed something."""
    today: str
    """The day of the run (``2027-01-31``, UTC)."""
    seen: frozenset[str] | None = frozenset()
    """The paths of those policy files whose whole folder was linted: files that were not linted
    may need an exception that is unused here. None: not everything under the policy was linted."""
    environment: str | None = None
    """The only environment that was checked (``--env``)."""


def about_exceptions(rulings: Iterable[Ruling]) -> Iterator[FileResult]:
    """Yield a result for each policy file with expired or unused exceptions.

    An exception of a base counts once, however many policies extend it.
    """
    rulings = tuple(rulings)
    unused = _unused(rulings)
    found: dict[str, list[Finding]] = {}
    sources: dict[str, Source] = {}
    for ruling in rulings:
        for one in ruling.policy.exceptions:
            finding = _about_exception(ruling, one, is_unused=one.place in unused)
            if finding is not None:
                sources[finding.path] = one.source
                found.setdefault(finding.path, []).append(finding)
    for path, findings in found.items():
        once = tuple(dict.fromkeys(sorted(findings, key=lambda finding: finding.span)))
        yield FileResult(sources[path], 0, 0, once, ())


def _unused(rulings: Iterable[Ruling]) -> set[str]:
    """Return the places of the exceptions that nothing needs."""
    unused: set[str] = set()
    needed: set[str] = set()
    for ruling in rulings:
        for number, one in enumerate(ruling.policy.exceptions):
            was_judged = ruling.environment is None or one.environments == (ruling.environment,)
            was_seen = ruling.seen is not None and one.source.path in ruling.seen
            is_idle = was_judged and was_seen and number not in ruling.used
            (unused if is_idle else needed).add(one.place)
    return unused - needed


def _about_exception(ruling: Ruling, one: PolicyException, *, is_unused: bool) -> Finding | None:
    rules = ", ".join(one.rules)
    if one.has_expired(ruling.today):
        rule = ruling.rules[EXPIRED]
        message = (
            f"the exception for {rules} expired on {one.until}; fix what it covered and remove it,"
            f" or have it extended (its reason: {shown(one.reason)})"
        )
    elif is_unused:
        rule = ruling.rules[UNUSED]
        message = f"the exception for {rules} is not used; remove it"
    else:
        return None
    severity = ruling.policy.severity(rule)
    if severity.value == "off":
        return None
    return Finding(rule.id, severity, message, one.source.path, one.span)


def with_more(results: Iterable[FileResult], more: Iterable[FileResult]) -> Iterator[FileResult]:
    """Yield the results with further findings in the same files, then those in other files."""
    others = {one.path: one for one in more}
    if not others:
        yield from results
        return
    for result in results:
        other = others.pop(result.path, None)
        if other is None:
            yield result
        else:  # a source without findings may have been dropped
            findings = (*result.findings, *other.findings)
            yield result._replace(source=other.source, findings=findings)
    yield from others.values()


def conclude(results: Iterable[FileResult]) -> tuple[FileResult, ...]:
    """Return the results after the rules that need the whole run.

    One template finding per chart; none about a pull secret that a service account names.
    """
    results = tuple(results)
    if any(result.facts.waiting for result in results):
        results = tuple(_with_pull_secrets(results))
    charts: Counter[str] = Counter(
        finding.message for result in results for finding in result.findings if _is_chart(finding)
    )
    if not charts:
        return results
    told: set[str] = set()
    return tuple(
        result._replace(findings=tuple(_one_a_chart(result.findings, charts, told)))
        if result.findings
        else result
        for result in results
    )


def _one_a_chart(
    findings: Iterable[Finding], charts: Mapping[str, int], told: set[str]
) -> Iterator[Finding]:
    """Yield findings, and only the first one of each chart; ``told`` were yielded before."""
    for finding in findings:
        if not _is_chart(finding):
            yield finding
        elif finding.message not in told:
            told.add(finding.message)
            others = charts[finding.message] - 1
            also = f"{finding.message} (this template and {others} more)"
            yield finding._replace(message=also) if others else finding


def _with_pull_secrets(results: tuple[FileResult, ...]) -> Iterator[FileResult]:
    """Yield the results without findings whose service account names a pull secret."""
    accounts = {account for result in results for account in result.facts.accounts}
    for result in results:
        known = settled(result.facts.waiting, accounts)
        left = tuple(finding for finding in result.findings if finding not in known)
        yield result._replace(findings=left) if known else result


def _is_chart(finding: Finding) -> bool:
    return finding.rule == TEMPLATE and finding.environment is None
