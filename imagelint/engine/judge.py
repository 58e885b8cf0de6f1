"""One image site, checked in its environments: which rules it breaks and how to fix it.

A verdict knows the policy and the reference, not how the image is written; other modules of the
engine turn a wanted reference into an edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.engine.verdicts import (
    Verdict,
    about_partial,
    first_of_each_rule,
    sifted,
    wanted_by,
)
from imagelint.kubernetes.readers import Value
from imagelint.kubernetes.seen import action_text
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.patterns.partial import is_settled
from imagelint.rules.checks.placeholders import partial_of, placeholder_in
from imagelint.rules.checks.references import RETIRED, ForbiddenImage
from imagelint.rules.checks.registry import CurrentRegistry
from imagelint.rules.checks.subject import Subject
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imagelint.engine.excuses import Excuse, Excuser
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.pull_secrets import PodSecrets
    from imagelint.kubernetes.search import ImageSite
    from imagelint.patterns.images import RegistryPattern
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.checks.placeholders import Partial
    from imagelint.rules.checks.subject import Check
    from imagelint.rules.rule import Rule
    from imagelint.yaml.nodes import ValueType

__all__ = ["Judge", "Judged"]


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
    partial: Partial | None = None
    """The image with stand-ins for its placeholders, if its registry is known."""

    @property
    def known(self) -> ImageReference | None:
        """The image, or what is known about it."""
        return self.partial.reference if self.partial else self.reference


class _ActiveRules(NamedTuple):
    """The rules that are on in an environment."""

    every: tuple[_Active, ...]
    about_references: tuple[_Active, ...]
    """Those that may find something in a valid reference, which nearly all values are."""
    forbidden: tuple[RegistryPattern, ...]
    """The patterns of rules that forbid images."""
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
        secret_and = (has_secret, is_placeholder, site.values_at)
        asked = (image, value.type, environments, has_tag, in_chart, *secret_and)
        held = self._hold(*asked)
        if excuse is not None:
            spared = _spared(held, excuse)
            if spared:
                held = self._hold(*asked, spared)
        reference, verdicts, kept, wanted, refused, partial = held
        if excuse is None or not verdicts:
            return Judged(site, image, reference, environments, kept, wanted, refused)
        verdicts, excused = sifted(verdicts, held.known, excuse)
        wanted, refused = self._wanted(verdicts, environments, reference, partial)
        kept = first_of_each_rule(verdicts)
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
        values_at: tuple[str, ...],
        spared: frozenset[tuple[str, str]] = frozenset(),
    ) -> _Held:
        """Check an image in each environment, independent of its position; cached.

        ``is_placeholder``: the image parses, but is a placeholder that may not be filled in.
        ``values_at`` are the fields with known values of its placeholders. ``spared`` are
        suppressed rules about retired registries, each with its environment.
        """
        names = tuple([environment.name for environment in environments])
        rest = (has_separate_tag, in_chart, has_pull_secret, is_placeholder, values_at, spared)
        key = (image, type_, names, *rest)
        held = self._held.get(key)
        if held is not None:
            return held
        if len(self._held) >= _HELD_MAX:
            self._held.clear()
        reference, error = _parse(image if type_ == "string" and not is_placeholder else None)
        placeholder = image if is_placeholder else None
        partial = None
        if error is not None and image:
            placeholder = placeholder_in(image)
            if placeholder is not None and not values_at and not in_chart:
                partial = partial_of(image)
        verdicts: list[Verdict] = []
        is_partial = False
        for environment in environments:
            active = self._active(environment, in_chart=in_chart)
            known = partial
            if partial is not None and not _is_settled(partial, environment, active):
                known = None
            seen = known.reference if known else reference
            is_partial = is_partial or known is not None
            subject = Subject(
                image,
                type_,
                seen,
                error,
                placeholder,
                environment.name,
                environment.gate,
                self._policy.harbors,
                has_separate_tag or (known is not None and known.hides_tag),
                None if seen is None else self._policy.harbors.origin(seen),
                has_pull_secret=has_pull_secret,
                values_at=values_at,
            )
            if known is None or not known.hides_name:
                subject = _with_successor(active, subject, spared)
            rules = active.every if reference is None else active.about_references
            found = _verdicts(rules, subject, environment)
            verdicts += found if known is None else about_partial(found, known)
        held = _Held(reference, ())
        if verdicts:
            kept = first_of_each_rule(verdicts)
            known = partial if is_partial else None
            wanted = self._wanted(verdicts, environments, reference, known)
            held = _Held(reference, tuple(verdicts), kept, *wanted, known)
        self._held[key] = held
        return held

    def _wanted(
        self,
        verdicts: Iterable[Verdict],
        environments: tuple[Environment, ...],
        reference: ImageReference | None,
        partial: Partial | None,
    ) -> tuple[ImageReference | None, str | None]:
        """Return the wanted reference as it is written, or why there is none."""
        if partial is None:
            return wanted_by(verdicts, environments, reference)
        wanted, refused = wanted_by(verdicts, environments, partial.reference)
        if wanted is None:
            return None, refused
        moved = partial._replace(reference=wanted)
        for environment in environments:
            active = self._active(environment, in_chart=False)
            if not _is_settled(moved, environment, active):
                return None, f"its placeholder decides whether it is allowed in {environment.name}"
        if partial.adds_to_name(wanted):
            return None, "its placeholder may hold a path, to which library/ must not be added"
        return partial.written(wanted), None

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
        return wanted_by(verdicts, (environment,), reference)[0]

    def upstream(self, image: str, environment: str) -> str:
        """Return the full upstream name of an image after its fix.

        ``environment`` is a name; a text that is not an image is returned unchanged, except that
        placeholders are replaced by their defaults, which a fix edits.
        """
        if "$" in image:
            from imagelint.kubernetes.defaults import with_defaults  # noqa: PLC0415 - few need it

            image = with_defaults(image)
        reference = ImageReference.parse_or_none(image)
        partial = None if reference is not None else partial_of(image)
        if partial is not None:
            reference = partial.reference
        if reference is None:
            return image
        for one in self._policy.environments:
            if one.name == environment:
                reference = self.wanted(reference, one) or reference
        origin = self._policy.harbors.origin(reference) or reference
        name = str(origin._replace(domain=origin.registry, path=origin.repository))
        return partial.with_placeholders(name) if partial else name

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
            forbidden = tuple(
                pattern
                for _, _, check in every
                if isinstance(check, ForbiddenImage)
                for pattern in check.images
            )
            self._known[key] = _ActiveRules(every, about, forbidden, retiring)
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
        and excuse(verdict.rule.id, verdict.environment, held.known)
    )


def _verdicts(
    active: Iterable[_Active], subject: Subject, environment: Environment
) -> list[Verdict]:
    return [
        Verdict(rule, Severity.NOTE if problem.is_note else severity, environment, problem)
        for rule, severity, check in active
        for problem in check(subject)
    ]


def _is_settled(partial: Partial, environment: Environment, active: _ActiveRules) -> bool:
    """Whether the gate says the same whatever the placeholders of an image are."""
    return is_settled(environment.gate, partial.reference, partial.parent, active.forbidden)


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
