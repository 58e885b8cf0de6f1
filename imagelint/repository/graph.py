"""The graph of a repository's kustomizations: which files and folders they use in which role."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from imagelint.engine.edits import place_of
from imagelint.kubernetes.context import NO_CONTEXT, Context, Trouble
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.kustomize.model import FileRole, Role
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.kubernetes.readers import Reader, View, refusals
from imagelint.model.source import Source, shown
from imagelint.repository.follow import (
    BUILD,
    Edge,
    NotFollowedError,
    follow,
    kustomizations_in,
    place_named,
    without_links,
)
from imagelint.repository.member import Member
from imagelint.repository.plugins import LOADED, named_in, named_inline, unclear_changes
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import FieldChange, Inline, Kustomization, PathEntry
    from imagelint.yaml.documents import Document

__all__ = ["Graph", "read_as_kustomization"]

_OBJECTS: Final = frozenset({Role.RESOURCE, Role.COMPONENT})
"""Roles of files whose objects a build includes unchanged."""


class Graph:
    """The kustomizations below a repository's root."""

    def __init__(
        self, root: str, paths: Iterable[str], read: Callable[[str], bytes | None]
    ) -> None:
        """Read kustomization files at ``paths``, and what they lead to below ``root``.

        All are absolute. ``read`` returns the bytes of a file, None if it cannot be read.
        """
        self.root = root
        self._read = read
        self.lost: dict[str, list[str]] = {}
        """By folder: the paths that its kustomization names but that do not exist."""
        self.members: dict[str, Member] = {}
        """By folder."""
        self._parents: dict[str, list[tuple[str, Role]]] = {}
        """By folder: the folders of the kustomizations that include it."""
        self._roles: dict[str, dict[FileRole, None]] = {}
        self._users: dict[str, dict[str, None]] = {}
        """By file: the folders of the kustomizations that name it."""
        self._folders: dict[str, str] = {}
        """By folder: the same without links."""
        self._refused: set[str] = set()
        """Kustomization files that kustomize may refuse."""
        self._troubles: dict[str, dict[Trouble, None]] = {}
        """By file: what it names that cannot be followed."""
        self._named: dict[str, list[tuple[Document, PathEntry]]] = {}
        """By file: what the plugins in it name."""
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
        for folder in list(self.members):
            self._tell_wrong_kinds(folder)
            self._follow_plugins(folder)

    # --- queries -----------------------------------------------------------------------

    def context_of(self, path: str) -> Context:
        """Return what the repository knows about a file (absolute)."""
        roles = tuple(self._roles.get(path) or self._roles.get(self._in_graph(path)) or ())
        if not roles and not _is_kustomization(path):
            return NO_CONTEXT
        troubles = tuple(self._troubles.get(path, ()))
        return Context(roles, troubles=troubles, is_refused=path in self._refused)

    def canonical(self, path: str) -> str:
        """Return a path without links below the root: the form of all paths in the graph."""
        return without_links(path, self.root) or path

    def _in_graph(self, path: str) -> str:
        """Return a path as the graph has it if a link leads to its folder; asked for every file."""
        folder, _, name = path.rpartition(os.sep)
        if folder not in self._folders:
            self._folders[folder] = self.canonical(folder)
        known = self._folders[folder]
        return path if known == folder else os.path.join(known, name)

    def users_of(self, path: str) -> tuple[str, ...]:
        """Return the folders of the kustomizations that name a file directly."""
        return tuple(self._users.get(path) or self._users.get(self._in_graph(path)) or ())

    def parents_of(self, folder: str) -> list[tuple[str, Role]]:
        """Return the folders of the kustomizations that include a folder's, and its role there."""
        return self._parents.get(folder, [])

    def builders_of(self, path: str) -> tuple[str, ...]:
        """Return the folders of the kustomizations that build the contents of a file.

        They name it, or it is a kustomization file itself, whose own images it builds.
        """
        folder = os.path.dirname(path)
        member = self.members.get(folder)
        is_member = member is not None and member.path == path
        return (*self.users_of(path), folder) if is_member else self.users_of(path)

    def reached_from(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the files that kustomization files include as documents, at any depth, once."""
        work = [os.path.dirname(path) for path in paths if _is_kustomization(path)]
        seen = set(work)
        while work:
            member = self.members.get(work.pop())
            for edge in member.edges if member is not None else ():
                if edge.path in seen or edge.entry.role in (Role.DATA, Role.CRD, Role.VALUES):
                    continue
                seen.add(edge.path)
                if not edge.is_folder:
                    yield from dict.fromkeys((edge.path, edge.named))
                elif edge.path in self.members:
                    yield self.members[edge.path].path
                    work.append(edge.path)

    def above(self, folders: Iterable[str]) -> dict[str, None]:
        """Return kustomizations and all that include them, directly or indirectly."""
        found = dict.fromkeys(folders)
        work = list(found)
        while work:
            for parent, _ in self.parents_of(work.pop()):
                if parent not in found:
                    found[parent] = None
                    work.append(parent)
        return found

    def below(self, folders: Iterable[str], role: Role | None = None) -> dict[str, None]:
        """Return kustomizations and all that they include, directly or indirectly, in a role."""
        found = {folder: None for folder in folders if folder in self.members}
        work = list(found)
        while work:
            for edge in self.members[work.pop()].edges:
                if role is not None and edge.entry.role is not role:
                    continue
                if edge.is_folder and edge.path not in found and edge.path in self.members:
                    found[edge.path] = None
                    work.append(edge.path)
        return found

    def files(self, edge: Edge) -> Iterator[Edge]:
        """Yield the files of objects that an edge leads to, also through folders."""
        work, seen = [edge], set[str]()
        while work:
            one = work.pop()
            if not one.is_folder:
                yield one
            elif one.path in self.members and one.path not in seen:
                seen.add(one.path)
                edges = reversed(self.members[one.path].edges)
                work += (below for below in edges if below.entry.role in _OBJECTS)

    # --- construction ------------------------------------------------------------------

    def _member(self, path: str) -> Member | None:
        data = self._read(path)
        found = None if data is None else read_as_kustomization(path, data)
        if data is not None and (found is None or found[1].refusals):
            self._refused.add(path)
        return None if found is None else self._followed(path, *found)

    def _followed(self, path: str, document: Document, says: Kustomization) -> Member:
        edges: list[Edge] = []
        folder = os.path.dirname(path)
        for entry in says.paths:
            edge = self._follow(entry, folder, document)
            edges += () if edge is None else (edge,)
        return Member(path, document, says, tuple(edges), path not in self._troubles)

    def _follow(self, entry: PathEntry, folder: str, document: Document) -> Edge | None:
        """Return where an entry in a document leads; if it leads nowhere, record why."""
        try:
            return follow(entry, folder, self.root)
        except NotFollowedError as error:
            message = str(error)
            if folder != os.path.dirname(document.source.path):
                place = shown(os.path.relpath(folder, self.root))
                message += f" (relative to {place}, whose kustomization loads this)"
            if error.matters:
                self._add_trouble(document, entry, message, is_error=error.is_error)
                if not error.is_error:
                    self.lost.setdefault(folder, []).append(place_named(entry, folder))
        return None

    def _add_trouble(
        self,
        document: Document,
        entry: PathEntry | Inline | FieldChange,
        message: str,
        *,
        is_error: bool,
    ) -> None:
        trouble = Trouble(place_of(document, entry.node), entry.field, message, is_error)
        self._troubles.setdefault(document.source.path, {})[trouble] = None

    def _note(self, folder: str, edge: Edge) -> None:
        """Record which kustomization includes what, under all names of a file."""
        role = edge.entry.role
        for path in {edge.path, edge.named}:
            if edge.is_folder:
                self._parents.setdefault(path, []).append((folder, role))
            else:
                self._roles.setdefault(path, {})[FileRole(role, edge.entry.target)] = None
                self._users.setdefault(path, {})[folder] = None

    def _add_cycle(self, folder: str, path: str) -> None:
        member = self.members[folder]
        edges = [edge for edge in member.edges if edge.path == path and edge.is_folder]
        message = "this leads back here in a cycle, which kustomize rejects"
        for edge in edges:
            self._add_trouble(member.document, edge.entry, message, is_error=True)
        left = tuple(edge for edge in member.edges if edge not in edges)
        self.members[folder] = member._replace(edges=left, is_whole=False)
        self._parents[path] = [one for one in self._parents.get(path, []) if one[0] != folder]

    def _tell_wrong_kinds(self, folder: str) -> None:
        """Report components among resources, and other kustomizations among components."""
        member = self.members[folder]
        for edge in member.edges:
            below = self.members.get(edge.path) if edge.is_folder else None
            is_wanted = edge.entry.role is Role.COMPONENT
            if below is None or edge.entry.role not in _OBJECTS:
                continue
            if below.says.is_component != is_wanted:
                what = "is not a Component" if is_wanted else "is a Component"
                message = f"{shown(edge.entry.path)} {what}, which kustomize refuses here"
                self._add_trouble(member.document, edge.entry, message, is_error=True)

    def _follow_plugins(self, folder: str) -> None:
        """Follow what the plugins that a kustomization loads name, from its folder."""
        member = self.members[folder]
        files: dict[str, Edge] = {}
        for edge in member.edges:
            if edge.entry.role in LOADED:
                files.update((one.path, one._replace(entry=edge.entry)) for one in self.files(edge))
                if edge.is_folder:
                    self._tell_unclear_changes(edge.path)
        named = list(named_inline(member.document, member.says))
        for path in files:
            named += self._named_in(path)
        found = [(self._follow(entry, folder, document), entry) for document, entry in named]
        known = set(member.edges)
        new = [edge for edge in files.values() if edge not in known]
        new += (edge._replace(is_late=True) for edge, _ in found if edge is not None)
        for edge in new:
            self._note(folder, edge)
        is_lost = any(edge is None and entry.role is not Role.DATA for edge, entry in found)
        self.members[folder] = member._replace(
            edges=(*member.edges, *new), is_whole=member.is_whole and not is_lost
        )

    def _tell_unclear_changes(self, folder: str) -> None:
        """Report what in a folder of plugins, and below it, may change their effect."""
        message = f"it may change what a transformer does: name its kind in the target, or {BUILD}"
        for one in self.below((folder,)):
            member = self.members[one]
            for entry in unclear_changes(member.says):
                self._add_trouble(member.document, entry, message, is_error=True)

    def _named_in(self, path: str) -> list[tuple[Document, PathEntry]]:
        if path not in self._named:
            data = self._read(path)
            self._named[path] = [] if data is None else list(named_in(path, data))
        return self._named[path]


def read_as_kustomization(path: str, data: bytes) -> tuple[Document, Kustomization] | None:
    """Return the kustomization in the bytes of a file, and its document; None if there is none."""
    for document in split(Source(path, data)):
        tree = document.tree or parse_yaml(document.text)
        if isinstance(tree.root, Mapping):
            view = View(Reader.KUBECTL, walk_once=bool(tree.problems))
            says = read_kustomization(tree.root, view)
            wrong = tree.problems + (refusals(tree) if tree.is_suspicious else [])
            return document, says._replace(refusals=(*wrong, *says.refusals))
        if tree.root is not None:
            break
    return None


def _is_kustomization(path: str) -> bool:
    return path.rpartition(os.sep)[2] in KUSTOMIZATION_FILES


def _cycles(graph: Graph) -> list[tuple[str, str]]:
    """Return the edges, as pairs of folders, that close a cycle."""
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
