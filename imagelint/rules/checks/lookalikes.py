"""Valid references that are probably not what their author meant: typos and deceptive hosts.

The check goes by appearance, so avoiding false alarms matters as much as finding mistakes: a known
registry is never suspicious, and a host is compared only with hosts that are known, allowed or a
Harbor. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, final

from imagelint.model.finding import Problem
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.images import HUB, Hosts, RegistryPattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.reference import ImageReference
    from imagelint.rules.checks.subject import Subject

__all__ = ["PlausibleReference", "is_slip_of"]

# Patterns are compiled on first use; most runs never need them.
_DIGEST_TAG: Final = r"(sha(?:256|384|512))-([0-9a-f]{64,128})(?:\.(?:sig|att|sbom))?"
_DIGEST_HEX: Final = r"[0-9a-f]{32,}"
# Names that nobody gives an image: localhost, an IPv4 address, a name with a top-level domain.
_HOST_NAME: Final = (
    r"localhost|[0-9]+(?:\.[0-9]+){3}|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z]"
)
_DIGEST_NAMES: Final = frozenset({"sha256", "sha384", "sha512"})
_SHORT: Final = 6
"""Hosts up to this length (gcr.io) have too many similar names that may be real registries."""


@final
class PlausibleReference(NamedTuple):
    """The reference does not look like a typo, and its registry does not imitate another one."""

    known: tuple[RegistryPattern, ...] = ()
    """Well-known registries: never suspicious, and others are compared with them."""
    own: tuple[RegistryPattern, ...] = ()
    """More known registries, added by a policy."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield the first problem found, if any."""
        reference = subject.reference
        if reference is None or subject.placeholder is not None:
            return
        image = subject.origin or reference  # a typo is still one after fix has moved it to Harbor
        official = _official(image)
        said = _digest(image, official)
        if said is None and official is not None:
            said = _no_path(official, image.tag)
        if said is None and reference.domain is not None:
            said = self._host(reference.registry, subject)
        if said is not None:
            yield Problem(said)

    def _host(self, host: str, subject: Subject) -> str | None:
        """Return what is wrong with the registry; None: nothing."""
        gate, harbors = subject.gate, subject.harbors
        if not host or host == HUB or harbors.names(host):
            return None
        for patterns in (self.known, self.own, gate.allow, gate.deny):
            for item in patterns:
                if item.hosts is not Hosts.ANY and item.covers_registry(host):
                    return None
        ours = [harbor.host for harbor in harbors.harbors] + _hosts(gate.allow)
        every = [*ours, *_hosts(self.own), *_hosts(self.known)]
        return _other_spelling(host, every) or _slip(host, every) or _disguise(host, ours)


def _hosts(patterns: Iterable[RegistryPattern]) -> list[str]:
    return [item.host for item in patterns if item.hosts is Hosts.EXACT]


def _digest(reference: ImageReference, official: str | None) -> str | None:
    """Return the problem of a digest that is read as a tag."""
    tag = reference.tag or ""
    if official in _DIGEST_NAMES and _is(_DIGEST_HEX, tag):
        return (
            f"{official}:{tag} is a digest without an image and is read as a tag of the image"
            f" {official} on Docker Hub; write REPOSITORY@{official}:{tag}"
        )
    if not tag.startswith("sha"):
        return None
    found = re.fullmatch(_DIGEST_TAG, tag)
    if found is None:
        return None
    digest = ":".join(found.groups())
    name = shown(str(reference.replace(tag=None, digest=None)))
    return f"{name}:{shown(tag)} has a digest as its tag; write {name}@{digest} to pull by digest"


def _official(reference: ImageReference) -> str | None:
    """Return the name of an official image on Docker Hub, in any spelling; None: it is not one."""
    if reference.registry != HUB:
        return None
    parent, _, name = reference.repository.rpartition("/")
    return name if parent == "library" else None


def _is(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _no_path(path: str, written: str | None) -> str | None:
    """Return the problem of an official image that is really a host without a path."""
    if ("." not in path and path != "localhost") or not _is(_HOST_NAME, path):
        return None
    host = path if written is None else f"{path}:{written}"
    tag = "" if written is None else f" with the tag {shown(written)}"
    return (
        f"{shown(host)} looks like a registry, but without a path it is read as the image"
        f" docker.io/library/{shown(path)}{tag}; write {shown(host)}/REPOSITORY"
    )


def _other_spelling(host: str, known: Iterable[str]) -> str | None:
    """Return the problem of a host that differs only by case or by the default HTTPS port."""
    lower = host.lower()
    plain = lower.removesuffix(":443")
    if plain != host and plain in known:
        return (
            f"the registry {shown(host)} is not {shown(plain)}: hosts are compared as written,"
            f" case and port included; write {shown(plain)}"
        )
    if lower != host and not set(".:") & set(host):
        return (
            f"{shown(host)} is read as a registry because of its capitals; write"
            f" {shown(lower)} for an organisation on Docker Hub"
        )
    return None


def _slip(host: str, known: Iterable[str]) -> str | None:
    """Return the problem of a host that is one typo away from a known one."""
    for other in known:
        if is_slip_of(host, other):
            return (
                f"the registry {shown(host)} differs from {shown(other)} by one character;"
                f" write {shown(other)} if you mean that"
            )
    return None


def _disguise(host: str, ours: Iterable[str]) -> str | None:
    """Return the problem of a host that starts or ends like one of ours but belongs to another."""
    for other in ours:
        if "." in other and host.startswith((f"{other}.", f"{other}-")):
            return (
                f"the registry {shown(host)} only starts with {shown(other)} and is another host;"
                f" write {shown(other)} if you mean that"
            )
        if other.count(".") == 1 and host.endswith(other) and not host.endswith(f".{other}"):
            return (
                f"the registry {shown(host)} only ends with {shown(other)} and is another host;"
                f" write {shown(other)} if you mean that"
            )
    return None


def is_slip_of(host: str, other: str) -> bool:
    """Whether ``host`` is ``other`` with one character added, missing, wrong or swapped.

    A difference in a digit does not count: numbers distinguish hosts of one owner (``registry2``,
    ``:5001``). Nor does the first character of a short host: ``icr.io`` is a separate registry.
    """
    if abs(len(host) - len(other)) > 1 or host == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(host, other, strict=False)) if a != b), None)
    if at is None:
        at = min(len(host), len(other))
    left, right = host[at:], other[at:]
    if len(left) == len(right):
        swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
        if not swapped and left[1:] != right[1:]:
            return False
        changed = left[:1] + right[:1]
    else:
        longer, shorter = (left, right) if len(left) > len(right) else (right, left)
        if longer[1:] != shorter:
            return False
        swapped, changed = False, longer[:1]
    if changed.isdigit():
        return False
    return swapped or at > 0 or len(other) > _SHORT
