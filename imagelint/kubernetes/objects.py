"""Trees → API objects: what an object says of itself, and lists taken apart as their readers do.

kubectl takes any object with ``items`` for a list, kustomize the kinds that end in
``List``; an object that either of them would apply is found here, together with the
reasons for which kubectl refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.metadata import metadata_problems, wrong_type
from imagelint.kubernetes.readers import BOTH, Reader, View, is_text, resolve, type_of
from imagelint.model.finding import KubeObject
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Mapping, Node, ParseProblem, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "KUSTOMIZATION_FILES",
    "ObjectNode",
    "as_kustomize_has_it",
    "find_objects",
    "meta_of",
    "string_of",
]

KUSTOMIZATION_FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""Names of files that make an object of what states no kind."""
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
        items = view.get(item.mapping, "items")
        if items is None or (item.prefix and not isinstance(items, Sequence)):
            found.append(item)
            is_told = not item.prefix and _is_mistyped(view.entries(item.mapping))
            group, slash, version = item.meta.api_version.rpartition("/")
            if (not version or "/" in group) and not is_told:
                what = "names no version" if slash else "is missing"
                problems.append(ParseProblem(item.mapping.start, f"the apiVersion {what}"))
            continue
        if item.prefix:
            problems.append(ParseProblem(items.start, "a list inside a list"))
        elif type_of(items) not in ("sequence", "null"):
            problems.append(ParseProblem(items.start, "items that are no list"))
        if problems and not isinstance(items, Sequence):
            found.append(item)  # refused: what can be seen in it is linted, whoever it is for
        elif not item.meta.kind.endswith("List"):
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
    may_be_null = parent.meta.kind != "List" and parent.meta.api_version
    for index, item in enumerate(items.items):
        if not isinstance(item, Mapping):
            if not may_be_null or type_of(item) != "null":
                problems.append(ParseProblem(item.start, "a list item that is no object"))
            continue
        meta = meta_of(item, view, parent.meta, "")
        if meta is not None:
            members.append(ObjectNode(item, f"{parent.prefix}items[{index}].", meta, readers))
        else:
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
    if file_name in KUSTOMIZATION_FILES:
        kind = kind or "Kustomization"
        api_version = api_version or ("" if _is_mistyped(entries) else _KUSTOMIZATION_GROUP)
    if not kind:
        return None
    return KubeObject(api_version or "", kind, *_names(mapping, view))


def as_kustomize_has_it(item: ObjectNode, view: View) -> KubeObject:
    """Return an object with the names and labels that kustomize reads; ``view`` is kubectl's.

    Where all of them are plainly texts these are kubectl's. To know that spares a seventh of the
    extraction from a small workload.
    """
    metadata = view.get(item.mapping, "metadata")
    labels = view.get(metadata, "labels")
    if all(_is_read_alike(one, view) for one in (item.mapping, metadata, labels)):
        return item.meta
    names = _names(item.mapping, View(Reader.KUSTOMIZE))
    return KubeObject(item.meta.api_version, item.meta.kind, *names)


def _is_read_alike(node: Node | None, view: View) -> bool:
    """Whether a mapping's own keys and scalars are the same to every reader."""
    if not isinstance(node, Mapping):
        return node is None
    return len(view.entries(node)) == len(node.pairs) and all(
        is_text(key) and key.value != "<<" and (is_text(value) or not isinstance(value, Scalar))
        for key, value in node.pairs
    )


def _names(mapping: Mapping, view: View) -> tuple[str | None, str | None, dict[str, str]]:
    """Return an object's name, namespace and labels."""
    metadata = view.get(mapping, "metadata")
    fields = view.entries(metadata) if isinstance(metadata, Mapping) else {}
    labels = fields.get("labels")
    pairs = view.entries(labels).items() if isinstance(labels, Mapping) else ()
    return (
        _text_of(fields.get("name"), view) or _text_of(fields.get("generateName"), view),
        string_of(fields.get("namespace"), view) or None,
        {key: text for key, node in pairs if (text := _text_of(node, view)) is not None},
    )


def _text_of(node: Node | None, view: View) -> str | None:
    """Return a string as the view's reader has it or, where that is none, as kustomize has it.

    The server refuses a name like ``y``, so no object of another name can be meant. (In place of
    such a namespace kubectl puts its own.)
    """
    text = string_of(node, view)
    if text is None and isinstance(node, Scalar):
        value = resolve(node, Reader.KUSTOMIZE)
        text = str(value.value) if value.type == "string" else None
    return text


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


def _type_problems(root: Mapping, view: View) -> Iterator[ParseProblem]:
    """Yield why kubectl's decoder refuses an object's type and metadata (metadata_decoder.go)."""
    entries = view.entries(root)
    for name in ("apiVersion", "kind"):
        yield from wrong_type(entries.get(name), name, "string")
    yield from metadata_problems(entries.get("metadata"), view)
