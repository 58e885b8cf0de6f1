"""Broken rules at a site: which are reported, which are suppressed, and which fix they want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference
from imagelint.model.source import shown
from imagelint.rules.checks.references import RETIRED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.engine.excuses import Excuse, Excuser
    from imagelint.model.finding import Problem, Severity
    from imagelint.policy.policy import Environment
    from imagelint.rules.checks.placeholders import Partial
    from imagelint.rules.rule import Rule

__all__ = ["Verdict", "about_partial", "first_of_each_rule", "sifted", "wanted_by"]


class Verdict(NamedTuple):
    """A broken rule at a site, in the environment where it applies."""

    rule: Rule
    severity: Severity
    environment: Environment
    problem: Problem


def about_partial(verdicts: Iterable[Verdict], partial: Partial) -> Iterator[Verdict]:
    """Yield the verdicts with the placeholders in their messages, and those that are certain.

    Which repositories are retired cannot be known of a hidden repository.
    """
    for verdict in verdicts:
        if partial.hides_name and verdict.rule.check == RETIRED:
            continue
        message = partial.with_placeholders(verdict.problem.message)
        yield verdict._replace(problem=verdict.problem._replace(message=message))


def sifted(
    verdicts: Iterable[Verdict], reference: ImageReference | None, excuse: Excuser
) -> tuple[tuple[Verdict, ...], tuple[tuple[Verdict, Excuse], ...]]:
    """Separate the verdicts that remain from those that are suppressed."""
    kept: list[Verdict] = []
    excused: list[tuple[Verdict, Excuse]] = []
    for verdict in verdicts:
        found = excuse(verdict.rule.id, verdict.environment, reference)
        if found is None:
            kept.append(verdict)
        else:
            excused.append((verdict, found))
    return tuple(kept), tuple(excused)


def wanted_by(
    verdicts: Iterable[Verdict],
    environments: tuple[Environment, ...],
    image: ImageReference | None,
) -> tuple[ImageReference | None, str | None]:
    """Return the first proposed reference that every environment allows, or why none does.

    None does for an ``image`` that one of them denies by name, as any would be the same image.
    """
    reason = None
    rewrites = [verdict.problem.rewrite for verdict in verdicts if verdict.problem.rewrite]
    for environment in environments if rewrites else ():
        by = None if image is None else environment.gate.denied_by_name(image)
        if by is not None:
            return None, f"{shown(str(by))} denies the image by name in {environment.name}"
    for rewrite in rewrites:
        reference = ImageReference.parse(rewrite)
        against = [env.name for env in environments if not env.gate.decide(reference).allowed]
        if not against:
            return reference, None
        reason = f"{reference} is not allowed in {', '.join(against)}, which also applies"
    return None, reason


def first_of_each_rule(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Keep one verdict per rule: the most severe, of equal ones the first environment's."""
    best: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = best.get(verdict.rule.id)
        if known is None or verdict.severity.rank < known.severity.rank:
            best[verdict.rule.id] = verdict
    return tuple(best.values())
