"""Objects that configure plugins → the files that they name: patches and replacements.

Kustomize reads such a file with the loader of the kustomization that loads the plugin, even if
the plugin's object is in a file of another folder or in one that a folder's kustomization includes
(kustomize api, internal/target/kusttarget.go, configureExternalTransformers). So the paths are
relative to that kustomization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.kinds import is_plugin
from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.kustomize.plugins import read_plugin
from imagelint.kubernetes.kustomize.targets import kinds_of
from imagelint.kubernetes.objects import find_objects
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.source import Source
from imagelint.yaml.documents import split
from imagelint.yaml.embedded import embedded
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.model import FieldChange, Inline, Kustomization, PathEntry
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Tree

__all__ = ["LOADED", "named_in", "named_inline", "plugins_in", "unclear_changes"]

LOADED: Final = frozenset({Role.TRANSFORMER, Role.VALIDATOR, Role.GENERATOR})
"""Roles of files and texts that contain plugin objects."""


def plugins_in(tree: Tree | None) -> Iterator[Kustomization]:
    """Yield the fields of a document's objects that configure kustomize's built-in plugins."""
    if tree is None:
        return
    view = View(Reader.KUSTOMIZE, walk_once=bool(tree.problems))
    for item in find_objects(tree.root, view, "")[0]:
        if is_plugin(item.meta):
            says = read_plugin(item.mapping, item.meta.kind, view)
            yield says._replace(
                paths=tuple(one._replace(field=item.prefix + one.field) for one in says.paths)
            )


def named_in(path: str, data: bytes) -> Iterator[tuple[Document, PathEntry]]:
    """Yield the files that plugins in a file name."""
    for document in split(Source(path, data)):
        yield from _named_in(document)


def named_inline(outer: Document, says: Kustomization) -> Iterator[tuple[Document, PathEntry]]:
    """Yield the files that plugins in the texts of a kustomization name."""
    for text in says.inline:
        for document in embedded(outer, text.node) if text.role in LOADED else ():
            for _, entry in _named_in(document):
                yield document, entry._replace(field=f"{text.field}: {entry.field}")


def unclear_changes(says: Kustomization) -> Iterator[PathEntry | Inline | FieldChange]:
    """Yield what in a kustomization of plugins may change these without naming their kind.

    Patches and replacements that name the kind are judged in kustomize/patches.py.
    """
    named: list[PathEntry | Inline] = [*says.paths, *says.inline]
    for one in named:
        is_unclear = one.role in (*LOADED, Role.REPLACEMENT)
        if one.role in (Role.PATCH, Role.JSON_PATCH):
            is_unclear = one.target is not None and not kinds_of(one.target.kind)
        if is_unclear:
            yield one
    yield from (one for one in says.changes if not kinds_of(one.kind))


def _named_in(document: Document) -> Iterator[tuple[Document, PathEntry]]:
    for says in plugins_in(document.tree or parse_yaml(document.text)):
        yield from ((document, entry) for entry in says.paths)
