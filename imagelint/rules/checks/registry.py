"""Checks about where an image comes from: what the gate and the Harbors have to say. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from imagelint.model.finding import Problem
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import InvalidReference
from imagelint.model.source import shown
from imagelint.patterns.harbor import Move, Refusal, listed
from imagelint.patterns.images import HUB, RegistryPattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.reference import ImageReference
    from imagelint.patterns.harbor import Gate, HarborMap
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
        by = decision.pattern
        is_one = by is not None and by.names_repository
        if not registry or is_one or any(item.covers_registry(registry) for item in gate.allow):
            named = f"image {shown(str(reference))}"
        if by is not None:
            verdict = f"{named} is denied in {environment} (by {shown(str(by))})"
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
    """Retired registries, or paths on them, with where the same images are now, or none."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image from a registry that is retired."""
        reference, origin = subject.reference, subject.origin
        move = None if origin is None else self._moved(origin)
        if reference is None or origin is None or move is None:
            return
        retired = f"{shown(str(move.old))} is retired"
        if move.new is None:
            yield Problem(f"{retired} and has no successor; find out where the image is now")
            return
        rewrite = self._replaced(reference, move, origin, subject.gate, subject.harbors)
        verdict = f"{retired}, its images are at {shown(str(move.new))} now"
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))

    def successor(
        self,
        reference: ImageReference,
        origin: ImageReference | None,
        gate: Gate,
        harbors: HarborMap,
    ) -> ImageReference | None:
        """Return what an image from a retired registry should be; None: keep it as it is.

        ``origin`` is what it is upstream.
        """
        move = None if origin is None else self._moved(origin)
        if origin is None or move is None:
            return None
        replaced = self._replaced(reference, move, origin, gate, harbors)
        return None if isinstance(replaced, Refusal) else replaced

    def _moved(self, origin: ImageReference) -> Move | None:
        """Return the move that concerns an image, the one with the longest path."""
        registry = origin.registry
        found: Move | None = None
        for move in self.registries:
            if move.old.registry != registry or not move.covers(origin):
                continue
            if found is None or len(move.old.path) > len(found.old.path):
                found = move
        return found

    def _replaced(
        self,
        reference: ImageReference,
        move: Move,
        origin: ImageReference,
        gate: Gate,
        harbors: HarborMap,
    ) -> ImageReference | Refusal:
        try:
            successor = move.successor(origin)
        except InvalidReference as error:
            return Refusal(f"no reference there is possible: {error}")
        if successor is None:
            return Refusal("find out what the image is called there")
        if origin is reference:
            return _permitted(successor, gate, harbors)
        return harbors.rewrite(successor, gate)


@final
class PullSecret(NamedTuple):
    """Somebody names a pull secret for an image on Harbor: here, the pod.

    That its service account may do so is for the engine and ``engine/run_rules.py`` to see.
    """

    public: tuple[RegistryPattern, ...] = ()
    """Patterns for images that anyone may pull, as in ``allow:``."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image on Harbor whose pod names no secret."""
        reference = subject.reference
        if reference is None or subject.has_pull_secret is not False:
            return
        registry = reference.registry
        if not subject.harbors.is_harbor(registry):
            return
        if subject.fits(self.public) is not None:
            return
        yield Problem(
            f"{shown(registry)} wants a pull secret, and neither the pod nor its service account"
            " names one (imagePullSecrets)"
        )


def _permitted(
    reference: ImageReference, gate: Gate, harbors: HarborMap
) -> ImageReference | Refusal:
    """Return the image as it is if the gate allows it, else through Harbor, or why neither."""
    return reference if gate.decide(reference).allowed else harbors.rewrite(reference, gate)
