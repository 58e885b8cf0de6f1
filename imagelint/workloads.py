"""Documents → image sites: the API objects in a document and the fields that hold their images.

Which fields those are is data (:mod:`imagelint.catalogue`). A kind that it does not
know is searched for the shape of a pod spec: a list under ``containers``,
``initContainers`` or ``ephemeralContainers`` whose items have an ``image``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from imagelint.catalogue import EACH_ITEM, EACH_VALUE, Field
from imagelint.nodes import Mapping, Node, ParseProblem, Scalar, Sequence, Tree
from imagelint.objects import ObjectNode, find_objects, meta_of, string_of, type_of
from imagelint.reading import BOTH, Reader, Value, View, is_text, resolve, views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.catalogue import Catalogue, SplitNames
    from imagelint.finding import KubeObject

__all__ = ["Extract", "ImageSite", "extract"]

_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_ROLES = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
    "volumes": "image volume",
}


class ImageSite(NamedTuple):
    """One place that holds an image.

    ``value`` is the image as read, its JSON type in ``value.type`` (also ``mapping``
    and ``sequence``, with the value None). ``node`` is what stands there: the scalar
    that holds the registry, which is the one to edit. Of an image in parts, ``tail``
    is the text behind that scalar (``:1.25@sha256:...``). ``has_separate_tag`` says
    that the tag is written somewhere out of sight.
    """

    value: Value
    node: Node
    object: KubeObject
    field: str
    container: str | None
    role: str
    readers: frozenset[Reader] = BOTH
    by_shape: bool = False
    tail: str = ""
    has_separate_tag: bool = False
    filled_by: str | None = None
    """Who replaces the value before anything is pulled (Istio, OpenShift); None: nobody."""
    views: frozenset[Reader] = BOTH
    """In whose view of the tree the site was found; of trees without merges there is one view."""


class Extract(NamedTuple):
    """What a document holds: its sites, why kubectl refuses its objects, and match keys.

    ``root`` is what the document's root says of itself, None where it is no API object.
    ``matches`` are the ``images[].name`` scalars of a Kustomization.
    """

    sites: list[ImageSite]
    problems: list[ParseProblem]
    matches: list[Scalar]
    root: KubeObject | None


def extract(tree: Tree, catalogue: Catalogue, file_name: str = "") -> Extract:
    """Find the image sites of a document, as either reader sees it.

    ``file_name`` (without folders) tells a Kustomization that states no kind.
    """
    sites: dict[tuple[str, int, Value, tuple[str, str]], ImageSite] = {}
    problems: list[ParseProblem] = []
    matches: dict[int, Scalar] = {}
    root: KubeObject | None = None
    seen_by = views(tree)
    for view in seen_by:
        found, wrong = find_objects(tree.root, view, file_name)
        this_view = frozenset({view.reader})
        if view.reader is Reader.KUBECTL:
            problems = wrong
            root = next((item.meta for item in found if item.mapping is tree.root), None)
        for item in found:
            for site in _sites_of(item, view, catalogue, once=bool(tree.problems)):
                for read in _readings(site, view):
                    kind = (read.object.api_version, read.object.kind)
                    key = (read.field, id(read.node), read.value, kind)
                    known = sites.get(key)
                    readers, seen = read.readers, this_view
                    if known is not None:
                        readers, seen = readers | known.readers, seen | known.views
                    sites[key] = (known or read)._replace(readers=readers, views=seen)
            if item.meta.kind == "Kustomization":
                matches.update((node.start, node) for node in _match_keys(item, view))
    if root is None and isinstance(tree.root, Mapping):
        root = meta_of(tree.root, seen_by[0], None, file_name)
    if not sites:
        problems = []
    return Extract(list(sites.values()), problems, list(matches.values()), root)


def _readings(site: ImageSite, view: View) -> Iterator[ImageSite]:
    """Yield a site once, or twice where the readers take its scalar for different things."""
    yield site
    if isinstance(site.node, Scalar) and is_text(site.node):
        return
    if isinstance(site.node, Scalar) and not site.tail and view.reader is Reader.KUBECTL:
        other = resolve(site.node, Reader.KUSTOMIZE)
        if other != site.value and site.value.type != "number":
            yield site._replace(value=other, readers=frozenset({Reader.KUSTOMIZE}))


# --- fields -------------------------------------------------------------------------


def _sites_of(
    item: ObjectNode, view: View, catalogue: Catalogue, *, once: bool
) -> Iterator[ImageSite]:
    fields = catalogue.lookup(item.meta.group, item.meta.kind)
    if fields is not None:
        walked = _start(item.mapping, item.prefix)
        for field in fields:
            yield from _at(item, view, walked, field)
        return
    if not item.meta.api_version:
        return  # no API object of an unknown kind, but some tool's own file
    for spec, path in _pod_specs(item, view, once=once):
        walked = _start(spec, path)
        for field in catalogue.pod_spec:
            for site in _at(item, view, walked, field):
                yield site._replace(by_shape=True)


class _Place(NamedTuple):
    """A node on the way along a field's path, with what was passed on it."""

    node: Node
    path: str
    parents: tuple[Mapping, ...]
    keys: tuple[str, ...]


_Walked: TypeAlias = "dict[tuple[str, ...], list[_Place]]"
"""Where paths lead to: most fields of a kind have the first half of their path in common."""


def _start(node: Mapping, prefix: str) -> _Walked:
    return {(): [_Place(node, prefix, (), ())]}


def _walk(path: tuple[str, ...], walked: _Walked, view: View) -> list[_Place]:
    places = walked.get(path)
    if places is None:
        before = _walk(path[:-1], walked, view)
        places = [after for place in before for after in _step(place, path[-1], view)]
        walked[path] = places
    return places


def _at(item: ObjectNode, view: View, walked: _Walked, field: Field) -> Iterator[ImageSite]:
    """Yield the sites that a field's path leads to."""
    for place in _walk(field.path, walked, view):
        if field.split is not None:
            yield from _split_site(item, view, place, field.split)
            continue
        value = _value(place.node, view)
        yield ImageSite(
            value,
            place.node,
            item.meta,
            place.path.rstrip("."),
            _container(place, view),
            next((_ROLES[key] for key in reversed(place.keys) if key in _ROLES), "image"),
            item.readers,
            filled_by=_filled_by(value.value, item, place, view),
        )


def _step(place: _Place, segment: str, view: View) -> list[_Place]:
    node, path, parents, keys = place
    if segment == EACH_ITEM:
        items = node.items if isinstance(node, Sequence) else ()
        stem = path.rstrip(".")
        return [
            _Place(child, f"{stem}[{index}].", parents, keys) for index, child in enumerate(items)
        ]
    if not isinstance(node, Mapping):
        return []
    entries = view.entries(node)
    if segment == EACH_VALUE:
        return [
            _Place(child, f"{path}{key}.", (*parents, node), (*keys, key))
            for key, child in entries.items()
        ]
    if segment not in entries:
        return []
    return [_Place(entries[segment], f"{path}{segment}.", (*parents, node), (*keys, segment))]


def _value(node: Node, view: View) -> Value:
    if isinstance(node, Scalar):
        return resolve(node, view.reader)
    return Value(type_of(node), None)


def _container(place: _Place, view: View) -> str | None:
    """Return the name beside the image: the container's, or the volume's."""
    for parent in reversed(place.parents[-2:]):
        name = string_of(view.entries(parent).get("name"), view)
        if name is not None:
            return name
    return None


def _filled_by(
    value: str | float | None, item: ObjectNode, place: _Place, view: View
) -> str | None:
    """Return which platform fills in a placeholder: only where it is sure to.

    ``auto`` is Istio's in a pod that asks for injection (its gateway chart), a single
    blank OpenShift's in an object with an image trigger.
    """
    if value == "auto" and len(place.parents) >= _POD_DEPTH:
        metadata = view.entries(place.parents[-_POD_DEPTH]).get("metadata")
        if _entry(metadata, ("annotations", "inject.istio.io/templates"), view) or any(
            _entry(metadata, (marks, "sidecar.istio.io/inject"), view) == "true"
            for marks in ("labels", "annotations")
        ):
            return "Istio"
    if value == " ":
        root = item.mapping
        if _entry(root, ("metadata", "annotations", "image.openshift.io/triggers"), view):
            return "OpenShift"
        spec = view.entries(root).get("spec")
        triggers = view.entries(spec).get("triggers") if isinstance(spec, Mapping) else None
        for trigger in triggers.items if isinstance(triggers, Sequence) else ():
            if _entry(trigger, ("type",), view) == "ImageChange":
                return "OpenShift"
    return None


_POD_DEPTH = 3
"""From a container's image up to what holds the pod's spec and metadata."""


def _entry(node: Node | None, path: tuple[str, ...], view: View) -> str | None:
    """Return the string at a path of keys, or None."""
    for key in path:
        if not isinstance(node, Mapping):
            return None
        node = view.entries(node).get(key)
    return string_of(node, view)


def _split_site(
    item: ObjectNode, view: View, place: _Place, names: SplitNames
) -> Iterator[ImageSite]:
    """Yield the one image that is written in parts below ``place``; none without a repository."""
    if not isinstance(place.node, Mapping):
        return
    entries = view.entries(place.node)
    repository = entries.get(names.repository)
    if not isinstance(repository, Scalar) or type_of(repository) == "null" or not repository.value:
        return
    tag, digest = (_part(entries.get(name)) for name in (names.tag, names.digest))
    tail = (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    yield ImageSite(
        Value("string", repository.value + tail),
        repository,
        item.meta,
        f"{place.path}{names.repository}",
        string_of(entries.get("name"), view),
        "image",
        item.readers,
        tail=tail,
        has_separate_tag=not tail,
    )


def _part(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and type_of(node) != "null" else ""


def _match_keys(item: ObjectNode, view: View) -> Iterator[Scalar]:
    images = view.entries(item.mapping).get("images")
    for image in images.items if isinstance(images, Sequence) else ():
        if isinstance(image, Mapping):
            name = view.entries(image).get("name")
            if isinstance(name, Scalar):
                yield name


def _pod_specs(item: ObjectNode, view: View, *, once: bool) -> Iterator[tuple[Mapping, str]]:
    """Yield the mappings of an unknown kind that look like a pod spec, in document order."""
    seen: set[int] = set()
    work: list[tuple[Node, str]] = [
        (child, f"{item.prefix}{key}")
        for key, child in reversed(list(view.entries(item.mapping).items()))
        if key not in ("status", "items")  # what a list holds are objects of their own
    ]
    if _has_containers(item.mapping, view):
        yield item.mapping, item.prefix
    while work:
        node, path = work.pop()
        if isinstance(node, Scalar) or (once and id(node) in seen):
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pairs = [(child, f"{path}[{index}]") for index, child in enumerate(node.items)]
        else:
            if _has_containers(node, view):
                yield node, path + "."
            pairs = [(child, f"{path}.{key}") for key, child in view.entries(node).items()]
        work.extend(reversed(pairs))


def _has_containers(node: Mapping, view: View) -> bool:
    entries = view.entries(node)
    for name in _CONTAINER_LISTS:
        containers = entries.get(name)
        if isinstance(containers, Sequence):
            for container in containers.items:
                if isinstance(container, Mapping) and "image" in view.entries(container):
                    return True
    return False
