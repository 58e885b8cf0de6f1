"""The checks: a call gives the problems of one image; parameters are fields of a named tuple.

A check knows no YAML, file, span or severity, and a rule (:mod:`imagelint.rules`) is a check with
parameters and prose. New check: one class here and one line in ``CHECKS``. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, final

from imagelint.finding import Problem
from imagelint.globs import NamePattern
from imagelint.reference import ImageReference, InvalidReference
from imagelint.registries import Refusal, listed
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.nodes import ValueType
    from imagelint.registries import Gate, HarborMap

__all__ = [
    "CHECKS",
    "DOCUMENT",
    "ApprovedRegistry",
    "Check",
    "HasDigest",
    "PinnedTag",
    "ResolvedReference",
    "StringType",
    "Subject",
    "ValidReference",
    "placeholder_in",
]

_LATEST: Final = (NamePattern.parse("latest"),)


@final
class Subject(NamedTuple):
    """One image in one environment: all that a check may know."""

    image: str | None
    """The text as Kubernetes reads it; None where the value has none."""
    value_type: ValueType
    reference: ImageReference | None
    """The image parsed; None where it does not parse or is no string."""
    error: InvalidReference | None
    """Why it does not parse."""
    placeholder: str | None
    """The piece that something else must fill in first; None for a value that is final."""
    environment: str
    """The environment's name, for messages."""
    gate: Gate
    harbors: HarborMap
    has_separate_tag: bool = False
    """Whether tag or digest are set elsewhere, as by a Kustomization with only ``newName``."""


class Check(Protocol):
    """What every entry of ``CHECKS`` makes."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield what is wrong."""


@final
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


@final
class ValidReference:
    """The text is an image reference as the kubelet reads it."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for a text that no runtime can pull, unless it is yet to be filled in."""
        image = subject.image
        if image is None or subject.value_type != "string" or subject.placeholder is not None:
            return
        if not image:
            yield Problem("the image is empty; write one, or leave the key out")
        elif image != image.strip():
            advice = f"; write {shown(image.strip())}" if image.strip() else ""
            yield Problem(f'"{shown(image)}" has white space around it{advice}')
        elif subject.error is not None:
            yield Problem(str(subject.error))


@final
class ResolvedReference:
    """Nothing is left to fill in."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem where a placeholder keeps the image from being judged."""
        if subject.placeholder is not None:
            image, piece = shown(subject.image or ""), shown(subject.placeholder)
            what = "" if image == piece else f" in {image}"
            yield Problem(
                f"{piece}{what} is filled in later, so the image cannot be judged here;"
                " lint the rendered output, or write the image itself"
            )


@final
class StringType:
    """The value is a string."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for null, a number, a boolean, a mapping or a sequence."""
        advice = {
            "null": "write an image, or leave the key out",
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
    """A tag that does not move, or a digest, says which image runs."""

    tags: tuple[NamePattern, ...] = _LATEST
    """Tags that move; ``*`` and ``?`` are wildcards. No tag counts as ``latest``."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for a moving tag, unless a digest pins the image."""
        reference = subject.reference
        if reference is None or reference.digest is not None or subject.has_separate_tag:
            return
        tag = reference.tag or "latest"
        if not any(moving.matches(tag) for moving in self.tags):
            return
        image = shown(str(reference))
        what = f"the tag {shown(tag)} of {image} moves"
        if reference.tag is None:
            what = f"{image} has no tag, which means latest"
        yield Problem(f"{what}; pin a version or a digest")


@final
class HasDigest:
    """A digest says which image runs."""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield a problem for an image without a digest."""
        reference = subject.reference
        if reference is None or reference.digest is not None or subject.has_separate_tag:
            return
        image = shown(str(reference))
        yield Problem(f"{image} has no digest; write {image}@sha256:… with the one you tested")


DOCUMENT: Final = "document"
"""The check of rules about documents: it has no code here, the engine raises them."""

CHECKS: Final[dict[str, type[Check]]] = {
    "approved-registry": ApprovedRegistry,
    "valid-reference": ValidReference,
    "resolved-reference": ResolvedReference,
    "string-type": StringType,
    "pinned-tag": PinnedTag,
    "digest": HasDigest,
}

# What tools fill in: none of it is ever part of a valid reference, except inside a tag.
# The closing marks may be missing: a cut-off template is no image either.
_MARKED: Final = r"""(?xs)
      \{\{ .*? (?: \}\} | \Z )        # Go templates, Helm, Jinja
    | \$\( [^()]* \)?                 # $(VAR): Kubernetes, Tekton, make
    | \$\{ [^{}]* \}?                 # ${VAR}, ${VAR:-default}: shell, envsubst, Flux
    | \$ [A-Za-z_][A-Za-z0-9_]*       # $VAR
    | \A ko://                        # built and filled in by ko
    | < [^<>]+ >                      # <your-image>
    | @@? [A-Za-z_][A-Za-z0-9_.-]* @@?  # @@IMAGE@@, @IMAGE@: autotools, CMake
    | % [A-Za-z_][A-Za-z0-9_]* %      # %IMAGE%
    | __ [A-Za-z0-9]+ (?: _[A-Za-z0-9]+ )* __
    """
_CAPITALS: Final = r"(?<![A-Za-z0-9_-])[A-Z][A-Z0-9_-]*(?![A-Za-z0-9_-])"
_FILL_IN: Final = (
    r"REPLACE|CHANGE|FILL|INSERT|PLACEHOLDER|SUBSTITUTE|TODO|FIXME|TBD|YOUR|[A-Z0-9]_[A-Z0-9]"
)


def placeholder_in(text: str) -> str | None:
    """Return the first piece of ``text`` that is to be filled in before anyone pulls it.

    A valid reference is what it says and holds no placeholder; ``ko://`` never is one. Words in
    capitals count where they ask for it (``REPLACE_ME``, ``YOUR-ORG``) or are written like a
    variable (``PROJECT_ID``); ``IMAGE:TAG`` is merely invalid.
    """
    found = re.search(_MARKED, text)
    if found is None:
        words = re.finditer(_CAPITALS, text)
        found = next((word for word in words if re.search(_FILL_IN, word.group())), None)
    return None if found is None or _is_valid(text) else found.group()


def _is_valid(text: str) -> bool:
    try:
        ImageReference.parse(text)
    except InvalidReference:
        return False
    return True
