"""Trees → API objects with their metadata; lists are split as their readers split them.

kubectl treats any object with ``items`` as a list, kustomize the kinds that end in ``List``;
this module finds every object that either of them would apply, and why kubectl refuses it. It
also finds the nodes in an object by the path of a field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import EACH_ITEM, EACH_VALUE
from imagelint.kubernetes.metadata import metadata_problems, wrong_type
from imagelint.kubernetes.readers import BOTH, Reader, View, is_text, resolve, type_of
from imagelint.model.finding import KubeObject
from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.globs import NamePattern
from imagelint.yaml.nodes import Mapping, Node, ParseProblem, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Holder

__all__ = [
    "CHART_FILE",
    "KUSTOMIZATION_FILES",
    "ObjectNode",
    "Place",
    "Step",
    "after",
    "as_kustomize_has_it",
    "find_objects",
    "flag_values",
    "is_argo_source",
    "is_read_by_name",
    "keyed_values",
    "meta_of",
    "named_so",
    "named_values",
    "path_of",
    "string_of",
    "text_at",
]

CHART_FILE = "Chart.yaml"
"""The file that makes a folder a Helm chart."""
KUSTOMIZATION_FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""Names of files in which a mapping without a kind is an object."""
_ARGO_SOURCE = ".argocd-source"
"""The prefix of files that override the source of an Argo CD Application."""
_OF_TOOLS = {
    "fleet.yaml": ("fleet.cattle.io/v1alpha1", "FleetYAML"),
    "helmfile.yaml": ("helmfile.readthedocs.io/v1", "Helmfile"),
    "helmfile.yml": ("helmfile.readthedocs.io/v1", "Helmfile"),
}
"""Names of files of tools that install charts, and the kinds that stand for their contents."""
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

    ``file_name`` (without folders) identifies a Kustomization without a kind.
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
                what = "has no version" if slash else "is missing"
                problems.append(ParseProblem(item.mapping.start, f"the apiVersion {what}"))
            continue
        if item.prefix:
            problems.append(ParseProblem(items.start, "a list is inside a list"))
        elif type_of(items) not in ("sequence", "null"):
            problems.append(ParseProblem(items.start, "items is not a list"))
        if problems and not isinstance(items, Sequence):
            found.append(item)  # refused, but its visible contents are linted
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
                problems.append(ParseProblem(item.start, "a list item is not an object"))
            continue
        meta = meta_of(item, view, parent.meta, "")
        if meta is not None:
            members.append(ObjectNode(item, f"{parent.prefix}items[{index}].", meta, readers))
        else:
            problems.append(ParseProblem(item.start, "a list item has no kind"))
    return members, problems


def meta_of(
    mapping: Mapping, view: View, parent: KubeObject | None, file_name: str
) -> KubeObject | None:
    """Return an object's own metadata, or None if it has no kind and so is not an object.

    Nothing applies an object without an apiVersion, but the kinds of Kubernetes itself are still
    recognised by name: a typo must not hide an image.
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
    elif is_argo_source(file_name):
        kind, api_version = "ApplicationSource", "argoproj.io/v1alpha1"
    elif not kind and not api_version and parent is None:
        api_version, kind = _OF_TOOLS.get(file_name, ("", None))
    if not kind:
        return None
    return KubeObject(api_version or "", kind, *_names(mapping, view))


def is_argo_source(file_name: str) -> bool:
    """Whether a file (without folders) overrides what Argo CD builds from the file's folder."""
    return file_name.startswith(_ARGO_SOURCE) and file_name.endswith(".yaml")


def is_read_by_name(file_name: str) -> bool:
    """Whether the name of a file (without folders) makes a mapping without a kind an object."""
    return file_name in KUSTOMIZATION_FILES or file_name in _OF_TOOLS or is_argo_source(file_name)


def as_kustomize_has_it(item: ObjectNode, view: View) -> KubeObject:
    """Return an object with the names and labels that kustomize reads; ``view`` is kubectl's.

    If all of them are clearly texts, kubectl's are returned. This check saves a seventh of the
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
    """Return a string as the view's reader has it or, if that is not one, as kustomize has it.

    The server refuses a name like ``y``, so no object with another name can be meant. (kubectl
    replaces such a namespace with its own.)
    """
    text = string_of(node, view)
    if text is None and isinstance(node, Scalar):
        value = resolve(node, Reader.KUSTOMIZE)
        text = str(value.value) if value.type == "string" else None
    return text


def _is_mistyped(entries: dict[str, Node]) -> bool:
    """Whether the apiVersion lacks quotes (``1``): kubectl refuses it, but it is an object."""
    version = entries.get("apiVersion")
    return version is not None and type_of(version) not in ("string", "null")


def string_of(node: Node | None, view: View) -> str | None:
    """Return the text of a node that a reader reads as a string, or None."""
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


# --- steps from node to node ---------------------------------------------------------

Step = str | int
"""A key, or an index in a list."""


class Place(NamedTuple):
    """A node that a field's path leads to, with the steps to it."""

    node: Node
    steps: tuple[Step, ...] = ()
    parents: tuple[Mapping, ...] = ()


def path_of(steps: tuple[Step, ...]) -> str:
    """Write a path as Kubernetes does: ``spec.containers[0].image``, ``annotations[a.b/c]``."""
    pieces = [f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in steps]
    return "".join(pieces).removeprefix(".")


def after(place: Place, segment: str, view: View) -> Iterator[Place]:
    """Yield the places that one segment of a field's path leads to."""
    node, steps, parents = place
    if segment == EACH_ITEM:
        if isinstance(node, Sequence):
            for index, child in enumerate(node.items):
                yield Place(child, (*steps, index), parents)
    elif isinstance(node, Mapping):
        entries = view.entries(node)
        if segment == EACH_VALUE:
            for key, child in entries.items():
                yield Place(child, (*steps, key), (*parents, node))
        elif segment in entries:
            yield Place(entries[segment], (*steps, segment), (*parents, node))


def flag_values(view: View, place: Place, flags: frozenset[str]) -> Iterator[tuple[Place, int]]:
    """Yield the arguments that hold a flag's value (``--flag=IMG``; ``--flag``, then ``IMG``)."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        text = string_of(node, view) or ""
        flag, is_given, _ = text.partition("=")
        if not flag.startswith("-") or flag.lstrip("-") not in flags:
            continue
        if is_given:
            yield Place(node, (*place.steps, index), place.parents), len(flag) + 1
        elif index + 1 < len(items):
            yield Place(items[index + 1], (*place.steps, index + 1), place.parents), 0


def named_values(view: View, place: Place, holder: Holder) -> Iterator[Place]:
    """Yield the values of a list of names and values, such as ``env``."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        entries = view.entries(node) if isinstance(node, Mapping) else {}
        name = string_of(entries.get("name"), view)
        if "value" in entries and named_so(name, holder.named):
            yield Place(entries["value"], (*place.steps, index, "value"), place.parents)


def keyed_values(view: View, place: Place, holder: Holder) -> Iterator[Place]:
    """Yield the values of a mapping whose keys match a pattern."""
    if isinstance(place.node, Mapping):
        for key in view.entries(place.node):
            if named_so(key, holder.keys):
                yield from after(place, key, view)


def named_so(name: str | None, named: tuple[str, ...]) -> bool:
    """Whether a name matches one of the patterns."""
    return bool(name) and any(NamePattern(one).matches(str(name)) for one in named)


def text_at(node: Node | None, path: tuple[str, ...], view: View) -> str | None:
    """Return the string at a path of keys, or None."""
    for key in path:
        if not isinstance(node, Mapping):
            return None
        node = view.entries(node).get(key)
    return string_of(node, view)
