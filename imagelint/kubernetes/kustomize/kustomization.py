"""A kustomization's mapping → its fields as kustomize reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.changes import (
    changes_of_replacements,
    changes_of_specs,
    is_written_out,
    reads_of_replacements,
    reads_of_vars,
    target_of,
)
from imagelint.kubernetes.kustomize.decode import Decoder, Items, Leaf
from imagelint.kubernetes.kustomize.model import (
    AddedText,
    ImageEntry,
    Inline,
    Kustomization,
    PathEntry,
    Role,
    Unjudged,
)
from imagelint.kubernetes.kustomize.schema import KUSTOMIZATION
from imagelint.kubernetes.readers import type_of
from imagelint.model.source import shown
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.decode import Record
    from imagelint.kubernetes.kustomize.model import FieldChange
    from imagelint.kubernetes.readers import View
    from imagelint.yaml.nodes import Mapping

__all__ = ["CHART", "annotations_of", "data_files", "folders_of_chart", "image_of", "patch_of"]
__all__ += ["read_kustomization", "written_or_named"]

_KIND = "Kustomization"
_VERSIONS = {
    _KIND: "kustomize.config.k8s.io/v1beta1",
    "Component": "kustomize.config.k8s.io/v1alpha1",
}
"""By kind: the only version that kustomize accepts."""
_TYPE = ("kind", "apiVersion")
_NAMES = ("resources", "bases", "components", "crds", "configurations")
"""Lists in which kustomize accepts no empty item."""
_JOINED = ("bases", "imageTags", "helmChartInflationGenerator")
"""Lists that kustomize appends to others, so that an empty one says nothing."""
_NAMED = ("configMapGenerator", "secretGenerator", "replicas")
_PATCH_TEXTS = "patchesStrategicMerge"
_ORDERS = ("fifo", "legacy")
CHART = "the chart is rendered only when kustomize builds it"
_FILES = (
    ("resources", Role.RESOURCE),
    ("bases", Role.RESOURCE),
    ("components", Role.COMPONENT),
    ("crds", Role.CRD),
    ("configurations", Role.CONFIGURATION),
)
_TEXTS_OR_FILES = (
    ("patchesStrategicMerge", Role.PATCH),
    ("generators", Role.GENERATOR),
    ("transformers", Role.TRANSFORMER),
    ("validators", Role.VALIDATOR),
)
_PATCHES = (("patches", Role.PATCH), ("patchesJson6902", Role.JSON_PATCH))


def read_kustomization(mapping: Mapping, view: View) -> Kustomization:
    """Return the fields of a kustomization file's root; ``view`` is kubectl's reading of its tree.

    Raises nothing: what kustomize refuses is in ``refusals``, and the other fields are still
    read (kustomize api, ``types/kustomization.go``, ``internal/target/kusttarget.go``).
    """
    decoder = Decoder(view)
    root = decoder.decode(mapping, KUSTOMIZATION)
    namespace = root.text("namespace")
    paths: list[PathEntry] = []
    inline: list[Inline] = []
    for name, role in _FILES:
        paths += (entry for leaf in root.leaves(name) for entry in _path(role, leaf))
    for name, role in _PATCHES:
        for record in root.records(name):
            found, texts = patch_of(record, role, namespace)
            paths += found
            inline += texts
    for name, role in _TEXTS_OR_FILES:
        for leaf in root.leaves(name):
            found, texts = written_or_named(leaf, role, namespace)
            paths += found
            inline += texts
    for record in root.records("replacements"):
        file = record.leaf("path")
        paths += () if file is None else _path(Role.REPLACEMENT, file)
    for name in ("configMapGenerator", "secretGenerator"):
        paths += (entry for record in root.records(name) for entry in data_files(record))
    paths += _values_files(root)
    variables = reads_of_vars(root.records("vars"))
    images = [image_of(record) for name in ("images", "imageTags") for record in root.records(name)]
    return Kustomization(
        mapping,
        root.text("kind") == "Component",
        namespace,
        tuple(images),
        tuple(paths),
        tuple(inline),
        annotations=tuple(annotations_of(root, "commonAnnotations")),
        changes=tuple(_changes(root)),
        reads=(*reads_of_replacements(root.records("replacements")), *variables),
        unjudged=(*_charts(root), *_cut(decoder, mapping)),
        refusals=tuple(decoder.refusals or _refusals(root)),
        charts=tuple(_chart_folders(root)),
    )


def _refusals(root: Record) -> Iterator[tuple[int, str]]:
    """Yield why kustomize refuses values that have the right types."""
    if not any(_says_something(name, found) for name, found in root.values.items()):
        yield root.mapping.start, "it is empty"
    kind, version = (root.text(name) for name in _TYPE)
    if kind and kind not in _VERSIONS:
        yield root.mapping.start, f"its kind is {shown(kind)}, not {' or '.join(_VERSIONS)}"
    wanted = _VERSIONS.get(kind or _KIND, version)
    if version not in ("", wanted):
        yield root.mapping.start, f"its apiVersion is {shown(version)}, not {wanted}"
    order = root.record("sortOptions")
    if order is not None and order.text("order") not in _ORDERS:
        yield order.mapping.start, f"sortOptions.order is not one of {', '.join(_ORDERS)}"
    for name in _NAMES:
        yield from _empty_items(root, name)
    if not any(leaf.text for leaf in root.leaves(_PATCH_TEXTS)):  # beside others they are left out
        yield from _empty_items(root, _PATCH_TEXTS)
    for name in _NAMED:
        for record in root.records(name):
            if not record.text("name"):
                yield record.mapping.start, f"{record.field} has no name"
    yield from _refused_patches(root)
    yield from _refused_replacements(root)


def _empty_items(root: Record, name: str) -> Iterator[tuple[int, str]]:
    found = root.values.get(name)
    if not isinstance(found, Items):
        return
    for index, item in enumerate(found.live):
        if item is None or (isinstance(item, Leaf) and not item.text):
            at = found.start if item is None else item.node.start
            yield at, f"{name}[{index}] names nothing"


def _says_something(name: str, found: Leaf | Record | Items) -> bool:
    """Whether a field makes a kustomization more than an empty one."""
    if name in _TYPE or (isinstance(found, Leaf) and not found.text):
        return False
    return name not in _JOINED or (isinstance(found, Items) and bool(found.live))


def _refused_replacements(root: Record) -> Iterator[tuple[int, str]]:
    for record in root.records("replacements"):
        if record.text("path"):
            continue
        targets = list(record.records("targets"))
        if not targets or not {"source", "sourceValue"} & record.values.keys():
            yield record.mapping.start, f"{record.field} lacks a source or targets"
        for target in targets:
            if target.record("select") is None:
                yield target.mapping.start, f"{target.field} has no `select`"


def _refused_patches(root: Record) -> Iterator[tuple[int, str]]:
    for name, _ in _PATCHES:
        for record in root.records(name):
            path, text = record.text("path"), record.text("patch")
            if bool(path) == bool(text):
                which = "both a path and a patch" if path else "neither a path nor a patch"
                yield record.mapping.start, f"{record.field} has {which}"


def image_of(record: Record) -> ImageEntry:
    """Return an item of ``images``, or a transformer's ``imageTag``."""
    new_name = record.leaf("newName")
    return ImageEntry(
        record.scalar("name"),
        record.scalar("newName"),
        record.scalar("newTag"),
        record.scalar("digest"),
        record.scalar("tagSuffix"),
        record.mapping,
        record.field,
        "" if new_name is None else new_name.field,
    )


def patch_of(
    record: Record, role: Role, namespace: str, key: str = "patch"
) -> tuple[list[PathEntry], list[Inline]]:
    """Return the file or the text of a patch, which is under ``key``."""
    target = target_of(record.record("target"), record.record("options"))
    path, text = record.leaf("path"), record.leaf(key)
    paths = [] if path is None else list(_path(role, path))
    inline = []
    if text is not None and isinstance(text.node, Scalar) and type_of(text.node) == "string":
        inline = [Inline(role, text.node, text.field, target, namespace)]
    return [entry._replace(target=target) for entry in paths], inline


def written_or_named(
    leaf: Leaf, role: Role, namespace: str
) -> tuple[list[PathEntry], list[Inline]]:
    """Return a text as documents, or as the path of a file that holds them."""
    if not isinstance(leaf.node, Scalar):
        return [], []
    if is_written_out(leaf.text):
        return [], [Inline(role, leaf.node, leaf.field, None, namespace)]
    return list(_path(role, leaf)), []


def _path(role: Role, leaf: Leaf) -> Iterator[PathEntry]:
    if isinstance(leaf.node, Scalar) and leaf.text:
        yield PathEntry(role, leaf.text, leaf.node, leaf.field)


def data_files(record: Record) -> Iterator[PathEntry]:
    """Yield the files that become keys of a ConfigMap or a Secret: ``[key=]path``."""
    leaves = [*record.leaves("files")]
    for leaf in leaves:
        for entry in _path(Role.DATA, leaf):
            path = entry.path.partition("=")[2] or entry.path
            yield entry._replace(path=path)
    env = record.leaf("env")
    for leaf in (*record.leaves("envs"), *(() if env is None else (env,))):
        yield from _path(Role.DATA, leaf)


def _values_files(root: Record) -> Iterator[PathEntry]:
    """Yield the values files of charts."""
    for record in root.records("helmCharts"):
        leaf = record.leaf("valuesFile")
        for one in (*(() if leaf is None else (leaf,)), *record.leaves("additionalValuesFiles")):
            yield from _path(Role.VALUES, one)
    for record in root.records("helmChartInflationGenerator"):
        leaf = record.leaf("values")
        yield from () if leaf is None else _path(Role.VALUES, leaf)


def annotations_of(record: Record, name: str) -> Iterator[AddedText]:
    """Yield the annotations that are added to all objects."""
    pairs = record.record(name)
    for key in () if pairs is None else pairs.values:
        leaf = pairs.leaf(key) if pairs is not None else None
        if leaf is not None and isinstance(leaf.node, Scalar):
            yield AddedText(key, leaf.node, leaf.field)


def _changes(root: Record) -> Iterator[FieldChange]:
    yield from changes_of_replacements(root.records("replacements"))
    for label in root.records("labels"):
        specs, pairs = label.records("fields"), label.record("pairs")
        keys = () if pairs is None else pairs.values
        yield from changes_of_specs(specs, "labels are written into", keys=keys)


def _cut(decoder: Decoder, mapping: Mapping) -> Iterator[Unjudged]:
    """Yield a note if not all was read: otherwise aliases could hide an image."""
    if decoder.is_cut:
        message = "aliases repeat so often that not everything is read"
        yield Unjudged(mapping, "", message, is_about_images=True)


def _chart_folders(root: Record) -> Iterator[str]:
    shared = root.record("helmGlobals")
    for chart in root.records("helmCharts"):
        yield from folders_of_chart("" if shared is None else shared.text("chartHome"), chart)
    for chart in root.records("helmChartInflationGenerator"):
        names = ("chartName", "chartVersion")
        yield from folders_of_chart(chart.text("chartHome"), chart, names)


def folders_of_chart(
    home: str, chart: Record, names: tuple[str, str] = ("name", "version")
) -> Iterator[str]:
    """Yield the folders that a chart may be in (builtins/HelmChartInflationGenerator.go)."""
    name, version = (chart.text(key) for key in names)
    if name:
        yield f"{home or 'charts'}/{name}"
        yield f"{home or 'charts'}/{name}-{version}"


def _charts(root: Record) -> Iterator[Unjudged]:
    for name in ("helmCharts", "helmChartInflationGenerator"):
        for record in root.records(name):
            yield Unjudged(record.mapping, record.field, CHART, is_about_images=False)
