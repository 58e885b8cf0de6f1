"""A kustomization as kustomize reads it, as values; ``kustomization.py`` makes them of nodes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.yaml.nodes import Mapping, Node, Scalar

__all__ = ["FileRole", "ImageEntry", "Inline", "Kustomization", "PathEntry", "Role", "Target"]
__all__ += ["Unjudged"]


class Role(Enum):
    """What a kustomization takes a file, a folder or an inline text for."""

    RESOURCE = "resource"
    """Of ``resources`` and ``bases``: manifests, or the folder of another kustomization."""
    COMPONENT = "component"
    PATCH = "patch"
    """Of ``patches`` and ``patchesStrategicMerge``: a strategic merge patch or JSON 6902."""
    JSON_PATCH = "JSON patch"
    """Of ``patchesJson6902``: JSON 6902 alone."""
    TRANSFORMER = "transformer"
    """Of ``transformers`` and ``validators``: objects of plugins, or a kustomization of some."""
    GENERATOR = "generator"
    CONFIGURATION = "configuration"
    """Of ``configurations``: fields that transformers work on."""
    REPLACEMENT = "replacement"
    """Of ``replacements[].path``: one replacement or a list of them."""
    CRD = "CRD"
    """Of ``crds``: OpenAPI definitions, which hold no images."""
    VALUES = "values"
    """Of ``helmCharts[].valuesFile`` and ``additionalValuesFiles``."""
    DATA = "data"
    """Of the generators of ConfigMaps and Secrets: files whose content is no manifest."""


class Target(NamedTuple):
    """Whom a patch is for, as written; empty texts stand for anything.

    Kustomize takes each for a regular expression (Go's RE2) that has to match all of a name.
    """

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""


class FileRole(NamedTuple):
    """What a kustomization somewhere in the repository takes a file for."""

    role: Role
    target: Target | None = None
    """Of a patch."""


class ImageEntry(NamedTuple):
    """An item of ``images``; None for what is not there. Each scalar may stand elsewhere."""

    name: Scalar | None
    new_name: Scalar | None
    new_tag: Scalar | None
    digest: Scalar | None
    tag_suffix: Scalar | None
    mapping: Mapping
    """Where it is written: the item, or the last one where several are merged to one."""
    field: str
    """``images[0]``, with the key as it is written."""


class PathEntry(NamedTuple):
    """A file or folder that a kustomization names."""

    role: Role
    path: str
    node: Scalar
    field: str
    """``resources[2]``, ``patches[0].path``."""
    target: Target | None = None
    """Of a patch; None where it states none, so that the patch's own names decide."""


class Inline(NamedTuple):
    """A text in the kustomization that kustomize reads as documents."""

    role: Role
    node: Scalar
    field: str
    target: Target | None = None


class Unjudged(NamedTuple):
    """Something whose outcome only a build can tell."""

    node: Node
    field: str
    message: str
    """A clause: what it does."""
    is_about_images: bool
    """Whether an image field is named, so that silence would be a hole."""


class Kustomization(NamedTuple):
    """A kustomization file, or what another object says in a kustomization's fields."""

    mapping: Mapping
    is_component: bool = False
    namespace: str = ""
    images: tuple[ImageEntry, ...] = ()
    """In the order in which kustomize applies them."""
    paths: tuple[PathEntry, ...] = ()
    """In the order of the file's roles; remote ones (URLs) too."""
    inline: tuple[Inline, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()
    """Why kustomize refuses the file: character and clause."""
