"""Images of which only a part is known: whether that part decides. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.search import ImageSite
    from imagelint.patterns.harbor import HarborMap
    from imagelint.policy.policy import Environment

__all__ = ["allows_all_of", "decides_by_registry"]


def allows_all_of(site: ImageSite, environment: Environment) -> bool:
    """Whether an environment allows whatever image it is.

    That is any image at all, or any of the registry that is written alone.
    """
    gate = environment.gate
    is_registry = site.is_registry and gate.allows_all_below(str(site.value.value))
    return gate.is_open or is_registry


def decides_by_registry(
    environments: Iterable[Environment], harbors: HarborMap, registry: str
) -> bool:
    """Whether the name of an image makes no difference to what is allowed, and to the fix."""
    patterns = (one for env in environments for one in (*env.gate.allow, *env.gate.deny))
    if any(one.names_repository and one.covers_registry(registry) for one in patterns):
        return False
    upstreams = (project.upstream for one in harbors.harbors for project in one.projects)
    return not any(one.registry == registry and one.path for one in upstreams)
