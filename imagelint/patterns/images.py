"""The meaning of image patterns: the entries of ``allow:`` and ``deny:``, and hosts.

A pattern is parsed and its parts are compared; no text is searched for, so that
``harbor.myco.com.evil.io``, ``evilgcr.io`` and ``registry:5000/app`` are read correctly::

    pattern    = "*" | hosts [ "/" repository ]
    hosts      = host | "*." host                 ; exactly it | its sub-domains only
    host       = a domain as in a reference, lower case, with its port
    repository = path | path "/*" | path "/**" | "*" | "**"

Hosts are compared as written, case and port included, as distribution/reference does: allowing
a host never allows a look-alike. No pattern with a host matches the registry ``""`` (text without
a readable registry); only ``*`` does. No I/O, no YAML.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference, InvalidReference, Reason
from imagelint.model.source import as_yaml, shown
from imagelint.patterns.globs import InvalidPattern, NamePattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["HUB", "Hosts", "InvalidPattern", "RegistryPattern", "Repositories"]
__all__ += ["check_spelling", "effective_tag", "is_host", "parse_host", "parse_repository_path"]

HUB = "docker.io"
_HUB_LEGACY = "index.docker.io"
_SCHEME = r"\A[A-Za-z][A-Za-z0-9+.-]*://"
_TAG_PATTERN = r"[A-Za-z0-9_*?][A-Za-z0-9_.*?-]{0,127}"


class Hosts(Enum):
    """Which registries a pattern matches."""

    ANY = "any"
    EXACT = "exact"
    BELOW = "below"


class Repositories(Enum):
    """Which repositories a pattern matches, relative to the path in it."""

    ALL = "all"
    EXACT = "exact"
    CHILDREN = "children"
    BELOW = "below"


@final
class RegistryPattern(NamedTuple):
    """An entry of ``allow:`` or ``deny:``: a set of images. ``str()`` is for messages."""

    text: str
    hosts: Hosts
    host: str
    """Lower case, with its port; for ``BELOW`` the parent domain, for ``ANY`` empty."""
    repositories: Repositories
    path: str
    """Normalised (``library/nginx``); for ``CHILDREN`` and ``BELOW`` the parent, or empty."""
    tag: NamePattern | None = None
    """The pattern for the tag as written; without tag and digest the tag is ``latest``."""
    needs_digest: bool = False
    names_repository: bool = False
    """Whether a repository is written, even ``**``: a bare host matches only that host."""

    def __str__(self) -> str:
        """Return the pattern as written."""
        return self.text

    @staticmethod
    def parse(text: str) -> RegistryPattern:
        """Parse ``HOST[:PORT][/REPOSITORY]`` or ``*``; raises :class:`InvalidPattern`."""
        check_spelling(text)
        host, slash, path = text.partition("/")
        if host == "*" and slash:
            message = (
                "* alone is any registry; for a repository on any registry write"
                f' {{registry: "*", repository: {as_yaml(path)}}}'
            )
            raise InvalidPattern(message)
        _check_suffixes(host, path)
        return _pattern(text, host, path if slash else None)

    @staticmethod
    def from_parts(parts: Mapping[str, str]) -> RegistryPattern:
        """Parse the mapping form: registry and optionally repository, tag, ``digest: required``.

        Raises :class:`InvalidPattern` for a wrong value; the caller checks for unknown keys.
        """
        if "registry" not in parts:
            message = 'registry is missing; write registry: HOST, or registry: "*" for any'
            raise InvalidPattern(message)
        tag = parts.get("tag")
        if tag is not None and not re.fullmatch(_TAG_PATTERN, tag):
            message = f"{shown(tag) or 'an empty text'} is no tag; write one, such as v1 or v1.*"
            raise InvalidPattern(message)
        if parts.get("digest", "required") != "required":
            message = "digest can only be required; leave the key out where it is not"
            raise InvalidPattern(message)
        for key in ("registry", "repository"):
            check_spelling(parts.get(key, "x"))
        if "/" in parts["registry"]:
            message = f"{shown(parts['registry'])} is more than a registry; use repository: too"
            raise InvalidPattern(message)
        needs_digest = "digest" in parts
        text = parts["registry"] + (f"/{parts['repository']}" if "repository" in parts else "")
        conditions = [f"tag {tag}"] if tag is not None else []
        conditions += ["digest required"] if needs_digest else []
        text += f" ({', '.join(conditions)})" if conditions else ""
        tags = None if tag is None else NamePattern.parse(tag)
        return _pattern(text, parts["registry"], parts.get("repository"), tags, needs_digest)

    @property
    def is_everything(self) -> bool:
        """Whether every image matches, whatever its registry, repository, tag and digest."""
        return (
            self.hosts is Hosts.ANY
            and self.repositories is Repositories.ALL
            and self.tag is None
            and not self.needs_digest
        )

    def covers_registry(self, registry: str) -> bool:
        """Whether some image of this registry (host and port as written) can match."""
        if self.hosts is Hosts.ANY:
            return True
        if self.hosts is Hosts.EXACT:
            return registry == self.host
        # An upper-case label is a look-alike even where any label would match.
        return registry.endswith(f".{self.host}") and registry == registry.lower()

    def is_within(self, other: RegistryPattern) -> bool:
        """Whether every image that matches this pattern certainly matches ``other``, too.

        False if the parts do not show it: a tag with wildcards is only within the same tag
        pattern or within no tag pattern.
        """
        return (
            self._hosts_within(other)
            and self._repositories_within(other)
            and (other.tag is None or (self.tag is not None and self.tag.text == other.tag.text))
            and (not other.needs_digest or self.needs_digest)
        )

    def _hosts_within(self, other: RegistryPattern) -> bool:
        if other.hosts is Hosts.ANY:
            return True
        if self.hosts is Hosts.EXACT:
            return other.covers_registry(self.host)
        if self.hosts is Hosts.ANY or other.hosts is Hosts.EXACT:
            return False
        return self.host == other.host or self.host.endswith(f".{other.host}")

    def _repositories_within(self, other: RegistryPattern) -> bool:
        if other.repositories is Repositories.ALL:
            return True
        if self.repositories is Repositories.ALL:
            return False
        if self.repositories is Repositories.EXACT:
            return other._covers_repository(self.path)
        if other.repositories is Repositories.EXACT:
            return False
        if self.path == other.path:
            return other.repositories is Repositories.BELOW or self.repositories is (
                Repositories.CHILDREN
            )
        parent = f"{other.path}/" if other.path else ""
        return other.repositories is Repositories.BELOW and self.path.startswith(parent)

    def matches(self, reference: ImageReference) -> bool:
        """Whether the image matches; its registry and repository are compared normalised."""
        return (
            self.covers_registry(reference.registry)
            and (
                self.repositories is Repositories.ALL
                or self._covers_repository(reference.repository)
            )
            and (self.tag is None or self.tag.matches(effective_tag(reference)))
            and (not self.needs_digest or reference.digest is not None)
        )

    def matches_any(self, references: Iterable[ImageReference]) -> bool:
        """Whether one of the image's spellings matches."""
        for reference in references:  # noqa: SIM110 - called for every image, and twice as fast
            if self.matches(reference):
                return True
        return False

    def _covers_repository(self, repository: str) -> bool:
        if self.repositories is Repositories.ALL:
            return True
        if self.repositories is Repositories.EXACT:
            return repository == self.path
        parent = f"{self.path}/" if self.path else ""
        below = repository[len(parent) :] if repository.startswith(parent) else ""
        return below != "" and (self.repositories is Repositories.BELOW or "/" not in below)


def parse_host(text: str) -> str:
    """Parse ``HOST[:PORT]`` as in a reference; ``index.docker.io`` becomes ``docker.io``.

    Case is kept. Raises :class:`InvalidPattern` if a reference would not read it as a host.
    """
    if not is_host(text):
        message = f"{shown(text)} is no registry host; a host has a dot or a port"
        if text and "/" not in text and _reads_as_path(text):
            message += f"; for the image on Docker Hub write {as_yaml(f'{HUB}/{text}')}"
        raise InvalidPattern(message)
    return HUB if text == _HUB_LEGACY else text


def parse_repository_path(text: str) -> str:
    """Parse one or more path components; raises :class:`InvalidPattern`."""
    if not _reads_as_path(text):
        lower = text.lower()
        advice = f"; write {as_yaml(lower)}" if text != lower and _reads_as_path(lower) else ""
        message = f"{shown(text) or 'an empty text'} is no repository{advice}"
        raise InvalidPattern(message)
    return text


def is_host(text: str) -> bool:
    """Whether a reference that begins with ``text/`` has it as its registry."""
    reference = ImageReference.parse_or_none(f"{text}/x")
    return reference is not None and reference.domain == text


def _reads_as_path(text: str) -> bool:
    try:
        return ImageReference.parse(f"a.b/{text}").path == text
    except InvalidReference as error:
        # Length is checked after the grammar, and depends on what the path is a part of.
        return error.reason is Reason.TOO_LONG and not re.search("[:@]", text)


def check_spelling(text: str) -> None:
    """Raise :class:`InvalidPattern` for mistakes that any pattern with a registry can contain."""
    if not text:
        message = "an empty text; write a registry, such as quay.io"
        raise InvalidPattern(message)
    scheme = re.match(_SCHEME, text) if "://" in text else None
    advice = ""
    if text != text.strip():
        advice, better = "has white space around it", text.strip()
    elif scheme:
        advice, better = "is an address, not a registry", text[scheme.end() :].rstrip("/")
    elif text.endswith("/"):
        advice, better = "ends with a slash", text.rstrip("/")
    if advice:
        better = as_yaml(better) if better else "a registry"
        message = f"{shown(text)} {advice}; write {better}"
        raise InvalidPattern(message)


def _check_suffixes(host: str, path: str) -> None:
    """Refuse a tag or digest in the text form, where it could be read as a port."""
    name, at, _ = path.partition("@")
    name, colon, tag = name.partition(":")
    if not at and not colon:
        return
    parts = [f"registry: {as_yaml(host)}", f"repository: {as_yaml(name)}"]
    parts += [f"tag: {as_yaml(tag)}"] if colon else []
    parts += ["digest: required"] if at else []
    what = "digest" if at else "tag"
    message = f"a pattern in one line has no {what}; write {{{', '.join(parts)}}}"
    raise InvalidPattern(message)


def _pattern(
    text: str,
    host: str,
    repository: str | None,
    tag: NamePattern | None = None,
    needs_digest: bool = False,  # noqa: FBT001, FBT002 - private, one caller
) -> RegistryPattern:
    hosts, name = _parse_hosts(host)
    repositories, path = _parse_repositories(repository, name)
    is_named = repository is not None
    return RegistryPattern(text, hosts, name, repositories, path, tag, needs_digest, is_named)


def _parse_hosts(text: str) -> tuple[Hosts, str]:
    if text == "*":
        return Hosts.ANY, ""
    if text.lower() != text:
        message = f"{shown(text)}: registry hosts are written in lower case; write "
        raise InvalidPattern(message + as_yaml(text.lower()))
    if "*" not in text:
        return Hosts.EXACT, parse_host(text)
    parent = text[2:]
    if not text.startswith("*.") or "*" in parent or not is_host(f"x.{parent}"):
        message = (
            f"{shown(text)}: * stands alone for any registry, or as *.example.com for all"
            " sub-domains of example.com"
        )
        raise InvalidPattern(message)
    return Hosts.BELOW, parent


def _parse_repositories(text: str | None, host: str) -> tuple[Repositories, str]:
    if text is None:
        return Repositories.ALL, ""
    parent, slash, last = text.rpartition("/")
    wildcard = {"*": Repositories.CHILDREN, "**": Repositories.BELOW}.get(last)
    if wildcard is Repositories.BELOW and not slash:
        return Repositories.ALL, ""
    path = text if wildcard is None else parent
    if "*" in path:
        message = (
            f"{shown(text)}: * stands for one whole level and ** for all below, each only at the"
            " end, as in team/* and team/**"
        )
        raise InvalidPattern(message)
    if wildcard is None or slash:
        parse_repository_path(path)
    # Docker Hub's short names, as in a reference: docker.io/nginx, and docker.io/* as well.
    if host == HUB and "/" not in text:
        path = "library" if wildcard else f"library/{path}"
    return wildcard or Repositories.EXACT, path


def effective_tag(reference: ImageReference) -> str:
    """Return the tag that decides what is pulled; empty if only a digest decides."""
    return reference.tag or ("latest" if reference.digest is None else "")
