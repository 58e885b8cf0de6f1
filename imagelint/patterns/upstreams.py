"""A registry or a path on one, as a policy names it: what Harbor has a project for, what has moved.

Which project an image comes through is ``patterns/harbor.py``'s business. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.images import (
    InvalidPattern,
    check_spelling,
    parse_host,
    parse_repository_path,
)

if TYPE_CHECKING:
    from imagelint.model.reference import ImageReference

__all__ = ["Move", "Upstream"]


@final
class Upstream(NamedTuple):
    """A registry, or what is below a path on it: the key of an entry in ``harbor.projects``."""

    registry: str
    """Host and port as a reference has them (case kept), ``index.docker.io`` folded."""
    path: str = ""
    """The parent of the images that are meant, or empty for the whole registry."""

    @staticmethod
    def parse(text: str) -> Upstream:
        """Read ``HOST[:PORT][/PATH]``; raises :class:`InvalidPattern`."""
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
        """Return what of the image's repository is below this upstream; None: not its image.

        For a whole registry that is the path as written, so that ``nginx`` stays ``nginx``.
        """
        if reference.registry != self.registry:
            return None
        if not self.path:
            return reference.path
        parent = f"{self.path}/"
        repository = reference.repository
        return repository[len(parent) :] if repository.startswith(parent) else None


@final
class Move(NamedTuple):
    """A registry, or a path on one, that has moved: ``old`` and what is below it is retired."""

    old: Upstream
    new: Upstream | None
    """Where the same images are now, by the same names; None: nowhere, or by other names."""

    @staticmethod
    def parse(old: str, new: str) -> Move:
        """Read ``HOST[/PATH]`` twice, the second or ``none``; raises :class:`InvalidPattern`."""
        return Move(Upstream.parse(old), None if new == "none" else Upstream.parse(new))

    def covers(self, reference: ImageReference) -> bool:
        """Whether the image is one that has moved: ``old`` itself or below it."""
        if reference.registry != self.old.registry:
            return False
        return self.old.below(reference) is not None or reference.repository == self.old.path

    def successor(self, reference: ImageReference) -> ImageReference | None:
        """Return the image by its new name, or None where there is none.

        Tag and digest are kept. Raises :class:`InvalidReference` for too long a path.
        """
        if self.new is None or not self.covers(reference):
            return None
        below = reference.repository[len(self.old.path) :].lstrip("/")
        path = "/".join(filter(None, (self.new.path, below)))
        return reference.replace(domain=self.new.registry, path=path) if path else None
