"""The grammar of image references, and the only parser for ``ImageReference``.

This module holds the syntax, the normalisation (Docker Hub's short names) and advice for text that
does not parse. It knows no policy, YAML or byte offsets. No I/O.

The language is that of distribution/reference v0.6.0 (``ParseNormalizedNamed``) with go-digest
v1.0.0 and sha256, sha384 and sha512 linked, which is what containerd, kubectl and the kubelet
read::

    reference = name [ ":" tag ] [ "@" digest ]
    name      = [ domain "/" ] path                 ; path: at most 255, "library/" counted
    domain    = ( host | ipv6 ) [ ":" port ]
    host      = label *( "." label )
    label     = ALNUM [ *( ALNUM | "-" ) ALNUM ]
    ipv6      = "[" 1*( HEX | ":" ) "]"
    port      = 1*DIGIT
    path      = component *( "/" component )
    component = 1*LOWER *( separator 1*LOWER )      ; LOWER: a-z and 0-9
    separator = "." | "_" | "__" | 1*"-"
    tag       = WORD *127( WORD | "." | "-" )       ; WORD: ALNUM and "_"; *127: at most 127
    digest    = algorithm ":" 32*HEX                ; then 64, 96 or 128 lower-case digits
    algorithm = ALPHA *ALNUM *( ( "+" | "." | "-" | "_" ) ALPHA *ALNUM )

The text before the first "/" is a domain if it is ``localhost`` or contains ".", ":" or an
upper-case letter; otherwise, or without any "/", the image is on Docker Hub. Sixty-four
hexadecimal digits alone are an image ID, not a name.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final, final

from imagelint.model.namedtuple import NamedTuple

__all__ = ["PATH_MAX", "ImageReference", "InvalidReference", "Reason", "ReferenceSpans"]

_HUB: Final = "docker.io"
_HUB_LEGACY: Final = "index.docker.io"
_OFFICIAL: Final = "library/"
PATH_MAX: Final = 255
"""Characters of a repository, with ``library/`` (distribution/reference)."""
_TAG_MAX: Final = 128
_DIGEST_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
_SHOWN_MAX: Final = 200

# Python's regex engine keeps some 200 bytes for each round of a repeated group (half a gigabyte for
# 5 MB of "a.a.a."), but nothing for a repeated character class. So "words joined by separators" is
# written as one run of characters without two adjacent separators; a run ends only at a character
# outside its class, so the engine tries nothing twice and the time is linear.
_LABELS = r"(?![A-Za-z0-9.-]*(?:\.[.-]|-\.))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_IPV6 = r"\[[0-9A-Fa-f:]+\]"
_PORT = r"[0-9]+"
_DOMAIN = rf"(?:{_LABELS}|{_IPV6})(?::{_PORT})?"
_CLASH = r"(?:[./][._/-]|-[._/]|_[./-]|___)"
_PATH = rf"(?![a-z0-9._/-]*{_CLASH})[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?"
_TAG = rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{_TAG_MAX - 1}}}"
_ALGORITHM = r"(?![A-Za-z0-9+._-]*[+._-][^A-Za-z])[A-Za-z][A-Za-z0-9+._-]*"
_DIGEST = rf"{_ALGORITHM}:[0-9A-Fa-f]{{32,}}"

_match_domain: Final = lru_cache(1000)(re.compile(_DOMAIN).fullmatch)  # there are few registries
_REST_RE: Final = re.compile(rf"({_PATH})(?::({_TAG}))?(?:@({_DIGEST}))?")  # path, tag, digest
_IDENTIFIER: Final = r"[0-9a-f]{64}"


class Reason(str, Enum):
    """Why a text is not an image reference: one value for each error of distribution/reference."""

    FORMAT = "format"
    UPPERCASE = "uppercase"
    IDENTIFIER = "identifier"
    TOO_LONG = "too-long"
    DIGEST_ALGORITHM = "digest-algorithm"
    DIGEST_LENGTH = "digest-length"
    DIGEST_FORMAT = "digest-format"

    def __str__(self) -> str:
        """Return the bare value: ``str()`` of a mixed-in enum differs between Python versions."""
        return self.value


class InvalidReference(ValueError):
    """A text is not an image reference; ``str()`` says what to type instead.

    ``reason`` is the kind of error, ``text`` the whole text as given, ``message`` the
    explanation: one printable line in which values are cut at 200 characters.
    """

    def __init__(self, reason: Reason, text: str, message: str) -> None:
        """Keep all three values in ``args``, so that the error can be pickled."""
        super().__init__(reason, text, message)
        self.reason = reason
        self.text = text
        self.message = message

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class ReferenceSpans(NamedTuple):
    """The place of each part: (start, end) in characters of ``str(reference)``, end exclusive.

    A part that is not written is None. The separators ("/", ":", "@") belong to no part.
    """

    domain: tuple[int, int] | None
    path: tuple[int, int]
    tag: tuple[int, int] | None
    digest: tuple[int, int] | None


class _Unset(Enum):
    """The type of an argument that was not given, where None has another meaning."""

    UNSET = 0


_UNSET: Final = _Unset.UNSET


@final
class ImageReference(NamedTuple):
    """An image reference, its parts as written: ``str(ImageReference.parse(s)) == s``.

    Use ``parse`` or ``replace`` to make one; the constructor checks nothing.
    """

    domain: str | None
    """Registry host with its port. None: not written, Docker Hub is implied. ``""``: the text
    before the first "/" (``ex_ample.com/app``) is no valid domain but a valid path component, so
    it is part of ``path``, and no registry is named."""
    path: str
    """Repository without the domain, at least one component; ``library/`` only if written."""
    tag: str | None
    """Tag without its colon, or None."""
    digest: str | None
    """``algorithm:hex`` without its "@", or None."""

    @staticmethod
    def parse(text: str) -> ImageReference:
        """Parse ``text`` as distribution/reference does, or raise ``InvalidReference``."""
        result = _read(text)
        if isinstance(result, Reason):
            raise InvalidReference(result, text, _message(result, text))
        return result

    @staticmethod
    def parse_or_none(text: str) -> ImageReference | None:
        """Read ``text`` as ``parse`` does, or return None; no message is put together."""
        return found if isinstance(found := _read(text), ImageReference) else None

    def __str__(self) -> str:
        """Return the text that was parsed."""
        return (f"{self.domain}/" if self.domain else "") + self.path + self._suffix

    @property
    def registry(self) -> str:
        """The registry's normalised host: ``docker.io`` for Docker Hub, ``""`` if none is named.

        Compare it exactly: case and port matter, ``Docker.io`` is not Docker Hub.
        """
        return _HUB if self.domain is None or self.domain == _HUB_LEGACY else self.domain

    @property
    def repository(self) -> str:
        """The path, with ``library/`` added to one-component names of Docker Hub."""
        is_official = self.registry == _HUB and "/" not in self.path
        return _OFFICIAL + self.path if is_official else self.path

    @property
    def familiar(self) -> str:
        """The short form that Docker shows (``FamiliarString``); for display, never to parse."""
        registry, repository = self.registry, self.repository
        if registry == _HUB:
            official = repository.startswith(_OFFICIAL) and repository.count("/") == 1
            name = repository[len(_OFFICIAL) :] if official else repository
        else:
            name = f"{registry}/{repository}" if registry else repository
        return name + self._suffix

    def spans(self) -> ReferenceSpans:
        """Return the place of each part in ``str(self)``, in characters."""
        start = len(self.domain) + 1 if self.domain else 0
        path = (start, start + len(self.path))
        tag, end = None, path[1]
        if self.tag is not None:
            tag = (end + 1, end + 1 + len(self.tag))
            end = tag[1]
        digest = None if self.digest is None else (end + 1, end + 1 + len(self.digest))
        return ReferenceSpans((0, start - 1) if self.domain else None, path, tag, digest)

    def replace(
        self,
        *,
        domain: str | _Unset | None = _UNSET,
        path: str | _Unset = _UNSET,
        tag: str | _Unset | None = _UNSET,
        digest: str | _Unset | None = _UNSET,
    ) -> ImageReference:
        """Return a valid reference with the given parts; the other parts are those of this one.

        Raises ``InvalidReference`` if the result does not parse, or if it parses into other parts:
        ``domain="harbor"`` would be read as a Docker Hub organisation.
        """
        wanted = ImageReference(
            self.domain if domain is _UNSET else domain,
            self.path if path is _UNSET else path,
            self.tag if tag is _UNSET else tag,
            self.digest if digest is _UNSET else digest,
        )
        found = ImageReference.parse(str(wanted))
        if found != wanted:
            read = f"registry {_shown(found.registry)} and repository {_shown(found.repository)}"
            message = f"{_shown(str(wanted))} would be read as {read} (a host has a dot or a port)"
            raise InvalidReference(Reason.FORMAT, str(wanted), message)
        return found

    @property
    def _suffix(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return tag if self.digest is None else f"{tag}@{self.digest}"


def _read(text: str) -> ImageReference | Reason:
    """Parse; the order of the checks is the library's, because it decides which reason is given.

    Python's Unicode version decides which non-ASCII letters count as upper case, as Go's does in
    the library; both refuse all of them, as ``UPPERCASE`` or ``FORMAT``.
    """
    if len(text) == 64 and re.fullmatch(_IDENTIFIER, text):
        return Reason.IDENTIFIER
    domain, rest = _split_domain(text)
    if (remote := rest.partition(":")[0]) != remote.lower():
        return Reason.UPPERCASE
    found = _match(domain, rest)
    if found is None:
        lowered = None if domain is None else _go_lower(domain)
        return Reason.UPPERCASE if _match(lowered, _go_lower(rest)) else Reason.FORMAT
    if len(found.path) + len(_OFFICIAL) > PATH_MAX and len(found.repository) > PATH_MAX:
        return Reason.TOO_LONG
    return (found.digest and _check_digest(found.digest)) or found


def _split_domain(text: str) -> tuple[str | None, str]:
    """Split at the first "/" if the text before it is a domain: (domain or None, the rest)."""
    first, slash, rest = text.partition("/")
    is_domain = first == "localhost" or "." in first or ":" in first or first != first.lower()
    return (first, rest) if slash and is_domain else (None, text)


def _match(domain: str | None, rest: str) -> ImageReference | None:
    """Match the parts against the grammar; length and digest are checked later."""
    if domain is not None and not _match_domain(domain):
        # The library's regex may still read this "domain" as the first component of the path.
        domain, rest = "", f"{domain}/{rest}"
    found = _REST_RE.fullmatch(rest)
    return found and ImageReference(domain, *found.groups())


def _go_lower(text: str) -> str:
    """Lower the case as Go does: U+0130 becomes two characters in Python but "i" in Go."""
    return text.replace("\u0130", "i").lower()


def _check_digest(digest: str) -> Reason | None:
    """Check what go-digest checks after the grammar: algorithm, then length, then case."""
    algorithm, _, encoded = digest.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        return Reason.DIGEST_ALGORITHM if algorithm == algorithm.lower() else Reason.DIGEST_FORMAT
    if len(encoded) != length:
        return Reason.DIGEST_LENGTH
    return None if encoded == encoded.lower() else Reason.DIGEST_FORMAT


# Advice. The code below does not decide whether a text is a reference.

_Slip = tuple[Reason | None, str, str, str]
"""A common mistake: reason (None: any), part of the reference or "text", pattern, advice."""


def _slips(part: str, *rows: tuple[str, str], reason: Reason | None = Reason.FORMAT) -> list[_Slip]:
    return [(reason, part, pattern, advice) for pattern, advice in rows]


_LENGTH_ADVICE: Final = f"its repository is {{length}} long, {PATH_MAX} fit (library/ counts)"
_ALGORITHM_ADVICE: Final = f"{{found}} is none of the digests {', '.join(_DIGEST_LENGTHS)}"
_SCHEME: Final = r"\A[A-Za-z][A-Za-z0-9+.-]*://"
_DIGITS: Final = [
    (
        rf"\A{algorithm}:((?![0-9A-Fa-f]{{{length}}}\Z)[0-9A-Fa-f]+)\Z",
        f"its {algorithm} digest has {{length}} hexadecimal digits, it must have {length}",
    )
    for algorithm, length in _DIGEST_LENGTHS.items()
]

# The first match gives the advice; "{found}" in it is the text that the pattern or its group
# matched. The patterns are compiled on first use. They are searched for, so none may begin with an
# unbounded repeat without an anchor: that would take quadratic time.
_SLIPS: Final = (
    *_slips(
        "text",
        (r"\A\s*\Z", "it is empty, name an image such as docker.io/library/nginx"),
        (r"\A\s|\s\Z", "remove the white space around it"),
        (_SCHEME, "drop the scheme {found}"),
        (r"[^A-Za-z0-9._:/@+\[\]\s-]", "the character {found} cannot stand in a reference"),
        (r"\s", "remove the white space inside it"),
        reason=None,
    ),
    *_slips("domain", (r"_", "a registry's name cannot hold {found}"), reason=Reason.UPPERCASE),
    *_slips("text", (r"", "only registry and tag may have upper case"), reason=Reason.UPPERCASE),
    *_slips("text", (r"", "it is an image ID, put NAME@sha256: first"), reason=Reason.IDENTIFIER),
    *_slips("repository", (r"\A.*", _LENGTH_ADVICE), reason=Reason.TOO_LONG),
    *_slips("digest", (r"\A[^:]*", _ALGORITHM_ADVICE), reason=Reason.DIGEST_ALGORITHM),
    *_slips("digest", (r"", "a digest is written in lower case"), reason=Reason.DIGEST_FORMAT),
    *_slips("digest", *_DIGITS, reason=Reason.DIGEST_LENGTH),
    *_slips(
        "digest",
        *_DIGITS,
        (r"\A\Z", "no digest follows the @, write one such as sha256: and 64 digits or drop the @"),
        (r"@", "only one @ is allowed"),
        (r"\A[^:]*\Z", "a digest is written as sha256: and 64 digits, a tag with : and not @"),
        (r"\A:", "the digest has no algorithm, write sha256 in front of the colon"),
        (r"\A[^:]*:\Z", "the digest has no hash behind {found}"),
        (r"\A[^:]*:[0-9A-Fa-f]*([^0-9A-Fa-f])", "{found} is no hexadecimal digit of a digest"),
        (rf"\A(?!{_ALGORITHM}:)[^:]*", _ALGORITHM_ADVICE),
        (r"\A[^:]*:([0-9A-Fa-f]{1,31})\Z", "its digest has {length} digits, sha256 has 64"),
    ),
    *_slips(
        "tag",
        (r"\A\Z", "no tag follows the colon, write one or drop the colon"),
        (r"\A:", "write one colon in front of the tag, not two"),
        (r":", "only one tag is allowed, and only one colon in front of it"),
        (r"\+", "a tag cannot hold +, write _ in its place as Helm does"),
        (r"\A[.-]", "a tag cannot begin with {found}"),
        (r"[^A-Za-z0-9_.-]", "{found} cannot stand in a tag"),
        (rf"\A.{{{_TAG_MAX + 1},}}", f"its tag has {{length}} characters, {_TAG_MAX} are allowed"),
    ),
    *_slips(
        "domain",
        (r"@", "a digest stands at the end, no / can follow it"),
        (r"\A[^\[\]:]*:[^\[\]:]*:", "a registry has one colon, IPv6 addresses stand in [ ]"),
        (r":\Z", "no port follows the registry's colon, write a number or drop the colon"),
        (rf"\A(?:{_IPV6}|[^\[\]:]*):([0-9]*[^0-9].*)", "the registry's port {found} is no number"),
        (rf"\A(?!{_IPV6}(?::|\Z))[^\[\]]*[\[\]]", "only an IPv6 address stands in [ ]"),
        (r"[_+]", "a registry's name cannot hold {found}"),
        (r"\A[.-]|\.[.-]|-\.|[.-](?=:|\Z)", "a registry's labels begin and end with a-z or 0-9"),
    ),
    *_slips(
        "path",
        (r"\A\Z", "the repository is missing"),
        (r"\A/|//|/\Z", "a / stands between two names, remove the one too many"),
        (r":", "a port belongs to the registry and a tag to the end, remove the other colon"),
        (r"[^a-z0-9._/-]", "{found} cannot stand in a repository"),
        (r"\A[._-]|/[._-]|[._-]/|[._-]\Z", "a repository's names begin and end with a-z or 0-9"),
        (_CLASH, "{found} cannot stand in a repository, only one of . _ __ - or more - in a row"),
    ),
)


def _message(reason: Reason, text: str) -> str:
    """Explain the error in ``text`` and, where possible, say what to write instead."""
    cut = _cut(text)
    advice = "write it as [REGISTRY/]REPOSITORY[:TAG][@DIGEST]"
    for why, part, pattern, slip_advice in _SLIPS:
        value: str | None = text if part == "text" else getattr(cut, part)
        if why in (None, reason) and value is not None and (found := re.search(pattern, value)):
            what = found[found.lastindex or 0]
            advice = slip_advice.format(found=_shown(what), length=len(what))
            break
    repaired = _repair(text)
    write = f"; write {_shown(repaired)}" if repaired else ""
    return f"{_shown(text)} is not an image reference: {advice}{write}"


def _cut(text: str) -> ImageReference:
    """Split invalid text where its author probably meant to: at "/", "@" and the last ":"."""
    domain, rest = _split_domain(text)
    name, at, digest = rest.partition("@")
    colon = name.find(":", name.rfind("/") + 1)
    path, tag = (name, None) if colon < 0 else (name[:colon], name[colon + 1 :])
    return ImageReference(domain, path, tag, digest if at else None)


def _repair(text: str) -> str | None:
    """Correct white space, scheme, double colon and case; None if the result is no reference."""
    cut = _cut(re.sub(_SCHEME, "", text.strip()))
    tag, digest = cut.tag and cut.tag.lstrip(":"), cut.digest and cut.digest.lower()
    repaired = str(ImageReference(cut.domain, cut.path.lower(), tag, digest))
    return repaired if ImageReference.parse_or_none(repaired) else None


def _shown(text: str) -> str:
    """Quote a value for a message: one line of at most 200 printable characters."""
    escaped = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: _SHOWN_MAX + 1])
    return f'"{escaped}"' if len(escaped) <= _SHOWN_MAX else f'"{escaped[:_SHOWN_MAX]}…"'
