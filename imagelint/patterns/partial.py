"""Whether a gate gives one answer for every image that an image with placeholders may become.

Such an image is given as a reference with stand-ins for the placeholders, and as the part of its
path above the first of them (``parent``): None if only tag or digest are unknown. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.patterns.images import Hosts, Repositories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.reference import ImageReference
    from imagelint.patterns.harbor import Gate
    from imagelint.patterns.images import RegistryPattern

__all__ = ["is_settled"]


def is_settled(
    gate: Gate,
    reference: ImageReference,
    parent: str | None,
    forbidden: Iterable[RegistryPattern] = (),
) -> bool:
    """Whether each pattern matches every image that this may become, or none of them.

    In doubt it is False. ``forbidden`` are further patterns, those of rules.
    """
    spellings = gate.harbors.spellings(reference)
    alike = all(_is_sure(one, spelling, parent) for one in gate.allow for spelling in spellings)
    if not alike:
        return False
    hosts = {_host(one.registry) for one in (reference, *gate.harbors.origins(reference))}
    return all(_is_far(one, hosts, parent) for one in (*gate.deny, *forbidden))


def _is_sure(pattern: RegistryPattern, reference: ImageReference, parent: str | None) -> bool:
    """Whether a pattern matches all of the images or none."""
    if not pattern.covers_registry(reference.registry):
        return True
    is_conditional = pattern.tag is not None or pattern.needs_digest
    if pattern.repositories is Repositories.ALL:
        return not is_conditional
    if parent is None:
        repository = reference.repository
        name_alone = pattern._replace(tag=None, needs_digest=False)
        plain = reference._replace(path=repository, tag=None, digest=None)
        return not is_conditional or not name_alone.matches(plain)
    above = f"{pattern.path}/" if pattern.path else ""
    own = f"{parent}/" if parent else ""
    if pattern.repositories is Repositories.BELOW and own.startswith(above):
        return not is_conditional
    return not (own.startswith(above) or above.startswith(own))


def _is_far(pattern: RegistryPattern, hosts: set[str], parent: str | None) -> bool:
    """Whether what a denying pattern says depends on nothing that is unknown."""
    is_conditional = pattern.tag is not None or pattern.needs_digest
    is_named = pattern.names_repository and pattern.repositories is not Repositories.ALL
    if not is_conditional and (parent is None or not is_named):
        return True
    return pattern.hosts is Hosts.EXACT and _host(pattern.host) not in hosts


def _host(registry: str) -> str:
    """Return a host that servers with the same name share: in lower case, without its port."""
    return registry.lower().rpartition("]")[2].partition(":")[0] or registry.lower()
