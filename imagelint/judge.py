"""One image site, held to its environments: which rules it breaks and what it should be.

A verdict knows the policy and the reference, not how the image is written; turning a
wanted reference into an edit is the engine's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imagelint.checks import Subject, placeholder_in
from imagelint.examine import Examined, action_text
from imagelint.nodes import Scalar
from imagelint.reading import Value
from imagelint.reference import ImageReference, InvalidReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imagelint.checks import Check
    from imagelint.excuses import Excuse, Excuser
    from imagelint.finding import Problem, Severity
    from imagelint.nodes import ValueType
    from imagelint.policy import Environment, Policy
    from imagelint.rules import Rule
    from imagelint.workloads import ImageSite

__all__ = ["Judge", "Judged", "Verdict"]


class Verdict(NamedTuple):
    """A broken rule at a site, in the environment that it breaks."""

    rule: Rule
    severity: Severity
    environment: Environment
    problem: Problem


class Judged(NamedTuple):
    """A site with all that was found out about it."""

    site: ImageSite
    image: str | None
    reference: ImageReference | None
    environments: tuple[Environment, ...]
    allowed: bool | None
    verdicts: tuple[Verdict, ...]
    wanted: ImageReference | None
    """The reference that every environment would allow; None: keep what is there."""
    refused: str | None
    """Why there is no such reference although one environment has one."""
    excused: tuple[tuple[Verdict, Excuse], ...] = ()
    """Broken rules that somebody excused; they want nothing."""


class _Held(NamedTuple):
    """What an image breaks, wherever it stands."""

    reference: ImageReference | None
    verdicts: tuple[Verdict, ...]
    allowed: bool | None


_HELD_MAX = 10_000


class Judge:
    """Runs the checks of a policy, configured once for each environment.

    An image that was judged before is not judged again: manifests name few images many times.
    A workload of one container takes a sixth less time for it.
    """

    def __init__(self, policy: Policy, rules: Mapping[str, Rule]) -> None:
        """Judge by ``policy`` with ``rules``."""
        self._policy = policy
        self._rules = rules
        self._checks: dict[tuple[str, str], Check | None] = {}
        self._held: dict[tuple[object, ...], _Held] = {}

    def judge(
        self,
        item: Examined,
        site: ImageSite,
        environments: tuple[Environment, ...],
        *,
        in_chart: bool,
        excuse: Excuser | None = None,
    ) -> Judged:
        """Hold a site to each of ``environments``, all of which it must satisfy.

        ``excuse`` is asked about each broken rule; None excuses nothing.
        """
        value, image = _value_of(item, site)
        if site.filled_by is not None:
            return Judged(site, image, None, environments, None, (), None, None)
        names = tuple([environment.name for environment in environments])
        key = (image, value.type, site.has_separate_tag, names, in_chart)
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= _HELD_MAX:
                self._held.clear()
            held = self._held[key] = self._hold(
                image,
                value.type,
                environments,
                has_separate_tag=site.has_separate_tag,
                in_chart=in_chart,
            )
        reference, verdicts, allowed = held
        excused: tuple[tuple[Verdict, Excuse], ...] = ()
        if excuse is not None:
            verdicts, excused = _sifted(verdicts, reference, excuse)
        wanted, refused = _wanted(verdicts, environments)
        kept = tuple(_first_of_each_rule(verdicts))
        return Judged(site, image, reference, environments, allowed, kept, wanted, refused, excused)

    def _hold(
        self,
        image: str | None,
        type_: ValueType,
        environments: tuple[Environment, ...],
        *,
        has_separate_tag: bool,
        in_chart: bool,
    ) -> _Held:
        """Hold an image to each environment, wherever it stands."""
        reference, error = _parse(image if type_ == "string" else None)
        placeholder = placeholder_in(image) if error is not None and image else None
        verdicts: list[Verdict] = []
        for environment in environments:
            subject = Subject(
                image,
                type_,
                reference,
                error,
                placeholder,
                environment.name,
                environment.gate,
                self._policy.harbors,
                has_separate_tag,
            )
            verdicts += self._run_checks(subject, environment, in_chart=in_chart)
        allowed = None
        if reference is not None:
            allowed = all(env.gate.decide(reference).allowed for env in environments)
        return _Held(reference, tuple(verdicts), allowed)

    def _run_checks(
        self, subject: Subject, environment: Environment, *, in_chart: bool
    ) -> Iterator[Verdict]:
        for rule in self._rules.values():
            severity = self._policy.severity(rule, environment, in_chart=in_chart)
            check = self._check(rule, environment)
            if severity.value != "off" and check is not None:
                for problem in check(subject):
                    yield Verdict(rule, severity, environment, problem)

    def _check(self, rule: Rule, environment: Environment) -> Check | None:
        key = (rule.id, environment.name)
        if key not in self._checks:
            self._checks[key] = self._policy.check(rule, environment)
        return self._checks[key]


def _sifted(
    verdicts: Iterable[Verdict], reference: ImageReference | None, excuse: Excuser
) -> tuple[tuple[Verdict, ...], tuple[tuple[Verdict, Excuse], ...]]:
    """Tell the verdicts that stand from those that are excused."""
    kept: list[Verdict] = []
    excused: list[tuple[Verdict, Excuse]] = []
    for verdict in verdicts:
        found = excuse(verdict.rule.id, verdict.environment, reference)
        if found is None:
            kept.append(verdict)
        else:
            excused.append((verdict, found))
    return tuple(kept), tuple(excused)


def _value_of(item: Examined, site: ImageSite) -> tuple[Value, str | None]:
    """Return a site's value and its text, with template actions taken for the text they are."""
    action = action_text(item.document, site)
    if action is not None:
        return Value("string", action), action
    if site.value.type == "string":
        return site.value, str(site.value.value)
    written = site.node.value if isinstance(site.node, Scalar) else None
    return site.value, None if site.value.type == "null" else written


def _parse(image: str | None) -> tuple[ImageReference | None, InvalidReference | None]:
    if image is None:
        return None, None
    try:
        return ImageReference.parse(image), None
    except InvalidReference as error:
        return None, error


def _wanted(
    verdicts: Iterable[Verdict], environments: tuple[Environment, ...]
) -> tuple[ImageReference | None, str | None]:
    """Return the first proposed reference that every environment allows, or why none does."""
    reason = None
    for verdict in verdicts:
        if verdict.problem.rewrite is None:
            continue
        reference = ImageReference.parse(verdict.problem.rewrite)
        against = [env.name for env in environments if not env.gate.decide(reference).allowed]
        if not against:
            return reference, None
        reason = f"{reference} is not allowed in {', '.join(against)}, which applies as well"
    return None, reason


def _first_of_each_rule(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Keep one verdict a rule: the worst, of equally bad ones the first environment's."""
    best: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = best.get(verdict.rule.id)
        if known is None or verdict.severity.rank < known.severity.rank:
            best[verdict.rule.id] = verdict
    yield from best.values()
