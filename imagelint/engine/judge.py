"""One image site, checked in its environments: which rules it breaks and how to fix it.

A verdict knows the policy and the reference, not how the image is written; other modules of the
engine turn a wanted reference into an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.readers import Value
from imagelint.kubernetes.seen import action_text
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.model.source import shown
from imagelint.rules.checks.references import RETIRED, placeholder_in
from imagelint.rules.checks.registry import CurrentRegistry
from imagelint.rules.checks.subject import Subject
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imagelint.engine.excuses import Excuse, Excuser
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.pull_secrets import PodSecrets
    from imagelint.kubernetes.search import ImageSite
    from imagelint.model.finding import Problem
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.checks.subject import Check
    from imagelint.rules.rule import Rule
    from imagelint.yaml.nodes import ValueType

__all__ = ["Judge", "Judged", "Verdict"]


class Verdict(NamedTuple):
    """A broken rule at a site, in the environment where it applies."""

    rule: Rule
    severity: Severity
    environment: Environment
    problem: Problem


class Judged(NamedTuple):
    """A site with everything found about it."""

    site: ImageSite
    image: str | None
    reference: ImageReference | None
    environments: tuple[Environment, ...]
    verdicts: tuple[Verdict, ...]
    wanted: ImageReference | None
    """The reference that every environment allows; None: keep the current one."""
    refused: str | None
    """Why there is no such reference although one environment proposes one."""
    excused: tuple[tuple[Verdict, Excuse], ...] = ()
    """Suppressed verdicts; they propose no fix."""

    @property
    def allowed(self) -> bool | None:
        """Whether every environment allows the image; None if it cannot be checked."""
        if self.reference is None:
            return None
        return all(env.gate.decide(self.reference).allowed for env in self.environments)


class _Active(NamedTuple):
    """A rule that is on in an environment, with its severity and configuration there."""

    rule: Rule
    severity: Severity
    check: Check


class _Held(NamedTuple):
    """The verdicts on an image, wherever it is, and the result if nothing is suppressed."""

    reference: ImageReference | None
    verdicts: tuple[Verdict, ...]
    kept: tuple[Verdict, ...] = ()
    """The verdicts that are reported, one per rule."""
    wanted: ImageReference | None = None
    refused: str | None = None


class _ActiveRules(NamedTuple):
    """The rules that are on in an environment."""

    every: tuple[_Active, ...]
    about_references: tuple[_Active, ...]
    """Those that may find something in a valid reference, which nearly all values are."""
    retiring: tuple[tuple[str, CurrentRegistry], ...]
    """Those about retired registries, by their ids."""


_HELD_MAX = 10_000


class Judge:
    """Runs the checks of a policy, configured once for each environment.

    Results are cached: manifests repeat few images many times.
    """

    def __init__(self, policy: Policy, rules: Mapping[str, Rule]) -> None:
        """Judge by ``policy`` with ``rules``."""
        self._policy = policy
        self._rules = rules
        self._known: dict[tuple[str, bool], _ActiveRules] = {}
        self._held: dict[tuple[object, ...], _Held] = {}

    def judge(  # noqa: PLR0913 - everything known about a site
        self,
        item: Examined,
        site: ImageSite,
        environments: tuple[Environment, ...],
        *,
        in_chart: bool,
        excuse: Excuser | None = None,
        pod: PodSecrets | None = None,
    ) -> Judged:
        """Check a site in each of ``environments``, all of which it must satisfy.

        ``excuse`` decides whether each broken rule is suppressed; None suppresses nothing. ``pod``
        is the pod of the site, if a rule needs it.
        """
        value, image = _value_of(item, site)
        is_placeholder = site.filled_by is not None
        if is_placeholder and site.is_asked:
            return Judged(site, image, None, environments, (), None, None)
        has_secret = None if pod is None else pod.has_secret
        has_tag = site.has_separate_tag
        asked = (image, value.type, environments, has_tag, in_chart, has_secret, is_placeholder)
        held = self._hold(*asked)
        if excuse is not None:
            spared = _spared(held, excuse)
            if spared:
                held = self._hold(*asked, spared)
        reference, verdicts, kept, wanted, refused = held
        if excuse is None or not verdicts:
            return Judged(site, image, reference, environments, kept, wanted, refused)
        verdicts, excused = _sifted(verdicts, reference, excuse)
        wanted, refused = _wanted(verdicts, environments, reference)
        kept = _first_of_each_rule(verdicts)
        return Judged(site, image, reference, environments, kept, wanted, refused, excused)

    def _hold(  # noqa: PLR0913, PLR0917 - everything that affects the result
        self,
        image: str | None,
        type_: ValueType,
        environments: tuple[Environment, ...],
        has_separate_tag: bool,  # noqa: FBT001 - a part of the key
        in_chart: bool,  # noqa: FBT001
        has_pull_secret: bool | None,  # noqa: FBT001
        is_placeholder: bool,  # noqa: FBT001
        spared: frozenset[tuple[str, str]] = frozenset(),
    ) -> _Held:
        """Check an image in each environment, independent of its position; cached.

        ``is_placeholder``: the image parses, but is a placeholder that may not be filled in.
        ``spared`` are suppressed rules about retired registries, each with its environment.
        """
        names = tuple([environment.name for environment in environments])
        rest = (has_separate_tag, in_chart, has_pull_secret, is_placeholder, spared)
        key = (image, type_, names, *rest)
        held = self._held.get(key)
        if held is not None:
            return held
        if len(self._held) >= _HELD_MAX:
            self._held.clear()
        reference, error = _parse(image if type_ == "string" and not is_placeholder else None)
        placeholder = image if is_placeholder else None
        if error is not None and image:
            placeholder = placeholder_in(image)
        origin = None if reference is None else self._policy.harbors.origin(reference)
        verdicts: list[Verdict] = []
        for environment in environments:
            active = self._active(environment, in_chart=in_chart)
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
                origin,
                has_pull_secret=has_pull_secret,
            )
            subject = _with_successor(active, subject, spared)
            rules = active.every if reference is None else active.about_references
            verdicts += _verdicts(rules, subject, environment)
        held = _Held(reference, ())
        if verdicts:
            kept = _first_of_each_rule(verdicts)
            wanted = _wanted(verdicts, environments, reference)
            held = _Held(reference, tuple(verdicts), kept, *wanted)
        self._held[key] = held
        return held

    def wanted(self, reference: ImageReference, environment: Environment) -> ImageReference | None:
        """Return the fixed image in an environment; None: keep it."""
        active = self._active(environment, in_chart=False)
        subject = Subject(
            str(reference),
            "string",
            reference,
            None,
            None,
            environment.name,
            environment.gate,
            self._policy.harbors,
            origin=self._policy.harbors.origin(reference),
        )
        subject = _with_successor(active, subject)
        verdicts = _verdicts(active.about_references, subject, environment)
        return _wanted(verdicts, (environment,), reference)[0]

    def upstream(self, image: str, environment: str) -> str:
        """Return the full upstream name of an image after its fix.

        ``environment`` is a name; a text that is not an image is returned unchanged.
        """
        reference = ImageReference.parse_or_none(image)
        if reference is None:
            return image
        for one in self._policy.environments:
            if one.name == environment:
                reference = self.wanted(reference, one) or reference
        origin = self._policy.harbors.origin(reference) or reference
        return str(origin._replace(domain=origin.registry, path=origin.repository))

    def _active(self, environment: Environment, *, in_chart: bool) -> _ActiveRules:
        """Return the rules that are on in an environment, with their checks; cached."""
        key = (environment.name, in_chart)
        if key not in self._known:
            found = (
                (rule, self._policy.severity(rule, environment, in_chart=in_chart))
                for rule in self._rules.values()
                if not rule.is_document_rule
            )
            every = tuple(
                _Active(rule, severity, check)
                for rule, severity in found
                if severity is not Severity.OFF
                and (check := self._policy.check(rule, environment)) is not None
            )
            retiring = tuple(
                (rule.id, check) for rule, _, check in every if isinstance(check, CurrentRegistry)
            )
            about = tuple(one for one in every if getattr(one.check, "about_references", True))
            self._known[key] = _ActiveRules(every, about, retiring)
        return self._known[key]


def _with_successor(
    active: _ActiveRules, subject: Subject, spared: frozenset[tuple[str, str]] = frozenset()
) -> Subject:
    """Return the subject with its successor, if a rule says that its registry is retired."""
    for rule, check in active.retiring:
        found = check.successor(subject)
        if found is not None and (rule, subject.environment) not in spared:
            return subject._replace(successor=found)
    return subject


def _spared(held: _Held, excuse: Excuser) -> frozenset[tuple[str, str]]:
    """Return the suppressed rules about retired registries, each with its environment."""
    return frozenset(
        (verdict.rule.id, verdict.environment.name)
        for verdict in held.verdicts
        if verdict.rule.check == RETIRED
        and excuse(verdict.rule.id, verdict.environment, held.reference)
    )


def _verdicts(
    active: Iterable[_Active], subject: Subject, environment: Environment
) -> list[Verdict]:
    return [
        Verdict(rule, severity, environment, problem)
        for rule, severity, check in active
        for problem in check(subject)
    ]


def _sifted(
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


def _value_of(item: Examined, site: ImageSite) -> tuple[Value, str | None]:
    """Return a site's value and its text, with template actions read as text."""
    if site.value.type == "string" and isinstance(site.node, Scalar):
        return site.value, str(site.value.value)
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


def _first_of_each_rule(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Keep one verdict per rule: the most severe, of equal ones the first environment's."""
    best: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = best.get(verdict.rule.id)
        if known is None or verdict.severity.rank < known.severity.rank:
            best[verdict.rule.id] = verdict
    return tuple(best.values())
