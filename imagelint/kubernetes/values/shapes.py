"""Which mappings and strings in a chart's values are images: text and keys only, no nodes.

A chart may give any key any meaning, so a value counts only if its key and its text agree. A
registry is known if it is written out; the one that a chart adds to a short name is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.model.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "DIGESTS",
    "FILLED",
    "NAMES",
    "TAGS",
    "has_placeholder",
    "has_version",
    "holds_registry",
    "is_chart_or_repository",
    "is_container_list",
    "is_image_key",
    "is_image_list",
    "is_name_key",
    "is_registry_key",
    "is_skipped",
    "looks_like_image",
    "names_host",
    "names_known_registry",
    "readable",
    "tail_of",
]

FILLED: Final = "\ue000"
"""A character in place of each of a template's action, where that is not YAML."""
NAMES: Final = ("repository", "image", "name")
"""The keys of an image's name in a mapping, the best first."""
TAGS: Final = ("tag", "version")
DIGESTS: Final = ("digest", "sha", "sha256")

_IMAGE_KEY: Final = re.compile(r"(?:.*[a-z0-9])?(?:Image|[-_]image)|image|[A-Z0-9_]+_IMAGE")
_MORE_KEYS: Final = re.compile(r"(?:.*[a-z0-9])?(?:image|Image)(?:Repository|Name)")
_REGISTRY_KEYS: Final = ("imageRegistry", "hub")
_LISTS: Final = re.compile(r"(?:.*[a-z0-9])?(?:Images|[-_]images)|images")
_CONTAINERS: Final = re.compile(r"containers|sidecars|.*(?:[a-z0-9]Containers|[a-z0-9]Sidecars)")
_SKIPPED: Final = re.compile(
    r".*[iI]mage(?:PullSecrets?|PullPolicy|Credentials?)|.*[pP]ullSecrets?"
)
_CHARTS: Final = frozenset(
    ["chart", "charts", "git", "github", "gitlab", "helm", "repo", "repos", "source", "sourceRef"]
)
_BESIDE_CHARTS: Final = (
    *("chart", "branch", "revision", "targetRevision", "sourceRef", "ref", "path", "password"),
)
_GIT_HOSTS: Final = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com")
_FILE: Final = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|bmp|avif|iso|img|qcow2|raw|vmdk|vhdx?|ova|xz|gz|zip|bin)$",
    re.IGNORECASE,
)
_REGISTRY: Final = re.compile(
    r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?|[a-z0-9-]+:[0-9]+)(?:/[a-z0-9._/-]*[a-z0-9])?"
)
_KNOWN: Final = re.compile(
    r"(?:docker|quay|ghcr|lscr|nvcr)\.io|(?:.+\.)?gcr\.io|public\.ecr\.aws|mcr\.microsoft\.com"
    r"|cgr\.dev|registry\..+|.+\.(?:pkg\.dev|azurecr\.io)|[0-9]+\.dkr\.ecr\..+|harbor\..+"
)
_PLACEHOLDER: Final = re.compile(rf"\{{\{{|\$\{{|\$\(|{FILLED}")


def is_image_key(key: str) -> bool:
    """Whether a key says that its value is an image: ``image``, ``runnerImage``."""
    return _IMAGE_KEY.fullmatch(key) is not None


def is_name_key(key: str) -> bool:
    """Whether a key says that its value is an image's name: ``imageRepository``."""
    return _MORE_KEYS.fullmatch(key) is not None


def is_registry_key(key: str) -> bool:
    """Whether a key says that its value is a registry that the chart puts before images."""
    return key in _REGISTRY_KEYS


def is_image_list(key: str) -> bool:
    """Whether a key says that its items are images."""
    return _LISTS.fullmatch(key) is not None


def is_container_list(key: str) -> bool:
    """Whether a key holds containers as Kubernetes has them: their images are whole references."""
    return _CONTAINERS.fullmatch(key) is not None


def is_skipped(key: str) -> bool:
    """Whether a key is about images, but holds none: pull secrets."""
    return _SKIPPED.fullmatch(key) is not None


def is_chart_or_repository(key: str, keys: Collection[str]) -> bool:
    """Whether the ``repository`` in a mapping is that of charts or of git.

    ``key`` leads to the mapping, which has ``keys``.
    """
    if key in _CHARTS or any(one in keys for one in _BESIDE_CHARTS):
        return True
    return "name" in keys and "version" in keys and "tag" not in keys


def names_host(text: str) -> bool:
    """Whether an image names its registry."""
    host, slash, _ = text.partition("/")
    return bool(slash) and (host == "localhost" or "." in host or ":" in host)


def names_known_registry(text: str) -> bool:
    """Whether an image names a registry that holds only images."""
    host, slash, _ = text.partition("/")
    return bool(slash) and _KNOWN.fullmatch(host) is not None


def holds_registry(text: str) -> bool:
    """Whether a text is a registry with or without a path."""
    return _REGISTRY.fullmatch(text) is not None


def has_placeholder(text: str) -> bool:
    """Whether a template fills in a part of a text."""
    return _PLACEHOLDER.search(text) is not None


def has_version(text: str) -> bool:
    """Whether an image has a tag that can be nothing else: one with a number, or ``latest``."""
    tag = text.rpartition("/")[2].partition(":")[2]
    return tag == "latest" or any(char.isdecimal() for char in tag)


def readable(text: str) -> str:
    """Return a text for people, with braces in place of a template's actions."""
    return re.sub(f"{FILLED}+", "{{…}}", text)


def looks_like_image(text: str, *, is_sure: bool) -> bool:
    """Whether a text may be an image.

    ``is_sure``: the keys leave no doubt. Else it names its registry, or at least a folder or a
    tag, as a word alone may be anything.
    """
    if "://" in text or text.startswith(("git@", "/", ".")) or _FILE.search(text):
        return False
    if has_placeholder(text):
        return is_sure and " " not in text.replace("{{ ", "").replace(" }}", "")
    if text.partition("/")[0] in _GIT_HOSTS and not is_sure:
        return False
    read = ImageReference.parse_or_none(text) or ImageReference.parse_or_none(text.lower())
    if read is None:
        return False
    return is_sure or bool(read.domain or read.tag or read.digest or "/" in read.path)


def tail_of(tag: str, digest: str) -> str:
    """Return what follows an image's name: ``:1.25@sha256:...``; a part that is filled in is not.

    A digest may be written without its algorithm.
    """
    if has_placeholder(tag) or has_placeholder(digest):
        return ""
    if tag.startswith("sha256:"):
        tag, digest = "", tag
    if digest and ":" not in digest:
        digest = f"sha256:{digest}"
    return (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
