"""A kustomization as kustomize reads it, as values; ``kustomization.py`` makes them of nodes."""

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
    """What a kustomization takes a file, a folder or an inline text for."""

    RESOURCE = "resource"
    """Of ``resources`` and ``bases``: manifests, or the folder of another kustomization."""
    COMPONENT = "component"
    PATCH = "patch"
    """Of ``patches`` and ``patchesStrategicMerge``: a strategic merge patch or JSON 6902."""
    JSON_PATCH = "JSON patch"
    """Of ``patchesJson6902``: JSON 6902 alone."""
    TRANSFORMER = "transformer"
    """Of ``transformers``: objects of plugins, or a kustomization of some."""
    VALIDATOR = "validator"
    """Of ``validators``: the same, but a build fails where one of them changes anything."""
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
    TEXT = "text"
    """No kustomization's: what an operator reads in a string of an object, by the catalogue."""

    @property
    def is_resource(self) -> bool:
        """Whether a file in this role is read as manifests."""
        return self is Role.RESOURCE

    @property
    def is_special(self) -> bool:
        """Whether a file in this role is to kustomize what it does not say itself."""
        return self in (
            *(Role.PATCH, Role.JSON_PATCH, Role.TRANSFORMER, Role.GENERATOR),
            *(Role.CONFIGURATION, Role.REPLACEMENT),
        )


class Target(NamedTuple):
    """Whom a patch is for, as written; empty texts stand for anything.

    Kustomize takes each for a regular expression (Go's RE2) that has to match all of a name.
    """

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    allows_kind_change: bool = False
    """Whether the patch may give what it is merged into another kind."""


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
    new_name_field: str = ""
    """``images[0].newName``, the same."""


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
    """``patches[0].patch``."""
    target: Target | None = None
    namespace: str = ""
    """Into which the kustomization moves what it patches; empty where it states none."""
    shape: str = ""
    """Of ``Role.TEXT``: the shape whose fields the text has."""
    owner: KubeObject | None = None
    """Of ``Role.TEXT``: the object that it is in."""


class NodePatch(NamedTuple):
    """A patch that stands in the file as nodes, not in a text (Flux, old versions).

    A list of JSON 6902 operations, or an object to merge.
    """

    node: Node
    field: str
    target: Target | None = None
    namespace: str = ""


class AddedText(NamedTuple):
    """An annotation that is put on all objects, pods included."""

    key: str
    node: Scalar
    field: str


class FieldChange(NamedTuple):
    """A field of objects that a replacement or a transformer's fieldSpec writes to."""

    node: Scalar
    """What names it."""
    field: str
    group: str
    """Of the objects; empty for any."""
    kind: str
    steps: tuple[str, ...]
    """The keys on the way; an item of a list is an index, ``*``, ``[key=value]`` or left out."""
    message: str
    """A clause: what it does to the field."""
    is_whole: bool = False
    """Whether the field gets a value as it is, which may be a list or a mapping."""
    value: Scalar | None = None
    """The value, where it is written here."""
    value_field: str = ""
    source: tuple[str, str, tuple[str, ...]] | None = None
    """Group, kind and steps of the field that it is copied from, if it is."""
    sets_images: bool = False
    """Whether it is a fieldSpec of ``images``, whose entries are judged themselves."""
    keys: tuple[str, ...] | None = ()
    """Keys that are written below the field; None for any, which stand in another file."""


class FieldRead(NamedTuple):
    """A field of objects from which a replacement or a variable takes its value."""

    node: Scalar
    """What names it."""
    group: str
    """Of the objects; empty for any."""
    kind: str
    steps: tuple[str, ...]
    is_part: bool
    """Whether what is taken is a part of the value, or may be put beside other text."""
    delimiter: str = ""
    """Between the parts; empty where nothing is known of them."""
    number: int = 0
    """Of the part, from zero."""


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
    node_patches: tuple[NodePatch, ...] = ()
    annotations: tuple[AddedText, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    reads: tuple[FieldRead, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()
    """Why kustomize refuses the file: character and clause."""
