"""One examined document: its tree, its image sites, and why it is refused. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.kubernetes.search import Extract
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Tree

__all__ = ["Examined", "Refusal"]


class Refusal(NamedTuple):
    """Why a document is not read as it is written; ``offset`` in bytes of the source."""

    offset: int
    message: str
    by_kubectl: bool = True
    """False: kubectl reads the document, but in another way than its author."""


class Examined(NamedTuple):
    """One document that may hold images, after reading it.

    ``refusals`` is empty if kubectl reads the document. ``dropped_at`` is the
    byte offset of content that every reader ignores.
    """

    document: Document
    tree: Tree | None
    extract: Extract
    refusals: tuple[Refusal, ...]
    dropped_at: int | None
    is_template: bool
    is_manifest: bool
    """Whether this is, or tries to be, an API object, not other YAML."""
    template: str | None = None
    """The Helm template that produced it, if Helm recorded it."""
    inside: str = ""
    """For a document in a string, the field with the string: ``patches[0].patch``."""
    is_in_chart: bool = False
    """Whether it is a template of a chart, which kubectl need not read."""
    is_data: bool = False
    """Whether that string is data to kubectl and kustomize, which an operator applies."""
