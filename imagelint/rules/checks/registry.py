"""Checks about where an image comes from: what the gate and the Harbors have to say. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from imagelint.model.finding import Problem
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import InvalidReference
from imagelint.model.source import shown
from imagelint.patterns.harbor import Refusal, listed
from imagelint.patterns.images import HUB, RegistryPattern
from imagelint.patterns.moves import Move, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.reference import ImageReference
    from imagelint.patterns.harbor import Gate, HarborMap, Upstream
    from imagelint.rules.checks.subject import Subject

__all__ = ["ApprovedRegistry", "CurrentRegistry", "NamedRegistry", "PullSecret"]


@final
class ApprovedRegistry:
    """The environment allows the image; the rewrite is the image through Harbor.

    Of an image whose registry is retired, it is the successor, if that may run: one edit for both.
    """

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem where the gate does not allow the image."""
        reference, gate = subject.reference, subject.gate
        if reference is None:
            return
        decision = gate.decide(reference)
        if decision.allowed:
            return
        registry, environment = reference.registry, subject.environment
        named = f"registry {shown(registry)}"
        if not registry or any(item.covers_registry(registry) for item in gate.allow):
            named = f"image {shown(str(reference))}"
        if decision.pattern is not None:
            verdict = f"{named} is denied in {environment} (by {shown(str(decision.pattern))})"
        else:
            allowed = listed(str(item) for item in gate.allow) or "nothing"
            verdict = f"{named} is not approved in {environment} (allowed: {allowed})"
        rewrite = subject.successor or subject.harbors.rewrite(reference, gate)
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))


@final
class NamedRegistry:
    """The registry is written out; the rewrite is the same image with its registry."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image that leaves Docker Hub to be guessed."""
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


@final
class CurrentRegistry(NamedTuple):
    """The registry is still in service; the rewrite is the image where it is now.

    An image on Harbor counts as what its project caches, and stays on Harbor.
    """

    registries: tuple[Move, ...] = ()
    """Retired registries, or paths on them: where the same images are now, none, or a mapping
    with successor and what else is known."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image from a registry that is retired."""
        origin = subject.origin
        move = None if origin is None else self._moved(origin, subject)
        if origin is None or move is None:
            return
        said = "; ".join(filter(None, (move.which_tags, move.event)))
        retired = f"{_named(move.old, move, origin)} is retired" + (f" ({said})" if said else "")
        if move.new is None and move.state is State.LOGIN:
            yield Problem(f"{retired} for whoever does not log in; log in, or use another image")
            return
        if move.new is None:
            yield Problem(f"{retired} and has no successor; find out where the image is now")
            return
        verdict = f"{retired}, its images are at {_named(move.new, move, origin)} now"
        rewrite = self._replaced(subject, move, origin)
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))

    def successor(self, subject: Subject) -> ImageReference | None:
        """Return what an image from a retired registry should be; None: keep it as it is."""
        origin = subject.origin
        move = None if origin is None else self._moved(origin, subject)
        if origin is None or move is None:
            return None
        replaced = self._replaced(subject, move, origin)
        return None if isinstance(replaced, Refusal) else replaced

    def _moved(self, image: ImageReference, subject: Subject) -> Move | None:
        """Return the move that concerns an image, the one with the longest path."""
        registry = image.registry
        found: Move | None = None
        for move in self.registries:
            if move.old.registry != registry:
                continue
            if found is not None and len(move.old.path) <= len(found.old.path):
                continue
            if move.covers(image, has_separate_tag=subject.has_separate_tag):
                found = move
        return found

    def _replaced(
        self, subject: Subject, move: Move, origin: ImageReference
    ) -> ImageReference | Refusal:
        """Return what the image should be instead, or why nobody should write what it is now."""
        try:
            successor = move.successor(origin)
        except InvalidReference as error:
            return Refusal(f"no reference there is possible: {error}")
        if successor is None:
            return Refusal("find out what the image is called there")
        if move.differs:
            what = " and ".join(one.value for one in move.differs)
            return Refusal(f"{what} may differ there, so find out which image is yours")
        further = self._moved(successor, subject)
        if further is not None:
            event = f" ({further.event})" if further.event else ""
            return Refusal(f"that is retired as well{event}, so use another image")
        if origin is subject.reference:
            return _permitted(successor, subject.gate, subject.harbors)
        return subject.harbors.rewrite(successor, subject.gate)


@final
class PullSecret(NamedTuple):
    """Somebody names a pull secret for an image that wants a login: here, the pod.

    Those are the images on Harbor, and those of registries that give nothing to strangers.

    That its service account may do so is for the engine and ``engine/run_rules.py`` to see.
    """

    public: tuple[RegistryPattern, ...] = ()
    """Patterns for images that anyone may pull, as in ``allow:``."""
    login: tuple[RegistryPattern, ...] = ()
    """Patterns for images beside those on Harbor that only those who log in may pull."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image that wants a login and whose pod names no secret."""
        reference = subject.reference
        if reference is None or subject.has_pull_secret is not False:
            return
        if any(pattern.matches(reference) for pattern in self.public):
            return
        registry = reference.registry
        if subject.harbors.is_harbor(registry):
            wanted = f"{shown(registry)} wants a pull secret"
        elif any(pattern.matches(reference) for pattern in self.login):
            wanted = f"{shown(registry)} gives images only to those who log in"
        else:
            return
        yield Problem(
            f"{wanted}, and neither the pod nor its service account names one (imagePullSecrets)"
        )


def _named(place: Upstream, move: Move, image: ImageReference) -> str:
    """Name a registry or path, and the repository where the move is of some repositories alone."""
    if not move.repositories:
        return shown(str(place))
    below = image.repository[len(move.old.path) :].lstrip("/")
    return shown(f"{place}/{below}")


def _permitted(
    reference: ImageReference, gate: Gate, harbors: HarborMap
) -> ImageReference | Refusal:
    """Return the image as it is if the gate allows it, else through Harbor, or why neither."""
    return reference if gate.decide(reference).allowed else harbors.rewrite(reference, gate)
