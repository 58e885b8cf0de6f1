"""What is allowed, and how a reference becomes one on Harbor: ``Gate`` and ``HarborMap``.

``Gate`` judges an image by the patterns of an environment (``patterns/images.py``).
``HarborMap`` knows which upstream registry has a project on which Harbor. This module
knows no YAML, environments, severities or rule messages. No I/O.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import PATH_MAX, ImageReference, InvalidReference
from imagelint.model.source import as_yaml, shown
from imagelint.patterns.images import (
    HUB,
    InvalidPattern,
    RegistryPattern,
    check_spelling,
    is_host,
    parse_host,
    parse_repository_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Decision",
    "Gate",
    "Harbor",
    "HarborMap",
    "InvalidPattern",
    "Library",
    "Project",
    "Refusal",
    "RegistryPattern",
    "Upstream",
    "listed",
    "parse_harbor_host",
    "parse_project_name",
]

# Length and alphabet: goharbor/harbor, src/pkg/project/manager.go.
_PROJECT_NAME = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_PROJECT_NAME_MAX = 255
_LISTED_MAX = 8
_LIBRARY = "library"
_PORT = r":[0-9]+\Z"
_HTTPS_PORT = r":0*443\Z"


@final
class Decision(NamedTuple):
    """Whether an image is allowed, and the pattern that decided; None: no pattern matches."""

    allowed: bool
    pattern: RegistryPattern | None


class Library(Enum):
    """How to rewrite Docker Hub's official images, whose short names omit ``library/``."""

    KEEP = "keep"
    """As written: ``nginx`` → ``docker.io/nginx``.

    Harbor 2.7 and later redirect this if the type of the registry endpoint is Docker Hub.
    """
    ADD = "add"
    """With ``library/``: ``nginx`` → ``docker.io/library/nginx``; works on every Harbor."""


@final
class Upstream(NamedTuple):
    """A registry, or a path on it with all images below: a key in ``harbor.projects``."""

    registry: str
    """Host and port as in a reference (case kept); ``index.docker.io`` becomes ``docker.io``."""
    path: str = ""
    """The path above the images, or empty for the whole registry."""

    @staticmethod
    def parse(text: str) -> Upstream:
        """Parse ``HOST[:PORT][/PATH]``; raises :class:`InvalidPattern`."""
        check_spelling(text)
        host, slash, path = text.partition("/")
        if "*" in text:
            message = f"{shown(text)}: a registry, not a pattern; what is below it is included"
            raise InvalidPattern(message)
        registry = parse_host(host)
        return Upstream(registry, parse_repository_path(path) if slash else "")

    def __str__(self) -> str:
        """Return ``HOST[/PATH]``."""
        return f"{self.registry}/{self.path}" if self.path else self.registry

    def below(self, reference: ImageReference) -> str | None:
        """Return the image's path below this upstream, or None if it is not below it.

        For a whole registry that is the path as written, so that ``nginx`` remains ``nginx``.
        """
        if reference.registry != self.registry:
            return None
        if not self.path:
            return reference.path
        parent = f"{self.path}/"
        repository = reference.repository
        return repository[len(parent) :] if repository.startswith(parent) else None


@final
class Project(NamedTuple):
    """A project of one Harbor and the upstream of its images."""

    upstream: Upstream
    name: str
    is_flat: bool = False
    """Whether replication fills it and drops the upstream's path (``replication: flatten``).

    Otherwise it is a proxy cache, which requests the path after its name from the registry.
    """

    @property
    def completes_library(self) -> bool:
        """Whether Harbor finds ``mysql`` in it as ``library/mysql``: proxies of Docker Hub do."""
        return not self.is_flat and self.upstream.registry == HUB

    def origin_path(self, below: str) -> str:
        """Return the upstream path for the path after the project's name."""
        return f"{self.upstream.path}/{below}" if self.is_flat and self.upstream.path else below


@final
class Harbor(NamedTuple):
    """One Harbor: its host (with port), its projects and how it handles ``library/``."""

    host: str
    projects: tuple[Project, ...]
    library: Library = Library.KEEP

    def project_for(self, reference: ImageReference) -> Project | None:
        """Return the project for an image: the matching one with the longest upstream."""
        fitting = (item for item in self.projects if item.upstream.below(reference) is not None)
        return max(fitting, key=lambda item: len(item.upstream.path), default=None)

    def place(self, reference: ImageReference) -> ImageReference | None:
        """Return the reference through this Harbor, or None if no project matches.

        Raises :class:`InvalidReference` if the result is not a reference (the path is too long).
        """
        project = self.project_for(reference)
        if project is None:
            return None
        path = reference.path
        if project.is_flat:  # it holds copies and redirects nothing
            path = reference.repository[len(project.upstream.path) :].lstrip("/")
        elif self.library is Library.ADD:
            path = reference.repository
        return reference.replace(domain=self.host, path=f"{project.name}/{path}")


@final
class Refusal(NamedTuple):
    """Why an image is not rewritten and what to do about it: a clause for a message."""

    reason: str


@final
class HarborMap(NamedTuple):
    """Every Harbor of a policy, in the order in which ``imagelint fix`` tries them.

    The map is injective on (registry, repository). The policy's loader ensures that hosts are
    distinct, that the upstreams of one Harbor are distinct, and that a project has one registry,
    and only one upstream if replication flattens it.
    """

    harbors: tuple[Harbor, ...] = ()

    def beside(self, base: HarborMap) -> HarborMap:
        """Return these Harbors and the base's; one in both keeps its projects of the base, too."""
        return HarborMap(tuple(dict.fromkeys((*self.harbors, *base.harbors))))

    def is_harbor(self, registry: str) -> bool:
        """Whether this is exactly the host and port of one of the Harbors."""
        for harbor in self.harbors:  # noqa: SIM110 - for every image; three times as fast
            if harbor.host == registry:
                return True
        return False

    def names(self, registry: str) -> bool:
        """Whether this is one of the Harbors, or the upstream registry of one of their projects."""
        return self.is_harbor(registry) or any(
            project.upstream.registry == registry
            for harbor in self.harbors
            for project in harbor.projects
        )

    def origin(self, reference: ImageReference) -> ImageReference | None:
        """Return the upstream reference of an image: the image itself if it is not on a Harbor.

        None if it is on a Harbor but in no known project. This is the inverse of :meth:`rewrite`,
        which can map two references to one: Docker Hub's official images keep a written
        ``library/``.
        """
        if not self.is_harbor(reference.registry):
            return reference
        return next(self.origins(reference), None)

    def origins(self, reference: ImageReference) -> Iterator[ImageReference]:
        """Yield the upstream references of an image on a Harbor; policy layers may differ here."""
        for project, below in self._projects_of(reference):
            path = project.origin_path(below)
            # The parts come from valid references: only the length could be wrong.
            found = ImageReference(project.upstream.registry, path, reference.tag, reference.digest)
            if len(found.repository) <= PATH_MAX:
                yield found

    def spellings(self, reference: ImageReference) -> tuple[ImageReference, ...]:
        """Return an image by each of its names on its Harbor, the written one first.

        In a proxy cache of Docker Hub ``mysql`` and ``library/mysql`` are the same image.
        """
        for project, below in self._projects_of(reference):
            parent, slash, name = below.rpartition("/")
            if project.completes_library and parent in ("", _LIBRARY):
                other = name if slash else f"{_LIBRARY}/{name}"
                path = f"{project.name}/{other}"
                domain, _, tag, digest = reference
                return reference, ImageReference(domain, path, tag, digest)
        return (reference,)

    def _projects_of(self, reference: ImageReference) -> Iterator[tuple[Project, str]]:
        """Yield the projects that hold an image on a Harbor, and its path after their name."""
        registry = reference.registry
        if not self.is_harbor(registry):
            return
        name, _, below = reference.path.partition("/")
        for harbor in self.harbors if below else ():
            for project in harbor.projects if harbor.host == registry else ():
                if project.name == name:
                    yield project, below

    def rewrite(self, reference: ImageReference, gate: Gate) -> ImageReference | Refusal:
        """Return the reference through the first Harbor that caches it and that ``gate`` allows.

        Tag and digest are kept. An image on a Harbor, or without a registry, is never rewritten.
        """
        registry = reference.registry
        if not registry:
            return Refusal("no registry can be read in it; write it as REGISTRY/REPOSITORY")
        if self.is_harbor(registry):
            return Refusal("it is on Harbor already; use a project that is allowed")
        refusals: list[str] = []
        for harbor in self.harbors:
            try:
                placed = harbor.place(reference)
            except InvalidReference as error:
                refusals.append(f"no reference on {harbor.host} is possible: {error}")
                continue
            if placed is None:
                continue
            if gate.decide(placed).allowed:
                return placed
            refusals.append(f"{shown(str(placed))} is not allowed either")
        return Refusal(refusals[0] if refusals else self._without_project(registry))

    def _without_project(self, registry: str) -> str:
        """Say that no Harbor caches a registry, and which projects exist."""
        if not self.harbors:
            return "the policy names no Harbor to pull it through"
        lower = registry.lower()
        known = {item.upstream.registry for harbor in self.harbors for item in harbor.projects}
        if lower != registry and (lower in known or self.is_harbor(lower)):
            return f"hosts are compared as written; write {shown(lower)} in lower case"
        projects = "; ".join(
            f"{harbor.host} has projects for "
            + (listed(str(item.upstream) for item in harbor.projects) or "nothing")
            for harbor in self.harbors
        )
        return (
            f"no Harbor project caches {shown(registry)} ({projects});"
            " use an image from there, or add a project to the policy"
        )


@final
class Gate(NamedTuple):
    """What an environment allows. ``deny`` always overrides ``allow``; all else is not allowed.

    An image on Harbor is judged by each of its spellings. ``deny`` also matches other names of the
    same server (upper case, port 443) and, if it names a repository, the copies on a Harbor of
    images from there. ``allow`` does neither: a reference's host is compared as written.
    """

    allow: tuple[RegistryPattern, ...]
    deny: tuple[RegistryPattern, ...] = ()
    harbors: HarborMap = HarborMap()
    """The Harbors of every layer of the policy, so that no layer can disable a ``deny``."""

    @property
    def is_open(self) -> bool:
        """Whether every image is allowed."""
        return not self.deny and any(pattern.is_everything for pattern in self.allow)

    def decide(self, reference: ImageReference) -> Decision:
        """Judge an image: the first pattern that denies it, else the first that allows it."""
        if self.deny:
            by = next(self._denying(reference), None)
            if by is not None:
                return Decision(allowed=False, pattern=by)
        spellings = self.harbors.spellings(reference)
        for pattern in self.allow:
            if pattern.matches_any(spellings):
                return Decision(allowed=True, pattern=pattern)
        return Decision(allowed=False, pattern=None)

    def allows_all_below(self, place: str) -> bool:
        """Whether every image on a registry, or below a path on it, is allowed."""
        if self.deny:
            return self.is_open
        try:
            below = RegistryPattern.parse(f"{place}/**" if "/" in place else place)
        except InvalidPattern:
            return False
        return any(below.is_within(pattern) for pattern in self.allow)

    def denied_by_name(self, reference: ImageReference) -> RegistryPattern | None:
        """Return the pattern with a repository that denies an image, or None.

        No other name of the image can change this.
        """
        return next((by for by in self._denying(reference) if by.names_repository), None)

    def _denying(self, reference: ImageReference) -> Iterator[RegistryPattern]:
        """Yield the patterns that deny an image, by any name of its server."""
        if not self.deny:
            return
        servers = _same_server(reference)
        written = [one for server in servers for one in self.harbors.spellings(server)]
        origins = [one for server in servers for one in self.harbors.origins(server)]
        anywhere = [*written, *(one for origin in origins for one in _same_server(origin))]
        for pattern in self.deny:
            if pattern.matches_any(anywhere if pattern.names_repository else written):
                yield pattern


def parse_harbor_host(text: str) -> str:
    """Parse a Harbor's ``HOST[:PORT]`` in lower case; raises :class:`InvalidPattern`."""
    check_spelling(text)
    if text != text.lower() and is_host(text):
        message = f"{shown(text)}: registry hosts are written in lower case; write "
        raise InvalidPattern(message + as_yaml(text.lower()))
    host = parse_host(text)
    if host == HUB:
        message = f"{shown(text)} is Docker Hub; write the host of your Harbor"
        raise InvalidPattern(message)
    return host


def parse_project_name(text: str) -> str:
    """Parse a project's name as Harbor allows it; raises :class:`InvalidPattern`."""
    if len(text) > _PROJECT_NAME_MAX or not re.fullmatch(_PROJECT_NAME, text):
        message = (
            f"{shown(text) or 'an empty text'} cannot be the name of a Harbor project: lower-case"
            f" letters and digits, single . _ or - between them, at most {_PROJECT_NAME_MAX}"
        )
        raise InvalidPattern(message)
    return text


def listed(names: Iterable[str]) -> str:
    """Join names for a message; if there are many, give their number instead."""
    every = [shown(name) for name in names]
    rest = len(every) - _LISTED_MAX
    return ", ".join(every[:_LISTED_MAX]) + (f" and {rest} more" if rest > 0 else "")


def _same_server(reference: ImageReference) -> tuple[ImageReference, ...]:
    """Return an image by each name of its server: the host in lower case, with and without 443.

    DNS ignores case, and 443 is the default port of HTTPS.
    """
    path, tag, digest = reference.repository, reference.tag, reference.digest
    host = reference.registry.lower()
    if not host:
        return (reference,)
    names = [host, re.sub(_HTTPS_PORT, "", host)]
    if re.search(_PORT, host) is None:
        names.append(f"{host}:443")
    others = [name for name in names if name != reference.registry]
    return reference, *(ImageReference(name, path, tag, digest) for name in dict.fromkeys(others))
