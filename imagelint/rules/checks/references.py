"""The checks: a call yields the problems of one image; parameters are fields of a named tuple.

A rule (``rules/rule.py``) is a check with parameters and prose. ``rules/checks/subject.py`` defines
a check's input. New check: one class, and one line in ``CHECKS``. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, final

from imagelint.model.finding import Problem
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.globs import NamePattern
from imagelint.patterns.harbor import listed
from imagelint.patterns.images import RegistryPattern
from imagelint.rules.checks.lookalikes import PlausibleReference
from imagelint.rules.checks.registry import (
    ApprovedRegistry,
    CurrentRegistry,
    NamedRegistry,
    PullSecret,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.rules.checks.subject import Check, Subject

__all__ = [
    "ABOUT_PODS",
    "CHECKS",
    "DOCUMENT",
    "MOVERS",
    "NEEDED",
    "RETIRED",
    "ForbiddenImage",
    "HasDigest",
    "PinnedTag",
    "RequiredTag",
    "ResolvedReference",
    "StringType",
    "ValidReference",
]

AUTO: Final = "auto"
"""Istio's placeholder, which would parse as an image."""
_LATEST: Final = (NamePattern.parse("latest"),)
_ANY_IMAGE: Final = RegistryPattern.parse("*")
# semver.org, without build metadata after a +, which no tag can have.
_SEMVER: Final = (
    r"v?(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}"
    r"(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    r"(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
)


@final
class ValidReference:
    """The text is an image reference as the kubelet reads it."""

    about_references = False

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for a text that no runtime can pull, unless it has a placeholder."""
        image = subject.image
        if image is None or subject.value_type != "string" or subject.placeholder is not None:
            return
        if not image:
            yield Problem("the image is empty; write an image or remove the key")
        elif image != image.strip():
            advice = f"; write {shown(image.strip())}" if image.strip() else ""
            yield Problem(f'"{shown(image)}" has whitespace around it{advice}')
        elif subject.error is not None:
            yield Problem(str(subject.error))


@final
class ResolvedReference:
    """The image has no placeholder."""

    about_references = False

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem if a placeholder hides which image runs; a note if not all is hidden."""
        if subject.placeholder == AUTO:
            yield Problem(
                "auto is a placeholder for Istio, and nothing here enables its injection; label the"
                ' pod (sidecar.istio.io/inject: "true", or istio.io/rev) or the object of its'
                " namespace, or write the image"
            )
        elif subject.placeholder is not None:
            image, piece = shown(subject.image or ""), shown(subject.placeholder)
            what = f"{image} has the placeholder {piece}"
            if image == piece:
                what = f"{image} is a placeholder"
            if subject.values_at:
                yield Problem(
                    f"{what}; what is known here is checked (at {listed(subject.values_at)}),"
                    " but other values may be passed in; lint the rendered output as well",
                    is_note=True,
                )
            elif subject.reference is not None:
                yield Problem(
                    f"{what}, so only what is written is checked here;"
                    " lint the rendered output as well",
                    is_note=True,
                )
            else:
                yield Problem(
                    f"{what}, so the image cannot be checked here;"
                    " lint the rendered output, or write the image"
                )


@final
class StringType:
    """The value is a string."""

    about_references = False

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for null, a number, a boolean, a mapping or a sequence."""
        advice = {
            "null": "write an image or remove the key",
            "number": "write an image in quotes",
            "boolean": "write an image in quotes",
            "mapping": "write REGISTRY/REPOSITORY:TAG as one string",
            "sequence": "write one image as a string",
        }.get(subject.value_type)
        if advice is not None:
            value = f" ({shown(subject.image)})" if subject.image else ""
            article = "" if subject.value_type == "null" else "a "
            yield Problem(
                f"the image is {article}{subject.value_type}{value}, not a string; {advice}"
            )


@final
class PinnedTag(NamedTuple):
    """A fixed tag or a digest determines which image runs."""

    tags: tuple[NamePattern, ...] = _LATEST
    """Tags that can change; ``*`` and ``?`` are wildcards. No tag counts as ``latest``."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for a tag that can change, unless a digest pins the image."""
        reference = subject.reference
        if reference is None or reference.digest is not None or subject.has_separate_tag:
            return
        tag = reference.tag or "latest"
        for moving in self.tags:
            if moving.matches(tag):
                break
        else:
            return
        image = shown(str(reference))
        what = f"{image} has the tag {shown(tag)}, which can change"
        if reference.tag is None:
            what = f"{image} has no tag, which means latest"
        yield Problem(f"{what}; pin a version or a digest")


@final
class HasDigest:
    """A digest determines which image runs."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image without a digest."""
        reference = subject.reference
        if reference is None or reference.digest is not None or subject.has_separate_tag:
            return
        image = shown(str(reference))
        yield Problem(f"{image} has no digest; write {image}@sha256:… with the digest you tested")


@final
class ForbiddenImage(NamedTuple):
    """No image matches a pattern: for rules that a policy adds."""

    images: tuple[RegistryPattern, ...] = ()
    """Patterns for images, as in ``allow:``."""
    message: str = ""
    """What to report for such an image, and what to do instead."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image that matches."""
        reference = subject.reference
        if reference is None:
            return
        pattern = subject.fits(self.images)
        if pattern is not None:
            image = shown(str(reference))
            default = f"{image} is forbidden (by {shown(str(pattern))})"
            yield Problem(f"{image}: {self.message}" if self.message else default)


@final
class RequiredTag(NamedTuple):
    """The tag matches a pattern: for rules that a policy adds."""

    images: tuple[RegistryPattern, ...] = (_ANY_IMAGE,)
    """Patterns for the images that are checked, as in ``allow:``."""
    tags: tuple[NamePattern, ...] = ()
    """Allowed tags; * and ? are wildcards."""
    semver: bool = False
    """Whether a semantic version is allowed too, such as 1.2.3 or v1.2.3-rc.1."""
    message: str = ""
    """What to report for another tag, and what to do instead."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image whose tag is missing or not allowed."""
        reference = subject.reference
        if reference is None or subject.has_separate_tag:
            return
        if subject.fits(self.images) is None:
            return
        tag = reference.tag or ""
        if any(right.matches(tag) for right in self.tags if tag):
            return
        if self.semver and re.fullmatch(_SEMVER, tag):
            return
        image = shown(str(reference))
        wanted = listed([*map(str, self.tags), *(["a semantic version"] if self.semver else [])])
        what = f"has the tag {shown(tag)}" if tag else "has no tag"
        yield Problem(f"{image} {what}; {self.message or f'write one that matches: {wanted}'}")


DOCUMENT: Final = "document"
"""The check of rules about documents: it has no code here; the engine raises these findings."""

RETIRED: Final = "current-registry"
"""The check whose successor other repairs begin with."""
MOVERS: Final = ("approved-registry", "named-registry", RETIRED)
"""The checks whose repair may bring an image to Harbor."""
ABOUT_PODS: Final = "pull-secret"
"""The check that needs pods and service accounts, which the engine collects only for it."""

CHECKS: Final[dict[str, type[Check]]] = {
    "approved-registry": ApprovedRegistry,
    "valid-reference": ValidReference,
    "resolved-reference": ResolvedReference,
    "string-type": StringType,
    "pinned-tag": PinnedTag,
    "digest": HasDigest,
    RETIRED: CurrentRegistry,
    "named-registry": NamedRegistry,
    "plausible-reference": PlausibleReference,
    ABOUT_PODS: PullSecret,
    "forbidden-image": ForbiddenImage,
    "required-tag": RequiredTag,
}

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    RETIRED: ("registries",),
    "forbidden-image": ("images",),
}
"""The required parameters of each check: without them it would find nothing."""
