"""The graph of a repository's kustomizations: files and folders, and who takes them for what."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.engine.edits import place_of
from imagelint.kubernetes.context import NO_CONTEXT, Context, Trouble
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.kustomize.model import FileRole, Role
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.repository.follow import (
    Edge,
    NotFollowedError,
    follow,
    kustomizations_in,
    place_named,
)
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.yaml.documents import Document

__all__ = ["Graph", "Member", "read_as_kustomization"]


class Member(NamedTuple):
    """A kustomization file of the repository."""

    path: str
    """Absolute."""
    document: Document
    says: Kustomization
    edges: tuple[Edge, ...]
    troubles: tuple[Trouble, ...]
    lost: tuple[str, ...] = ()
    """Where what it names would stand, if it were here; absolute paths."""

    @property
    def is_whole(self) -> bool:
        """Whether everything that it names itself could be followed."""
        return not self.troubles


class Graph:
    """The kustomizations below a repository's root."""

    def __init__(
        self, root: str, paths: Iterable[str], read: Callable[[str], bytes | None]
    ) -> None:
        """Read kustomization files at ``paths``, and what they lead to below ``root``.

        All are absolute. ``read`` gives the bytes of a file, None where that cannot be.
        """
        self.root = root
        self._real_root = os.path.realpath(root)
        self._read = read
        self.members: dict[str, Member] = {}
        """By folder."""
        self._parents: dict[str, list[tuple[str, Role]]] = {}
        """By folder: the folders of the kustomizations that take it in."""
        self._roles: dict[str, dict[FileRole, None]] = {}
        self._users: dict[str, dict[str, None]] = {}
        """By file: the folders of the kustomizations that name it."""
        self._namespaces: dict[str, frozenset[str]] = {}
        work = list(paths)
        while work:
            path = work.pop()
            folder = os.path.dirname(path)
            if folder in self.members:
                continue
            member = self._member(path)
            if member is None:
                continue
            self.members[folder] = member
            for edge in member.edges:
                self._note(folder, edge)
                if edge.is_folder and edge.path not in self.members:
                    work += kustomizations_in(edge.path)
        for folder, name in _cycles(self):
            self._add_cycle(folder, name)

    # --- what is asked -----------------------------------------------------------------

    def context_of(self, path: str) -> Context:
        """Return what the repository knows about a file (absolute)."""
        roles = tuple(self._roles.get(path, ()))
        if not roles and not _is_kustomization(path):
            return NO_CONTEXT
        troubles = self._troubles_of(path)
        return Context(roles, self.namespaces_of(path), troubles=troubles)

    def users_of(self, path: str) -> tuple[str, ...]:
        """Return the folders of the kustomizations that name a file themselves."""
        return tuple(self._users.get(path, ()))

    def parents_of(self, folder: str) -> list[tuple[str, Role]]:
        """Return the folders of the kustomizations that take in another's folder, and as what."""
        return self._parents.get(folder, [])

    def _troubles_of(self, path: str) -> tuple[Trouble, ...]:
        """Return what cannot be followed in a kustomization file."""
        member = self.members.get(os.path.dirname(path))
        return member.troubles if member is not None and member.path == path else ()

    def namespaces_of(self, path: str) -> frozenset[str]:
        """Return the namespaces into which kustomizations move the objects of a file."""
        found: set[str] = set()
        for folder in self.builders_of(path):
            found |= self._built_in(folder)
        return frozenset(found)

    def builders_of(self, path: str) -> tuple[str, ...]:
        """Return the folders of the kustomizations that build what a file holds.

        They name it, or it is itself the file of one, whose own images they build.
        """
        folder = os.path.dirname(path)
        member = self.members.get(folder)
        is_member = member is not None and member.path == path
        return (*self.users_of(path), folder) if is_member else self.users_of(path)

    def reached_from(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the files that kustomization files take in as documents, however deep, once."""
        work = [os.path.dirname(path) for path in paths if _is_kustomization(path)]
        seen = set(work)
        while work:
            member = self.members.get(work.pop())
            for edge in member.edges if member is not None else ():
                if edge.path in seen or edge.entry.role in (Role.DATA, Role.CRD, Role.VALUES):
                    continue
                seen.add(edge.path)
                if not edge.is_folder:
                    yield edge.path
                elif edge.path in self.members:
                    yield self.members[edge.path].path
                    work.append(edge.path)

    def above(self, folders: Iterable[str]) -> dict[str, None]:
        """Return kustomizations and all that take them in, however far up."""
        found = dict.fromkeys(folders)
        work = list(found)
        while work:
            for parent, _ in self.parents_of(work.pop()):
                if parent not in found:
                    found[parent] = None
                    work.append(parent)
        return found

    def below(self, folders: Iterable[str]) -> dict[str, None]:
        """Return kustomizations and all that they take in, however deep."""
        found = {folder: None for folder in folders if folder in self.members}
        work = list(found)
        while work:
            for edge in self.members[work.pop()].edges:
                if edge.is_folder and edge.path not in found and edge.path in self.members:
                    found[edge.path] = None
                    work.append(edge.path)
        return found

    def _built_in(self, folder: str) -> frozenset[str]:
        """Return the namespaces of what a kustomization builds, by itself and below others."""
        work = {folder: None}
        while work:
            at = next(reversed(work))
            above = [parent for parent, _ in self.parents_of(at)]
            unknown = [one for one in above if one not in self._namespaces and one not in work]
            if unknown:
                work |= dict.fromkeys(unknown)
                continue
            own = self.members[at].says.namespace
            known = (self._namespaces.get(parent, frozenset()) for parent in above)
            self._namespaces[at] = frozenset([own] if own else ()).union(*known)
            del work[at]
        return self._namespaces[folder]

    # --- how it is made ----------------------------------------------------------------

    def _member(self, path: str) -> Member | None:
        data = self._read(path)
        found = None if data is None else read_as_kustomization(path, data)
        return None if found is None else self._followed(path, *found)

    def _followed(self, path: str, document: Document, says: Kustomization) -> Member:
        edges: list[Edge] = []
        troubles: list[Trouble] = []
        lost: list[str] = []
        folder = os.path.dirname(path)
        for entry in says.paths:
            try:
                edges.append(follow(entry, folder, self._real_root))
            except NotFollowedError as error:  # noqa: PERF203 - few lead nowhere
                if error.matters:
                    span = place_of(document, entry.node)
                    troubles.append(Trouble(span, entry.field, str(error), error.is_error))
                    if not error.is_error:
                        lost.append(place_named(entry, folder))
        return Member(path, document, says, tuple(edges), tuple(troubles), tuple(lost))

    def _note(self, folder: str, edge: Edge) -> None:
        """Remember who takes in what, under all names that a file has."""
        role = edge.entry.role
        for path in {edge.path, self.root + edge.real.removeprefix(self._real_root)}:
            if edge.is_folder:
                self._parents.setdefault(path, []).append((folder, role))
            else:
                self._roles.setdefault(path, {})[FileRole(role, edge.entry.target)] = None
                self._users.setdefault(path, {})[folder] = None

    def _add_cycle(self, folder: str, path: str) -> None:
        member = self.members[folder]
        edges = [edge for edge in member.edges if edge.path == path and edge.is_folder]
        message = "this leads back here, round in a circle, which kustomize refuses"
        found = [
            Trouble(
                place_of(member.document, edge.entry.node), edge.entry.field, message, is_error=True
            )
            for edge in edges
        ]
        self.members[folder] = member._replace(
            edges=tuple(edge for edge in member.edges if edge not in edges),
            troubles=(*member.troubles, *found),
        )
        self._parents[path] = [one for one in self._parents.get(path, []) if one[0] != folder]


def read_as_kustomization(path: str, data: bytes) -> tuple[Document, Kustomization] | None:
    """Return the kustomization in the bytes of a file, and its document; None where none is."""
    for document in split(Source(path, data)):
        tree = document.tree or parse_yaml(document.text)
        if isinstance(tree.root, Mapping):
            view = View(Reader.KUBECTL, walk_once=bool(tree.problems))
            return document, read_kustomization(tree.root, view)
        if tree.root is not None:
            break
    return None


def _is_kustomization(path: str) -> bool:
    return path.rpartition(os.sep)[2] in KUSTOMIZATION_FILES


def _cycles(graph: Graph) -> list[tuple[str, str]]:
    """Return the edges, as pairs of folders, that close a circle."""
    closing: list[tuple[str, str]] = []
    done: set[str] = set()
    for start in sorted(graph.members):
        on_way: dict[str, None] = {}
        work: list[tuple[str, bool]] = [(start, False)]
        while work:
            folder, is_left = work.pop()
            if is_left:
                on_way.pop(folder)
                done.add(folder)
                continue
            if folder in done or folder in on_way:
                continue
            on_way[folder] = None
            work.append((folder, True))
            member = graph.members.get(folder)
            for edge in member.edges if member is not None else ():
                if edge.is_folder and edge.path in on_way:
                    closing.append((folder, edge.path))
                elif edge.is_folder and edge.path not in done:
                    work.append((edge.path, False))
    return closing
