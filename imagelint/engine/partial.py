"""Images of which only a part is known: whether that part decides. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.engine.verdicts import Verdict
from imagelint.model.finding import Problem, Severity
from imagelint.model.reference import ImageReference
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imagelint.kubernetes.search import ImageSite
    from imagelint.patterns.harbor import HarborMap
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.rule import Rule

__all__ = ["about_unresolved"]

UNRESOLVED = "unresolved-reference"


def about_unresolved(
    policy: Policy,
    rules: Mapping[str, Rule],
    site: ImageSite,
    image: str | None,
    environments: Sequence[Environment],
) -> tuple[Verdict, ...] | None:
    """Return the verdicts that an image is not known here, for environments with limits.

    None if it is known, or if what is known of it decides.
    """
    why = site.unresolved
    if why is None:
        reference = ImageReference.parse_or_none(image or "")
        if reference is not None and _decides_by_registry(
            environments, policy.harbors, reference.registry
        ):
            return None
        why = f"{shown(image or '')}: a template fills in its name; lint the rendered output"
    rule = rules[UNRESOLVED]
    severities = (
        (one, policy.severity(rule, one, in_chart=True))
        for one in environments
        if not _allows_all_of(site, one)
    )
    return tuple(
        Verdict(rule, severity, environment, Problem(why))
        for environment, severity in severities
        if severity is not Severity.OFF
    )


def _allows_all_of(site: ImageSite, environment: Environment) -> bool:
    """Whether an environment allows whatever image it is.

    That is any image at all, or any of the registry that is written alone.
    """
    gate = environment.gate
    is_registry = site.is_registry and gate.allows_all_below(str(site.value.value))
    return gate.is_open or is_registry


def _decides_by_registry(
    environments: Sequence[Environment], harbors: HarborMap, registry: str
) -> bool:
    """Whether the name of an image makes no difference to what is allowed, and to the fix."""
    patterns = (one for env in environments for one in (*env.gate.allow, *env.gate.deny))
    if any(one.names_repository and one.covers_registry(registry) for one in patterns):
        return False
    upstreams = (project.upstream for one in harbors.harbors for project in one.projects)
    return not any(one.registry == registry and one.path for one in upstreams)
