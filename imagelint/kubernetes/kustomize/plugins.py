"""Objects that configure transformers and generators, and files that configure fields, as data.

``transformers``, ``validators``, ``generators``, ``configurations`` and
``replacements[].path`` of a kustomization name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.changes import (
    ANNOTATIONS,
    changes_of_replacements,
    changes_of_specs,
    reads_of_replacements,
    steps_of,
)
from imagelint.kubernetes.kustomize.decode import Decoder, Record
from imagelint.kubernetes.kustomize.kustomization import (
    CHART,
    annotations_of,
    data_files,
    folders_of_chart,
    image_of,
    patch_of,
    written_or_named,
)
from imagelint.kubernetes.kustomize.model import (
    FieldChange,
    Inline,
    Kustomization,
    PathEntry,
    Role,
    Unjudged,
)
from imagelint.kubernetes.kustomize.schema import CONFIGURATION, PLUGINS, REPLACEMENT
from imagelint.kubernetes.objects import string_of
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.readers import View

__all__ = ["read_configuration", "read_plugin", "read_replacements", "unknown_plugin"]

_WRITES: Final = {
    "AnnotationsTransformer": ANNOTATIONS,
    "LabelTransformer": "labels are written into",
    "NamespaceTransformer": "the namespace is written into",
    "PrefixTransformer": "a prefix is added to",
    "ReplicaCountTransformer": "a number is written into",
    "SuffixTransformer": "a suffix is added to",
    "namePrefix": "namePrefix is added to",
    "nameSuffix": "nameSuffix is added to",
    "namespace": "the namespace is written into",
    "commonLabels": "labels are written into",
    "labels": "labels are written into",
    "templateLabels": "labels are written into",
    "commonAnnotations": ANNOTATIONS,
    "replicas": "a number is written into",
    "images": "`images` is configured to change",
}
_PAIRS: Final = frozenset(("commonLabels", "labels", "templateLabels", "commonAnnotations"))
"""In these fields a kustomization has keys and values, which are written below the fields."""
_NAMESPACES: Final = "NamespaceTransformer"
_REFERS: Final = "a name that kustomize changes is written into"


def read_plugin(mapping: Mapping, kind: str, view: View) -> Kustomization:
    """Return an object of ``apiVersion: builtin`` (kustomize api, internal/builtins) as data."""
    struct = PLUGINS.get(kind)
    if struct is None:
        return Kustomization(mapping, unjudged=(unknown_plugin(mapping),))
    decoder = Decoder(view, strictly=False)
    root = decoder.decode(mapping, struct)
    paths, inline = _patches(root, kind)
    paths += data_files(root) if kind.endswith("Generator") else ()
    image = root.record("imageTag")
    charts: tuple[Unjudged, ...] = ()
    folders: tuple[str, ...] = ()
    if kind == "HelmChartInflationGenerator":
        charts = (Unjudged(mapping, "kind", CHART, is_about_images=False),)
        folders = tuple(folders_of_chart(root.text("chartHome"), root))
    namespace = view.get(mapping, "metadata", "namespace") if kind == _NAMESPACES else None
    return Kustomization(
        mapping,
        namespace=string_of(namespace, view) or "",
        images=() if image is None else (image_of(image),),
        paths=tuple(paths),
        inline=tuple(inline),
        annotations=tuple(annotations_of(root, "annotations")),
        changes=tuple(_changes(root, kind)),
        reads=tuple(reads_of_replacements(root.records("replacements"))),
        unjudged=charts,
        charts=folders,
    )


def unknown_plugin(node: Node) -> Unjudged:
    """Return the note for a plugin that is not part of kustomize."""
    message = "a custom plugin may write any image"
    return Unjudged(node, "kind", message, is_about_images=True)


def _patches(root: Record, kind: str) -> tuple[list[PathEntry], list[Inline]]:
    if kind == "PatchTransformer":
        return patch_of(root, Role.PATCH, "")
    if kind == "PatchJson6902Transformer":
        return patch_of(root, Role.JSON_PATCH, "", key="jsonOp")
    paths: list[PathEntry] = []
    inline: list[Inline] = []
    if kind == "PatchStrategicMergeTransformer":
        for leaf in root.leaves("paths"):
            named, written = written_or_named(leaf, Role.PATCH, "")
            paths += named
            inline += written
        text = root.leaf("patches")
        if text is not None and isinstance(text.node, Scalar):
            inline.append(Inline(Role.PATCH, text.node, text.field))
    for record in root.records("replacements"):
        path = record.leaf("path")
        if path is not None and path.text and isinstance(path.node, Scalar):
            paths.append(PathEntry(Role.REPLACEMENT, path.text, path.node, path.field))
    return paths, inline


def _changes(root: Record, kind: str) -> Iterator[FieldChange]:
    if kind == "ReplacementTransformer":
        yield from changes_of_replacements(root.records("replacements"))
    elif kind == "ValueAddTransformer":
        yield from _added_values(root)
    elif kind == "ImageTagTransformer":
        specs = root.records("fieldSpecs")
        yield from changes_of_specs(specs, _WRITES["images"], sets_images=True)
    elif kind in _WRITES:
        pairs = root.record("labels" if kind == "LabelTransformer" else "annotations")
        keys = () if pairs is None else pairs.values
        yield from changes_of_specs(root.records("fieldSpecs"), _WRITES[kind], keys=keys)


def _added_values(root: Record) -> Iterator[FieldChange]:
    value = root.leaf("value")
    for target in root.records("targets"):
        leaf, select = target.leaf("fieldPath"), target.record("selector")
        if leaf is None or not isinstance(leaf.node, Scalar):
            continue
        is_whole = target.text("filePathPosition") in ("", "0")
        known = value.node if value is not None and is_whole else None
        yield FieldChange(
            leaf.node,
            leaf.field,
            "" if select is None else select.text("group"),
            "" if select is None else select.text("kind"),
            steps_of(leaf.text, "/"),
            "a value is written into",
            value=known if isinstance(known, Scalar) else None,
            value_field="value",
        )


def read_configuration(mapping: Mapping, view: View) -> Kustomization:
    """Return a file of ``configurations``: which fields the transformers apply to."""
    decoder = Decoder(view)
    root = decoder.decode(mapping, CONFIGURATION)
    changes: list[FieldChange] = []
    for name in CONFIGURATION:
        if name in _WRITES:
            specs, keys = root.records(name), None if name in _PAIRS else ()
            sets_images = name == "images"
            changes += changes_of_specs(specs, _WRITES[name], sets_images=sets_images, keys=keys)
    for record in root.records("nameReference"):
        changes += changes_of_specs(record.records("fieldSpecs"), _REFERS)
    return Kustomization(mapping, changes=tuple(changes), refusals=tuple(decoder.refusals))


def read_replacements(root: Node | None, view: View) -> Kustomization | None:
    """Return a file of ``replacements[].path``: one replacement or a list of them."""
    decoder = Decoder(view, strictly=False)
    if isinstance(root, Mapping):
        records = [decoder.decode(root, REPLACEMENT)]
        return _replacements(root, records)
    if isinstance(root, Sequence):
        records = decoder.decode_list(root, REPLACEMENT)
        holder = Mapping(root.start, root.end)
        return _replacements(holder, records)
    return None


def _replacements(holder: Mapping, records: list[Record]) -> Kustomization:
    changes, reads = changes_of_replacements(records), reads_of_replacements(records)
    return Kustomization(holder, changes=tuple(changes), reads=tuple(reads))
