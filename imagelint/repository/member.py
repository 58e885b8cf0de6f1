"""A kustomization of a repository and the files and folders that it names. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.repository.follow import Edge
    from imagelint.yaml.documents import Document

__all__ = ["Member"]


class Member(NamedTuple):
    """A kustomization file of the repository."""

    path: str
    """Absolute."""
    document: Document
    says: Kustomization
    edges: tuple[Edge, ...]
    is_whole: bool
    """Whether everything that it names could be followed."""
