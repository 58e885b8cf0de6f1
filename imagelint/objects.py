"""Trees → API objects: what an object says of itself, and lists taken apart as their readers do.

kubectl takes any object with ``items`` for a list, kustomize the kinds that end in
``List``; an object that either of them would apply is found here, together with the
reasons for which kubectl refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imagelint.finding import KubeObject
from imagelint.nodes import Mapping, Node, ParseProblem, Scalar, Sequence, ValueType
from imagelint.reading import BOTH, Reader, View, is_text, resolve
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ObjectNode", "find_objects", "meta_of", "string_of", "type_of"]

_KUSTOMIZATION_FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_KUSTOMIZATION_GROUP = "kustomize.config.k8s.io/v1beta1"


class ObjectNode(NamedTuple):
    """An API object in a tree: a list's item, or the root."""

    mapping: Mapping
    prefix: str
    meta: KubeObject
    readers: frozenset[Reader]


def find_objects(
    root: Node | None, view: View, file_name: str
) -> tuple[list[ObjectNode], list[ParseProblem]]:
    """Return the objects of a document as one reader sees them, and why kubectl refuses it.

    ``file_name`` (without folders) tells a Kustomization that states no kind.
    """
    if not isinstance(root, Mapping):
        return [], []
    found: list[ObjectNode] = []
    problems = list(_type_problems(root, view))
    meta = meta_of(root, view, None, file_name)
    readers = frozenset({view.reader}) if view.reader is Reader.KUSTOMIZE else BOTH
    work = [] if meta is None else [ObjectNode(root, "", meta, readers)]
    seen: set[int] = set()
    while work:
        item = work.pop()
        items = view.entries(item.mapping).get("items")
        if items is None:
            found.append(item)
            if not item.meta.api_version and not _is_mistyped(view.entries(item.mapping)):
                problems.append(ParseProblem(item.mapping.start, "the apiVersion is missing"))
            continue
        if item.prefix:
            problems.append(ParseProblem(items.start, "a list inside a list"))
        elif type_of(items) not in ("sequence", "null"):
            problems.append(ParseProblem(items.start, "items that are no list"))
        if not item.meta.kind.endswith("List"):
            found.append(item._replace(readers=frozenset({Reader.KUSTOMIZE})))
        if isinstance(items, Sequence) and id(items) not in seen:
            seen.add(id(items))
            members, wrong = _members(item, items, view)
            work += reversed(members)
            problems += wrong
    return found, problems


def _members(
    parent: ObjectNode, items: Sequence, view: View
) -> tuple[list[ObjectNode], list[ParseProblem]]:
    """Return the objects in a list, and why kubectl refuses some of its items."""
    members: list[ObjectNode] = []
    problems: list[ParseProblem] = []
    readers = parent.readers
    if not parent.meta.kind.endswith("List"):
        readers = frozenset({Reader.KUBECTL})
    for index, item in enumerate(items.items):
        if not isinstance(item, Mapping):
            if parent.meta.kind == "List" or type_of(item) != "null":
                problems.append(ParseProblem(item.start, "a list item that is no object"))
            continue
        meta = meta_of(item, view, parent.meta, "")
        if meta is not None:
            members.append(ObjectNode(item, f"{parent.prefix}items[{index}].", meta, readers))
        elif "kind" not in view.entries(item):
            problems.append(ParseProblem(item.start, "a list item without a kind"))
    return members, problems


def meta_of(
    mapping: Mapping, view: View, parent: KubeObject | None, file_name: str
) -> KubeObject | None:
    """Return what an object says of itself, or None where it says no kind and so is none.

    Without an apiVersion nothing applies it, but the kinds of Kubernetes itself are told
    by their name all the same: a slip of the pen must not hide an image.
    """
    entries = view.entries(mapping)
    api_version = string_of(entries.get("apiVersion"), view)
    kind = string_of(entries.get("kind"), view)
    if parent is not None and not kind and not api_version:
        # kubectl infers the kind of a typed list's items (apimachinery, decodeToList).
        api_version, kind = parent.api_version, parent.kind.removesuffix("List")
    if file_name in _KUSTOMIZATION_FILES:
        kind = kind or "Kustomization"
        api_version = api_version or ("" if _is_mistyped(entries) else _KUSTOMIZATION_GROUP)
    if not kind:
        return None
    metadata = entries.get("metadata")
    fields = view.entries(metadata) if isinstance(metadata, Mapping) else {}
    labels = fields.get("labels")
    pairs = view.entries(labels).items() if isinstance(labels, Mapping) else ()
    return KubeObject(
        api_version or "",
        kind,
        string_of(fields.get("name"), view) or string_of(fields.get("generateName"), view),
        string_of(fields.get("namespace"), view),
        {key: text for key, node in pairs if (text := string_of(node, view)) is not None},
    )


def _is_mistyped(entries: dict[str, Node]) -> bool:
    """Whether the apiVersion lacks its quotes (``1``): kubectl refuses what is an object else."""
    version = entries.get("apiVersion")
    return version is not None and type_of(version) not in ("string", "null")


def string_of(node: Node | None, view: View) -> str | None:
    """Return what a reader takes for a string, or None."""
    if not isinstance(node, Scalar):
        return None
    if is_text(node):
        return node.value
    value = resolve(node, view.reader)
    return str(value.value) if value.type == "string" else None


_STRINGS = ("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion")
_LISTS = ("finalizers", "ownerReferences", "managedFields")


def _type_problems(root: Mapping, view: View) -> Iterator[ParseProblem]:
    """Yield why kubectl's decoder refuses an object's type and metadata (metadata_decoder.go)."""
    entries = view.entries(root)
    for name in ("apiVersion", "kind"):
        yield from _wrong_type(entries.get(name), name, "string")
    metadata = entries.get("metadata")
    yield from _wrong_type(metadata, "metadata", "mapping")
    if not isinstance(metadata, Mapping):
        return
    fields = view.entries(metadata)
    for name in _STRINGS:
        yield from _wrong_type(fields.get(name), f"metadata.{name}", "string")
    for name in _LISTS:
        yield from _wrong_type(fields.get(name), f"metadata.{name}", "sequence")
    for name in ("labels", "annotations"):
        pairs = fields.get(name)
        yield from _wrong_type(pairs, f"metadata.{name}", "mapping")
        for key, value in view.entries(pairs).items() if isinstance(pairs, Mapping) else ():
            yield from _wrong_type(value, f"metadata.{name}.{shown(key)}", "string")


def _wrong_type(node: Node | None, name: str, wanted: str) -> Iterator[ParseProblem]:
    """Yield the problem of a value that is neither of the type ``wanted`` nor null."""
    if node is None or (wanted == "string" and is_text(node)) or type_of(node) in (wanted, "null"):
        return
    advice = " (quote it)" if wanted == "string" and isinstance(node, Scalar) else ""
    yield ParseProblem(node.start, f"{name} is a {type_of(node)}, not a {wanted}{advice}")


def type_of(node: Node) -> ValueType:
    """Return the JSON type of a node."""
    if isinstance(node, Scalar):
        return resolve(node).type
    return "mapping" if isinstance(node, Mapping) else "sequence"
