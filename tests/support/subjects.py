"""What checks are given, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.patterns.harbor import Gate, Harbor, HarborMap, Project, RegistryPattern, Upstream
from imagelint.rules.checks.placeholders import placeholder_in
from imagelint.rules.checks.subject import Check, Subject

if TYPE_CHECKING:
    from imagelint.yaml.nodes import ValueType

DIGEST = "sha256:" + "a" * 64
HARBORS = HarborMap((Harbor("h.co", (Project(Upstream("docker.io"), "hub"),)),))


def gate(*allow: str, deny: tuple[str, ...] = ()) -> Gate:
    """Make a gate of patterns."""
    return Gate(tuple(map(RegistryPattern.parse, allow)), tuple(map(RegistryPattern.parse, deny)))


def subject(
    image: str | None,
    *,
    value_type: ValueType = "string",
    by: Gate | None = None,
    has_separate_tag: bool = False,
) -> Subject:
    """Make what a check is given, as the engine does."""
    reference = error = placeholder = None
    if image is not None and value_type == "string":
        placeholder = placeholder_in(image)
        try:
            reference = ImageReference.parse(image)
        except InvalidReference as caught:
            error = caught
    return Subject(
        image,
        value_type,
        reference,
        error,
        placeholder,
        "prod",
        gate("h.co") if by is None else by,
        HARBORS,
        has_separate_tag,
        None if reference is None else HARBORS.origin(reference),
    )


def messages(check: Check, given: Subject) -> list[str]:
    """Return what the check says."""
    return [problem.message for problem in check(given)]
