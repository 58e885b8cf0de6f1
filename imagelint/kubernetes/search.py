"""Documents → image sites: the API objects in a document and the fields that hold their images.

The fields are data (``kubernetes/catalogue/lookup.py``). Whatever the catalogue does not describe
is searched for the shape of a pod spec: a list under ``containers``, ``initContainers`` or
``ephemeralContainers`` whose items have an ``image``. Only kinds whose entry is exact are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from imagelint.kubernetes.catalogue.entries import (
    CONTAINERS,
    EACH,
    OBJECT,
    POD_SPEC,
    POD_TEMPLATE,
    Branch,
)
from imagelint.kubernetes.filled import filled
from imagelint.kubernetes.kustomize.kinds import has_fields_of_kustomize, is_kustomization
from imagelint.kubernetes.objects import (
    ObjectNode,
    Place,
    Step,
    after,
    as_kustomize_has_it,
    find_objects,
    meta_of,
    named_so,
    path_of,
    string_of,
)
from imagelint.kubernetes.readers import BOTH, Reader, View, is_text, resolve, views
from imagelint.kubernetes.sites import PARTS, ImageSite, sites_at
from imagelint.model.finding import KubeObject
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Mapping, Node, ParseProblem, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.defaults import Read
    from imagelint.kubernetes.kustomize.model import Inline, Unjudged

__all__ = ["Extract", "ImageSite", "Recast", "add_site", "extract", "shape_sites", "sites_of"]

_KUSTOMIZE = frozenset({Reader.KUSTOMIZE})


class Extract(NamedTuple):
    """The contents of a document: its sites, and why kubectl refuses its objects.

    ``sites`` are in the order of the text. ``root`` is the root object's own metadata, None if
    it is not an API object. ``objects`` are those in which kustomize reads more than images,
    each with a view of the tree. Sites of kustomizations, their texts and the rest of ``unjudged``
    are not here yet: ``kustomize/reading.py`` adds them.
    """

    sites: list[ImageSite]
    problems: list[ParseProblem]
    root: KubeObject | None
    objects: tuple[tuple[ObjectNode, View], ...] = ()
    inline: tuple[Inline, ...] = ()
    """Texts that hold documents."""
    unjudged: tuple[Unjudged, ...] = ()
    """What only a build can decide."""


class Met(NamedTuple):
    """What a search collects: all objects, and their strings that hold fields."""

    objects: list[ObjectNode]
    texts: list[Inline]


Recast: TypeAlias = "Callable[[ObjectNode], list[tuple[ObjectNode, KubeObject]]]"
"""An object → what to search it as, each time with the object to name in findings."""
_Texts: TypeAlias = "dict[tuple[str, int, str], Inline]"
"""Strings by their field, place and value, so that each is read once."""


def extract(
    tree: Tree, catalogue: Catalogue, file_name: str = "", recast: Recast | None = None
) -> Extract:
    """Find the image sites of a document, as either reader sees it.

    ``file_name`` (without folders) identifies a Kustomization without a kind. ``recast`` says how
    to search a patch, which may have no kind either.
    """
    sites: dict[tuple[Hashable, ...], ImageSite] = {}
    problems: list[ParseProblem] = []
    objects: list[tuple[ObjectNode, View]] = []
    root: KubeObject | None = None
    inline: _Texts = {}
    met = Met([], [])
    seen_by = views(tree)
    for view in seen_by:
        found, wrong = find_objects(tree.root, view, file_name)
        if view.reader is Reader.KUBECTL:
            problems = wrong
            root = next((item.meta for item in found if item.mapping is tree.root), None)
        if len(seen_by) > 1:  # each has its own view
            found = [item for item in found if view.reader in item.readers]
        read_as = found
        if recast is not None:
            if not found and isinstance(tree.root, Mapping):  # a patch without a kind
                found = [ObjectNode(tree.root, "", KubeObject("", ""), BOTH)]
            read_as = [one for item in found for one, _ in recast(item)]
        objects += ((item, view) for item in read_as if has_fields_of_kustomize(item.meta))
        once = bool(tree.problems)  # a refused document may be an alias bomb
        del met.objects[:]
        for item in _distinct(found) if once else found:
            how = (once, len(seen_by) == 1)
            for read in _sites_as(item, view, catalogue, recast, how, met):
                add_site(sites, read, view)
        _add(inline, met.texts)  # before what the policy declares about the same strings
        if catalogue.embedded:
            from imagelint.kubernetes.texts import texts_of  # noqa: PLC0415 - few policies have it

            _add(inline, texts_of(met.objects, view, catalogue))
    if root is None and isinstance(tree.root, Mapping):
        root = meta_of(tree.root, seen_by[0], None, file_name)
    in_order = sorted(sites.values(), key=lambda site: site.node.start)
    told = problems if sites or inline else []
    return Extract(in_order, told, root, tuple(objects), tuple(inline.values()))


def _add(known: _Texts, texts: Iterable[Inline]) -> None:
    for text in texts:
        known.setdefault((text.field, text.node.start, text.node.value), text)


def _sites_as(  # noqa: PLR0913, PLR0917 - what is searched, and how
    item: ObjectNode,
    view: View,
    catalogue: Catalogue,
    recast: Recast | None,
    how: tuple[bool, bool],
    met: Met,
) -> Iterator[ImageSite]:
    """Yield the sites of an object as its own kind, or as the kinds that it is searched as.

    ``how``: whether each node is read once; whether kustomize has no view of its own.
    """
    once, is_for_both = how
    if recast is None:
        found = sites_of(item, view, catalogue, once=once, met=met)
        yield from _readings(item, found, view, is_for_both=is_for_both)
        return
    for one, named in recast(item):
        found = sites_of(one, view, catalogue, once=once, met=met)
        for site in _readings(one, found, view, is_for_both=is_for_both):
            yield site._replace(object=named) if site.object[:2] == one.meta[:2] else site


def _distinct(objects: list[ObjectNode]) -> list[ObjectNode]:
    """Remove objects that an alias repeats."""
    return list({id(item.mapping): item for item in reversed(objects)}.values())[::-1]


def add_site(sites: dict[tuple[Hashable, ...], ImageSite], read: ImageSite, view: View) -> None:
    """Record a site, once for all readers that read the same there."""
    item = read.object
    # All that may decide on the environment: with merges each reader may see other values.
    names = (item.api_version, item.kind, item.name, item.namespace, *item.labels.items())
    key = (read.field, id(read.node), read.within, read.value, read.container, names)
    known = sites.get(key)
    readers, seen = read.readers, frozenset({view.reader})
    if known is not None:
        readers, seen = readers | known.readers, seen | known.views
    sites[key] = (known or read)._replace(readers=readers, views=seen)


def _readings(
    item: ObjectNode, sites: Iterator[ImageSite], view: View, *, is_for_both: bool
) -> Iterator[ImageSite]:
    """Yield each site once, or twice if kustomize reads its scalar, or its names, differently.

    ``is_for_both``: kustomize has no view of its own. An object inside of ``item`` is data to
    both readers, and keeps its names.
    """
    other: KubeObject | None = None
    for site in sites:
        if not is_for_both or Reader.KUBECTL in site.readers:
            yield site
        if is_for_both and Reader.KUSTOMIZE in site.readers:
            other = other or as_kustomize_has_it(item, view)
            theirs = other if site.object == item.meta else site.object
            value, node = site.value, site.node
            is_whole = not site.tail and site.within is None and value.type != "number"
            if is_whole and isinstance(node, Scalar) and not is_text(node):
                value = resolve(node, Reader.KUSTOMIZE)
            is_theirs = site.readers == _KUSTOMIZE
            if is_theirs or value != site.value or theirs != site.object:
                yield site._replace(value=value, object=theirs, readers=_KUSTOMIZE)


# --- objects ------------------------------------------------------------------------


def sites_of(
    item: ObjectNode,
    view: View,
    catalogue: Catalogue,
    *,
    once: bool,
    met: Met | None = None,
) -> Iterator[ImageSite]:
    """Yield the sites of an object and of the objects inside of it; ``once``: each node once.

    A kustomization has none here, because kustomize reads its fields in its own way.
    """
    work, seen = [(item, item)], {id(item.mapping)}
    reads: list[Read] = []
    while work:
        one, outer = work.pop()
        if met is not None:
            met.objects.append(one)
        if is_kustomization(one.meta):
            continue
        found = _Search(one, view, catalogue, once=once)
        reads += ((one, outer, steps, site) for steps, site in found.sites())
        if met is not None:
            met.texts.extend(found.texts)
        for inner in reversed(found.objects):
            if not (once and id(inner.mapping) in seen):
                work.append((inner, one))
            seen.add(id(inner.mapping))
    for one, steps, site in filled(reads, view):
        if not catalogue.ignores(one.meta.group, one.meta.kind, steps):
            yield site


def shape_sites(
    item: ObjectNode, view: View, catalogue: Catalogue, shape: str, *, once: bool
) -> Iterator[ImageSite]:
    """Yield the sites of a mapping with the fields of a shape."""
    return _Search(item, view, catalogue, once=once).shape_sites(shape)


class _Search:
    """The search of one object, by the catalogue's fields for its kind and by shape.

    ``objects`` are the objects inside of it, complete when ``sites`` is exhausted.
    """

    def __init__(self, item: ObjectNode, view: View, catalogue: Catalogue, *, once: bool) -> None:
        self._item = item
        self._view = view
        self._catalogue = catalogue
        self._once = once
        self._seen: set[tuple[str, int]] = set()
        self._passed: set[tuple[Step, ...]] = set()
        self.objects: list[ObjectNode] = []
        self.texts: list[Inline] = []

    def sites(self) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
        """Yield every site with its steps from the object's root."""
        item = self._item
        known = self._catalogue.lookup(item.meta.group, item.meta.kind)
        claimed: set[tuple[Step, ...]] = set()
        if known is not None:
            for steps, site in self._walk(known.branch, Place(item.mapping)):
                claimed.add(steps)
                if isinstance(site.node, Mapping) and not known.is_exact:
                    yield from self._in_parts(steps, site)
                else:
                    yield steps, site
        if (known is not None and known.is_exact) or not item.meta.api_version:
            return  # no apiVersion: a tool's own file, not an object of an unknown kind
        for place in self._pod_specs(Place(item.mapping)):
            for steps, site in self._by_shape(place):
                if steps not in claimed:
                    yield steps, site

    def _in_parts(
        self, steps: tuple[Step, ...], site: ImageSite
    ) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
        """Yield the image of a mapping where another version of the kind has a text."""
        found = [*sites_at(self._item, self._view, Place(site.node, steps), PARTS)]
        yield from found or [(steps, site)]

    def _by_shape(self, place: Place) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
        """Yield the sites of a pod spec, and of the pod's metadata beside it."""
        shape, start = POD_SPEC, Place(place.node, place.steps)
        if place.steps[-1:] == ("spec",) and place.parents:
            shape, start = POD_TEMPLATE, Place(place.parents[-1], place.steps[:-1])
        for steps, site in self._walk(self._catalogue.shape(shape), start):
            if not isinstance(site.node, Mapping):
                if "*" not in str(site.value.value):  # not a pattern of a policy engine
                    yield steps, site._replace(by_shape=True)
                continue
            place = Place(site.node, steps)  # not of a pod: only its own schema requires one
            for at, one in sites_at(self._item, self._view, place, PARTS):
                yield at, one._replace(by_shape=True)

    def _walk(self, branch: Branch, start: Place) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
        """Yield the sites that fields lead to, depth first, in the order of the fields."""
        work = [(branch, start)]
        while work:
            branch, place = work.pop()
            below: list[tuple[Branch, Place]] = []
            keys = self._view.entries(place.node) if isinstance(place.node, Mapping) else ()
            for segment, next_branch in branch.below.items():
                if segment in keys or segment in EACH:  # most fields are absent
                    below += [(next_branch, one) for one in after(place, segment, self._view)]
            for holder in branch.holders:
                if holder.of and not named_so(self._item.meta.name, holder.of):
                    continue
                if holder.text:
                    self._note(place, holder.text)
                elif holder.shape == OBJECT:
                    self._enter(place)
                elif holder.shape:
                    known = (holder.shape, id(place.node))
                    if not self._once or known not in self._seen:
                        self._seen.add(known)
                        below.append((self._catalogue.shape(holder.shape), place))
                else:
                    yield from sites_at(self._item, self._view, place, holder)
            work += reversed(below)

    def _note(self, place: Place, shape: str) -> None:
        """Record a string that holds the fields of a shape."""
        from imagelint.kubernetes.kustomize.model import Inline, Role  # noqa: PLC0415 - few files have such

        if isinstance(place.node, Scalar) and string_of(place.node, self._view) is not None:
            field = self._item.prefix + path_of(place.steps)
            owner = self._item.meta
            self.texts.append(Inline(Role.TEXT, place.node, field, shape=shape, owner=owner))

    def shape_sites(self, name: str) -> Iterator[ImageSite]:
        """Yield the sites of an object with the fields of a shape."""
        found = self._walk(self._catalogue.shape(name), Place(self._item.mapping))
        return (site for _, site in found)

    def _enter(self, place: Place) -> None:
        """Record the objects at a place; the search by shape handles what is not an object."""
        if not isinstance(place.node, Mapping):
            return
        outer = self._item
        prefix = f"{outer.prefix}{path_of(place.steps)}."
        found, _ = find_objects(place.node, self._view, "")
        for inner in found:
            meta = inner.meta
            namespace = meta.namespace or outer.meta.namespace
            meta = KubeObject(meta.api_version, meta.kind, meta.name, namespace, meta.labels)
            at = prefix + inner.prefix
            self.objects.append(ObjectNode(inner.mapping, at, meta, outer.readers))
        if found:
            self._passed.add(place.steps)

    def _pod_specs(self, start: Place) -> Iterator[Place]:
        """Yield the mappings that look like a pod spec, in document order."""
        seen: set[int] = set()
        root = self._view.entries(start.node) if isinstance(start.node, Mapping) else {}
        parents = (start.node,) if isinstance(start.node, Mapping) else ()
        work = [
            Place(child, (key,), parents)
            for key, child in reversed(list(root.items()))
            if key not in ("status", "items")  # items of a list are separate objects
        ]
        if self._has_containers(start.node):
            yield start
        while work:
            place = work.pop()
            node = place.node
            if isinstance(node, Scalar) or (self._once and id(node) in seen):
                continue
            if place.steps in self._passed:
                continue
            seen.add(id(node))
            if isinstance(node, Sequence):
                below = [
                    Place(child, (*place.steps, index), ())
                    for index, child in enumerate(node.items)
                ]
            else:
                if self._has_containers(node):
                    yield place
                below = [
                    Place(child, (*place.steps, key), (node,))
                    for key, child in self._view.entries(node).items()
                ]
            work += reversed(below)

    def _has_containers(self, node: Node) -> bool:
        """Whether a container has an image, or a volume is beside containers without one."""
        entries = self._view.entries(node) if isinstance(node, Mapping) else {}
        lists = [entries[name] for name in CONTAINERS if name in entries]
        if lists and "volumes" in entries:
            lists.append(entries["volumes"])
        return any(
            isinstance(item, Mapping) and "image" in self._view.entries(item)
            for found in lists
            if isinstance(found, Sequence)
            for item in found.items
        )
