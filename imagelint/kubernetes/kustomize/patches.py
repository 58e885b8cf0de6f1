"""A patch's document → its images, as images of the objects that it patches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.folding import fold
from imagelint.kubernetes.kustomize.json_patch import ONTO_PLUGIN, read_operations
from imagelint.kubernetes.kustomize.kind_changes import KIND, NEW_KIND, kinds_of_target, reveals
from imagelint.kubernetes.kustomize.kinds import is_host, is_plugin
from imagelint.kubernetes.kustomize.leads import Lead, lead
from imagelint.kubernetes.kustomize.model import Inline, Target, Unjudged
from imagelint.kubernetes.kustomize.schema import PLUGINS
from imagelint.kubernetes.kustomize.targets import aims_of
from imagelint.kubernetes.objects import find_objects
from imagelint.kubernetes.readers import views
from imagelint.kubernetes.search import Extract, add_site, extract, sites_of
from imagelint.model.finding import KubeObject
from imagelint.yaml.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.json_patch import Found, Inside
    from imagelint.kubernetes.kustomize.model import NodePatch
    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.kubernetes.readers import View
    from imagelint.kubernetes.search import ImageSite
    from imagelint.yaml.nodes import Node, Tree

__all__ = ["read_node_patch", "read_patch"]

_KIND_CHANGE: Final = "internal.config.kubernetes.io/allowKindChange"
_NOBODY = KubeObject("", "")


def read_patch(
    tree: Tree, catalogue: Catalogue, target: Target | None, inside: Inside, namespace: str = ""
) -> Extract:
    """Return the contents of a patch: a list is JSON 6902 operations, else objects to merge.

    ``inside`` returns what these give to kustomize themselves. ``namespace`` is the one into which
    the kustomization moves everything, empty if there is none.
    """
    view = views(tree)[0]
    if not isinstance(tree.root, Sequence):
        merged = extract(tree, catalogue, recast=partial(_recast, target, namespace, catalogue))
        return merged._replace(unjudged=tuple(_changes(tree.root, view, target, catalogue)))
    aims = aims_of(target or Target(), _NOBODY, namespace, catalogue)
    sites: dict[tuple[Hashable, ...], ImageSite] = {}
    unjudged: list[Unjudged] = []
    inline: list[Inline] = []
    once = bool(tree.problems)
    for found in read_operations(tree.root, view, catalogue, aims, inside, once=once):
        if isinstance(found, Unjudged):
            unjudged.append(found)
        elif isinstance(found, Inline):
            inline.append(found)
        else:
            add_site(sites, found, view)
    in_order = sorted(sites.values(), key=lambda site: site.node.start)
    more = (tuple(inline), tuple(unjudged))
    return Extract(in_order, [], aims[-1].named, (), *more)


def read_node_patch(
    patch: NodePatch, view: View, catalogue: Catalogue, inside: Inside, *, once: bool
) -> list[Found]:
    """Return the contents of a patch that is written as nodes in a document."""
    node, target, namespace = patch.node, patch.target, patch.namespace
    if isinstance(node, Mapping):
        found, _ = find_objects(node, view, "")
        sites = [
            site._replace(object=named if site.object == one.meta else site.object)
            for item in found
            for one, named in _recast(target, namespace, catalogue, item)
            for site in sites_of(one, view, catalogue, once=once)
        ]
        texts = [
            text
            for item in found
            for one, _ in _recast(target, namespace, catalogue, item)
            if is_host(one.meta.group, one.meta.kind)
            for text in inside(one, view)
        ]
        all_: list[Found] = [*sites, *texts, *_changes(node, view, target, catalogue)]
        return [one._replace(field=f"{patch.field}.{one.field}") for one in all_]
    if not isinstance(node, Sequence):
        return []
    aims = aims_of(target or Target(), _NOBODY, namespace, catalogue)
    operations = read_operations(node, view, catalogue, aims, inside, once=once)
    return [one._replace(field=f"{patch.field}: {one.field}") for one in operations]


def _recast(
    target: Target | None, namespace: str, catalogue: Catalogue, item: ObjectNode
) -> list[tuple[ObjectNode, KubeObject]]:
    """Return an object as each of the kinds that it is merged into, and the object to name."""
    aims = aims_of(target, item.meta, namespace, catalogue)
    return [(item._replace(meta=aim.searched), aim.named) for aim in aims]


def _changes(
    root: Node | None, view: View, target: Target | None, catalogue: Catalogue
) -> Iterator[Unjudged]:
    """Yield the effects of a patch that only a build can tell.

    These are what it merges into objects that configure plugins, if it matters for images,
    and the new kind that it gives to an object.
    """
    for item in find_objects(root, view, "")[0]:
        entries = view.entries(item.mapping)
        if target is not None and _allows_kind_change(item, view, target):
            kinds = kinds_of_target(target, catalogue)
            if reveals(catalogue, kinds, {KIND: item.meta.kind}):
                node = entries.get(KIND, item.mapping)
                yield Unjudged(node, f"{item.prefix}kind", NEW_KIND, is_about_images=True)
        aims = [aim.searched for aim in aims_of(target, item.meta, "", catalogue)]
        onto = [one for one in aims if one.kind in PLUGINS]
        for key, value in entries.items() if onto else ():
            below: dict[str, Node] = {}
            if fold(key) in {"imagetag", "labels"} and isinstance(value, Mapping):
                if fold(key) == "imagetag" and is_plugin(item.meta):
                    continue  # it is judged as its own kind
                below = view.entries(value)
            paths: list[tuple[str, ...]] = [(key, one) for one in below] or [(key,)]
            if any(
                lead(catalogue, one.group, one.kind, path) is Lead.PART
                for one in onto
                for path in paths
            ):
                yield Unjudged(value, item.prefix + key, ONTO_PLUGIN, is_about_images=True)


def _allows_kind_change(item: ObjectNode, view: View, target: Target) -> bool:
    """Whether a patch changes the kind of the objects that it is merged into.

    The option becomes an annotation of the patch (kustomize api, resource/resource.go), which may
    also be written in the patch itself.
    """
    if target.allows_kind_change:
        return True
    return view.get(item.mapping, "metadata", "annotations", _KIND_CHANGE) is not None
