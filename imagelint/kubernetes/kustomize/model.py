"""A kustomization as kustomize reads it, as data; ``kustomization.py`` creates it from nodes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.model.finding import KubeObject
    from imagelint.yaml.nodes import Mapping, Node, Scalar

__all__ = ["AddedText", "FieldChange", "FieldRead", "FileRole", "ImageEntry", "Inline"]
__all__ += ["Kustomization", "NodePatch", "PathEntry", "Role", "Target", "Unjudged"]


class Role(Enum):
    """How a kustomization uses a file, a folder or an inline text."""

    RESOURCE = "resource"
    """``resources`` and ``bases``: manifests, or the folder of another kustomization."""
    COMPONENT = "component"
    PATCH = "patch"
    """``patches`` and ``patchesStrategicMerge``: a strategic merge patch or JSON 6902."""
    JSON_PATCH = "JSON patch"
    """``patchesJson6902``: only JSON 6902."""
    TRANSFORMER = "transformer"
    """``transformers``: plugin objects, or a kustomization that builds some."""
    VALIDATOR = "validator"
    """``validators``: the same, but the build fails if one of them changes anything."""
    GENERATOR = "generator"
    CONFIGURATION = "configuration"
    """``configurations``: fields that transformers apply to."""
    REPLACEMENT = "replacement"
    """``replacements[].path``: one replacement or a list of them."""
    CRD = "CRD"
    """``crds``: OpenAPI definitions, which hold no images."""
    VALUES = "values"
    """``helmCharts[].valuesFile`` and ``additionalValuesFiles``."""
    DATA = "data"
    """Generators of ConfigMaps and Secrets: files that are not manifests."""
    TEXT = "text"
    """Not used by kustomize: text that an operator reads in an object's string (catalogue)."""

    @property
    def is_resource(self) -> bool:
        """Whether a file in this role is read as manifests."""
        return self is Role.RESOURCE

    @property
    def is_special(self) -> bool:
        """Whether the role decides how kustomize reads a file, not the file itself."""
        return self in (
            *(Role.PATCH, Role.JSON_PATCH, Role.TRANSFORMER, Role.GENERATOR),
            *(Role.CONFIGURATION, Role.REPLACEMENT),
        )


class Target(NamedTuple):
    """The target of a patch, as written; empty texts match anything.

    Kustomize reads each as a regular expression (Go's RE2) that must match the whole of a name.
    """

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    allows_kind_change: bool = False
    """Whether the patch may change the kind of the objects that it is merged into."""


class FileRole(NamedTuple):
    """The role that a kustomization of the repository gives a file."""

    role: Role
    target: Target | None = None
    """Only for a patch."""


class ImageEntry(NamedTuple):
    """An item of ``images``; None for absent fields. Each scalar may be in another place."""

    name: Scalar | None
    new_name: Scalar | None
    new_tag: Scalar | None
    digest: Scalar | None
    tag_suffix: Scalar | None
    mapping: Mapping
    """Where it is written: the item, or the last one if several are merged to one."""
    field: str
    """``images[0]``, with the key as it is written."""
    new_name_field: str = ""
    """``images[0].newName``, with the key as it is written."""


class PathEntry(NamedTuple):
    """A file or folder that a kustomization names."""

    role: Role
    path: str
    node: Scalar
    field: str
    """``resources[2]``, ``patches[0].path``."""
    target: Target | None = None
    """For a patch; None without a target, so that the patch's own names decide."""


class Inline(NamedTuple):
    """A text in the kustomization that kustomize reads as documents."""

    role: Role
    node: Scalar
    field: str
    """``patches[0].patch``."""
    target: Target | None = None
    namespace: str = ""
    """The namespace into which the kustomization moves patched objects; empty if not set."""
    shape: str = ""
    """For ``Role.TEXT``: the shape whose fields the text has."""
    owner: KubeObject | None = None
    """For ``Role.TEXT``: the object that contains it."""


class NodePatch(NamedTuple):
    """A patch that is written as nodes in the file, not as a text (Flux, old versions).

    It is a list of JSON 6902 operations, or an object to merge.
    """

    node: Node
    field: str
    target: Target | None = None
    namespace: str = ""


class AddedText(NamedTuple):
    """An annotation that is added to all objects, pods included."""

    key: str
    node: Scalar
    field: str


class FieldChange(NamedTuple):
    """A field of objects that a replacement or a transformer's fieldSpec writes to."""

    node: Scalar
    """The node that names it."""
    field: str
    group: str
    """The API group of the objects; empty for any."""
    kind: str
    steps: tuple[str, ...]
    """The keys of the path; an item of a list is an index, ``*``, ``[key=value]`` or left out."""
    message: str
    """A clause: what it does to the field."""
    is_whole: bool = False
    """Whether the field gets a value as it is, which may be a list or a mapping."""
    value: Scalar | None = None
    """The value, if it is written here."""
    value_field: str = ""
    source: tuple[str, str, tuple[str, ...]] | None = None
    """Group, kind and steps of the field that it is copied from, if any."""
    sets_images: bool = False
    """Whether it is a fieldSpec of ``images``, whose entries are judged themselves."""
    keys: tuple[str, ...] | None = ()
    """Keys that are written below the field; None for any, which are in another file."""


class FieldRead(NamedTuple):
    """A field of objects from which a replacement or a variable takes its value."""

    node: Scalar
    """The node that names it."""
    group: str
    """The API group of the objects; empty for any."""
    kind: str
    steps: tuple[str, ...]
    is_part: bool
    """Whether only a part of the value is taken, or it may be joined with other text."""
    delimiter: str = ""
    """The text between the parts; empty if nothing is known of them."""
    number: int = 0
    """The index of the part, from zero."""


class Unjudged(NamedTuple):
    """Something whose result only a build can tell."""

    node: Node
    field: str
    message: str
    """A clause: what it does."""
    is_about_images: bool
    """Whether an image field is named, so that it must be reported."""


class Kustomization(NamedTuple):
    """A kustomization file, or another object with a kustomization's fields."""

    mapping: Mapping
    is_component: bool = False
    namespace: str = ""
    images: tuple[ImageEntry, ...] = ()
    """In the order in which kustomize applies them."""
    paths: tuple[PathEntry, ...] = ()
    """In the order of the file's roles; includes remote ones (URLs)."""
    inline: tuple[Inline, ...] = ()
    node_patches: tuple[NodePatch, ...] = ()
    annotations: tuple[AddedText, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    reads: tuple[FieldRead, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()
    """Why kustomize refuses the file: character and clause."""
    charts: tuple[str, ...] = ()
    """Where its charts may be, relative to the folder of the kustomization that loads it."""
