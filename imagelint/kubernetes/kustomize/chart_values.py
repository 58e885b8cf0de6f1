"""Values of charts in a file of their own, in a kustomization, and in ConfigMaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import HELM_VALUES
from imagelint.kubernetes.kustomize.model import Inline, Role
from imagelint.kubernetes.objects import ObjectNode, Place, find_objects, path_of
from imagelint.kubernetes.readers import BOTH, type_of, views
from imagelint.kubernetes.search import Extract
from imagelint.kubernetes.values.reading import value_sites
from imagelint.model.finding import KubeObject
from imagelint.yaml.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.model import FileRole, InlineValues
    from imagelint.kubernetes.readers import View
    from imagelint.kubernetes.site import ImageSite
    from imagelint.yaml.nodes import Tree

__all__ = ["config_maps", "inline_values", "values_of"]


def values_of(tree: Tree, role: FileRole | Inline) -> Extract:
    """Return the images in the values of a chart, as Helm reads them."""
    if not isinstance(tree.root, Mapping):
        return Extract([], [], None)
    item = ObjectNode(tree.root, "", KubeObject("", ""), BOTH)
    view = views(tree)[0]
    found = value_sites(item, view, Place(tree.root), HELM_VALUES, once=bool(tree.problems))
    sites = [site._replace(runs_in=role.runs_in) for _, site in found]
    return Extract(sorted(sites, key=lambda site: site.node.start), [], None)


def inline_values(
    values: InlineValues, item: ObjectNode, view: View, *, once: bool
) -> Iterator[ImageSite]:
    """Yield the images in a chart's values in a kustomization."""
    meta = item.meta._replace(namespace=values.namespace or item.meta.namespace)
    here = item._replace(prefix=f"{item.prefix}{values.field}.", meta=meta)
    for _, site in value_sites(here, view, Place(values.mapping), HELM_VALUES, once=once):
        yield site


def config_maps(tree: Tree, role: FileRole) -> Iterator[Inline]:
    """Yield the strings of ConfigMaps that are values of a chart."""
    view = views(tree)[0]
    for item in find_objects(tree.root, view, "")[0]:
        is_meant = item.meta[:2] == ("v1", "ConfigMap") and role.target is not None
        if is_meant and role.target is not None and item.meta.name == role.target.name:
            node = view.get(item.mapping, "data", role.key)
            if isinstance(node, Scalar) and type_of(node) == "string":
                field = item.prefix + path_of(("data", role.key))
                yield Inline(
                    Role.TEXT,
                    node,
                    field,
                    shape=HELM_VALUES,
                    owner=item.meta,
                    runs_in=role.runs_in,
                )
