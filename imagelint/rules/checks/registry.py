"""Checks of where an image comes from: gate, Harbors, retired registries. No I/O."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, final

from imagelint.model.finding import Problem
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import InvalidReference
from imagelint.model.source import shown
from imagelint.patterns.globs import InvalidPattern, NamePattern
from imagelint.patterns.harbor import Refusal, Upstream, listed
from imagelint.patterns.images import (
    HUB,
    RegistryPattern,
    effective_tag,
    parse_repository_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.reference import ImageReference
    from imagelint.patterns.harbor import Gate, HarborMap
    from imagelint.rules.checks.subject import Subject

__all__ = [
    "ApprovedRegistry",
    "CurrentRegistry",
    "Difference",
    "Move",
    "NamedRegistry",
    "PullSecret",
    "State",
    "parse_repositories",
    "parse_since",
    "parse_source",
]


_NONE = "none"
_SINCE = "[0-9]{4}(?:-[0-9]{2}){0,2}"
_SOURCE = "https://[!-~]+"


@final
class ApprovedRegistry:
    """The environment allows the image; the rewrite is the image through Harbor.

    If the registry is retired, the rewrite is the successor where that is allowed: one edit for
    both.
    """

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem if the gate does not allow the image."""
        reference, gate = subject.reference, subject.gate
        if reference is None:
            return
        decision = gate.decide(reference)
        if decision.allowed:
            return
        registry, environment = reference.registry, subject.environment
        image, by = shown(str(reference)), decision.pattern
        if by is not None:
            active, passive, details = "denies", "is denied", f"deny: {shown(str(by))}"
        else:
            allowed = listed(str(item) for item in gate.allow) or "nothing"
            active, passive, details = "does not allow", "is not allowed", f"allowed: {allowed}"
        is_one = by is not None and by.names_repository
        if not registry or is_one or any(item.covers_registry(registry) for item in gate.allow):
            verdict = f"{image} {passive} in {environment} ({details})"
        else:
            place = f"{image} comes from {shown(registry)}"
            verdict = f"{place}, which {environment} {active} ({details})"
        rewrite = subject.successor or subject.harbors.rewrite(reference, gate)
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))


@final
class NamedRegistry:
    """The registry is written out; the rewrite is the same image with its registry."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image that comes from Docker Hub without naming it."""
        reference = subject.reference
        if reference is None or reference.domain is not None:
            return
        named = f"{shown(str(reference))} names no registry, so it comes from {HUB}"
        rewrite = subject.successor or _permitted(
            reference.replace(domain=HUB), subject.gate, subject.harbors
        )
        if isinstance(rewrite, Refusal):
            yield Problem(f"{named}; write the registry in front of it")
        else:
            yield Problem(f"{named}; write {shown(str(rewrite))}", str(rewrite))


class State(Enum):
    """What happened to a registry."""

    GONE = "gone"
    """Nothing can be pulled from it."""
    FROZEN = "frozen"
    """Existing images can be pulled; there are no new ones."""
    MOVED = "moved"
    """New images appear only at the successor, or under a new name of the same registry."""
    LOGIN = "login"
    """Images that anyone could pull now require a login."""


class Difference(Enum):
    """What may differ at the successor: ``fix`` does not change such an image."""

    NAMES = "names"
    TAGS = "tags"
    DIGESTS = "digests"


@final
class Move(NamedTuple):
    """A retired registry, or a path on one: ``old`` and everything below it."""

    old: Upstream
    new: Upstream | None
    """Where the images are now, below the same path; None: unknown."""
    state: State | None = None
    """None: the policy does not say."""
    since: str = ""
    """The day, month or year (``2023-04-03``, ``2023-04``, ``2023``), or empty."""
    differs: tuple[Difference, ...] = ()
    """What differs at ``new``; empty: names, tags and digests are the same."""
    repositories: tuple[str, ...] = ()
    """The repositories below ``old`` that are retired; empty: all of them."""
    except_repositories: tuple[str, ...] = ()
    """Repositories below ``old`` that are still in service."""
    tags: tuple[NamePattern, ...] = ()
    """The tags that are retired; empty: all of them, and images without a tag."""
    except_tags: tuple[NamePattern, ...] = ()
    """Tags that are still in service."""
    source: str = ""
    """The address of the announcement."""

    @staticmethod
    def parse(old: str, new: str) -> Move:
        """Read two ``HOST[/PATH]``, the second may be ``none``; raises :class:`InvalidPattern`."""
        return Move(Upstream.parse(old), None if new == _NONE else Upstream.parse(new))

    def __str__(self) -> str:
        """Return what moved where, and since when, in one line."""
        text = f"{self.old} → {self.new or _NONE}"
        return f"{text} ({self.event})" if self.event else text

    @property
    def event(self) -> str:
        """What happened, and when: ``frozen as of 2023-04-03``; empty: unknown."""
        if self.state is None:
            return ""
        what = "login required" if self.state is State.LOGIN else self.state.value
        return f"{what} as of {self.since}" if self.since else what

    @property
    def which_tags(self) -> str:
        """Which tags are retired, in words; empty: all."""
        return "; ".join(
            f"{word} the tag{'' if len(tags) == 1 else 's'} {', '.join(map(str, tags))}"
            for word, tags in (("only", self.tags), ("except", self.except_tags))
            if tags
        )

    def covers(self, reference: ImageReference, *, has_separate_tag: bool = False) -> bool:
        """Whether the image is retired: ``old`` itself or below it.

        A condition on tags does not cover an image whose tag is not visible here: one with only a
        digest, or one whose tag is set elsewhere.
        """
        below = self._below(reference)
        if below is None or (self.repositories and below not in self.repositories):
            return False
        if below in self.except_repositories:
            return False
        if not self.tags and not self.except_tags:
            return True
        tag = "" if has_separate_tag else effective_tag(reference)
        if not tag or any(one.matches(tag) for one in self.except_tags):
            return False
        return not self.tags or any(one.matches(tag) for one in self.tags)

    def successor(self, reference: ImageReference) -> ImageReference | None:
        """Return the new name of an image that this covers, or None if it has none.

        Tag and digest are kept. Raises :class:`InvalidReference` for too long a path.
        """
        below = self._below(reference)
        if self.new is None or below is None:
            return None
        path = "/".join(filter(None, (self.new.path, below)))
        return reference.replace(domain=self.new.registry, path=path) if path else None

    def _below(self, reference: ImageReference) -> str | None:
        """Return the repository relative to ``old``, empty for ``old`` itself; None: elsewhere."""
        if reference.registry != self.old.registry:
            return None
        repository, path = reference.repository, self.old.path
        if not path:
            return repository
        if repository == path:
            return ""
        return repository[len(path) + 1 :] if repository.startswith(f"{path}/") else None


@final
class CurrentRegistry(NamedTuple):
    """The registry is still in service; the rewrite is the image at its successor.

    An image on Harbor counts as the image that its project caches, and stays on Harbor.
    """

    registries: tuple[Move, ...] = ()
    """Retired registries, or paths on them: the successor, none, or a mapping with the successor
    and what else is known."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image from a retired registry."""
        origin = subject.origin
        move = None if origin is None else self._moved(origin, subject)
        if origin is None or move is None:
            return
        said = "; ".join(filter(None, (move.which_tags, move.event)))
        details = f" ({said})" if said else ""
        image = shown(str(subject.reference))
        place = f"{image} comes from {_named(move.old, move, origin)}, which"
        if move.new is None and move.state is State.LOGIN:
            yield Problem(
                f"{place} no longer allows anonymous pulls{details}; log in, or use another image"
            )
            return
        retired = f"{place} is retired{details}"
        if move.new is None:
            yield Problem(f"{retired} and has no successor; find out where the image is now")
            return
        verdict = f"{retired}; its images are now at {_named(move.new, move, origin)}"
        rewrite = self._replaced(subject, move, origin)
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))

    def successor(self, subject: Subject) -> ImageReference | None:
        """Return the successor of an image from a retired registry; None: keep the image."""
        origin = subject.origin
        move = None if origin is None else self._moved(origin, subject)
        if origin is None or move is None:
            return None
        replaced = self._replaced(subject, move, origin)
        return None if isinstance(replaced, Refusal) else replaced

    def _moved(self, image: ImageReference, subject: Subject) -> Move | None:
        """Return the move that covers an image; of several, the one with the longest path."""
        registry, repository = image.registry, image.repository
        found: Move | None = None
        for move in self.registries:
            if not repository.startswith(move.old.path) or move.old.registry != registry:
                continue
            if found is not None and len(move.old.path) <= len(found.old.path):
                continue
            if move.covers(image, has_separate_tag=subject.has_separate_tag):
                found = move
        return found

    def _replaced(  # noqa: PLR0911 - one reason each
        self, subject: Subject, move: Move, origin: ImageReference
    ) -> ImageReference | Refusal:
        """Return what the image should be instead, or why nobody should write what it is now."""
        by = None if subject.reference is None else subject.gate.denied_by_name(subject.reference)
        if by is not None:
            return Refusal(f"{shown(str(by))} denies the image by name, wherever it is")
        try:
            successor = move.successor(origin)
        except InvalidReference as error:
            return Refusal(f"no valid reference is possible there: {error}")
        if successor is None:
            return Refusal("find out the image's name there")
        if move.differs:
            what = " and ".join(one.value for one in move.differs)
            return Refusal(f"{what} may differ there; find out which image matches yours")
        further = self._moved(successor, subject)
        if further is not None:
            event = f" ({further.event})" if further.event else ""
            return Refusal(f"that is retired as well{event}; choose another image")
        if origin is subject.reference:
            return _permitted(successor, subject.gate, subject.harbors)
        return subject.harbors.rewrite(successor, subject.gate)


@final
class PullSecret(NamedTuple):
    """The pod names a pull secret for an image that requires a login.

    These are the images on Harbor, and those of registries without anonymous pulls. The engine and
    ``engine/run_rules.py`` check whether the pod's service account names one.
    """

    public: tuple[RegistryPattern, ...] = ()
    """Patterns for images that anyone may pull, as in ``allow:``."""
    login: tuple[RegistryPattern, ...] = ()
    """Patterns for images outside Harbor that require a login."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image that requires a login if its pod names no secret."""
        reference = subject.reference
        if reference is None or subject.has_pull_secret is not False:
            return
        if subject.fits(self.public) is not None:
            return
        image, registry = shown(str(reference)), reference.registry
        if subject.harbors.is_harbor(registry):
            wanted = f"{image} needs a pull secret for {shown(registry)}"
        elif subject.fits(self.login) is not None:
            wanted = f"{image} needs a pull secret, as {shown(registry)} requires a login"
        else:
            return
        yield Problem(
            f"{wanted}, but neither the pod nor its service account names one; add imagePullSecrets"
        )


def _named(place: Upstream, move: Move, image: ImageReference) -> str:
    """Return a registry or path, with the repository if the move covers only some repositories."""
    if not move.repositories:
        return shown(str(place))
    below = image.repository[len(move.old.path) :].lstrip("/")
    return shown(f"{place}/{below}")


def _permitted(
    reference: ImageReference, gate: Gate, harbors: HarborMap
) -> ImageReference | Refusal:
    """Return the image if the gate allows it, else through Harbor, or why neither works."""
    return reference if gate.decide(reference).allowed else harbors.rewrite(reference, gate)


def parse_since(text: str) -> str:
    """Read a day, a month or a year; raises :class:`InvalidPattern`."""
    return _matching(_SINCE, text, "is not a date; write one such as 2023-04-03, 2023-04 or 2023")


def parse_source(text: str) -> str:
    """Read a URL; raises :class:`InvalidPattern`."""
    return _matching(_SOURCE, text, "is not a URL; write one that starts with https://")


def parse_repositories(texts: Iterable[str]) -> tuple[str, ...]:
    """Read repositories below a registry or path; raises :class:`InvalidPattern`."""
    return tuple(map(parse_repository_path, texts))


def _matching(pattern: str, text: str, otherwise: str) -> str:
    if not re.fullmatch(pattern, text):
        message = f"{shown(text) or 'an empty value'} {otherwise}"
        raise InvalidPattern(message)
    return text
