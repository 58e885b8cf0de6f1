"""Checks about where an image comes from: what the gate and the Harbors have to say. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from imagelint.finding import Problem
from imagelint.registries import Refusal, listed
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.subject import Subject

__all__ = ["ApprovedRegistry"]


@final
@dataclass(frozen=True, slots=True)
class ApprovedRegistry:
    """The environment allows the image; the rewrite is the image through Harbor."""

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
        rewrite = subject.harbors.rewrite(reference, gate)
        if isinstance(rewrite, Refusal):
            yield Problem(f"{verdict}; {rewrite.reason}")
        else:
            yield Problem(f"{verdict}; use {shown(str(rewrite))}", str(rewrite))
