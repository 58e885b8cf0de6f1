"""Flux's ImagePolicies, and the ImageRepositories that they choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.yaml.documents import split
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.source import Source

__all__ = ["policies_in"]


def policies_in(sources: Iterable[Source]) -> dict[tuple[str, str], str]:
    """Return the ImageRepository (``namespace/name``) of each ImagePolicy in some sources."""
    found: dict[tuple[str, str], str] = {}
    for source in sources:
        for document in split(source) if b"ImagePolicy" in source.data else ():
            tree = document.tree or parse_yaml(document.text)
            view = View(Reader.KUBECTL, walk_once=True)
            for item in find_objects(tree.root, view, "")[0]:
                meta = item.meta
                if meta.group != "image.toolkit.fluxcd.io" or meta.kind != "ImagePolicy":
                    continue
                reference = view.get(item.mapping, "spec", "imageRepositoryRef")
                name = string_of(view.get(reference, "name"), view)
                if name and meta.name:
                    own = meta.namespace or ""
                    namespace = string_of(view.get(reference, "namespace"), view) or own
                    found[own, meta.name] = f"{namespace}/{name}" if namespace else name
    return found
