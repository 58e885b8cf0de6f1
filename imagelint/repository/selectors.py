"""Kustomizations that select images by name → the abstract repository of the plan of renames.

Here files, nodes and objects become numbers; which of them is which is kept in :class:`Selectors`.
Only what takes in a file with repairs is looked at, and what is taken in together with it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.engine.edits import edit_scalar, place_of
from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.read import examine
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Edit, Source
from imagelint.repository.hosts import folder_of
from imagelint.repository.rename_edits import Entries, Renaming
from imagelint.repository.rename_matching import split_image
from imagelint.repository.rename_model import Build, Entry, Exact, Image, Override, Repository
from imagelint.repository.repositories import manifests_below
from imagelint.repository.selecting import (
    ArgoEntry,
    Text,
    is_editable,
    tag_transformers,
    tested_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import ImageEntry
    from imagelint.repository.graph import Graph, Member
    from imagelint.repository.hosts import ArgoImage, Host
    from imagelint.repository.rename_model import Plan
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node, Scalar

__all__ = ["Key", "Repairs", "Selectors"]

Repairs: TypeAlias = "dict[str, dict[int, tuple[str, str]]]"
"""By file (absolute) and byte offset: images before and after their repair."""
_SELECTED: Final = (
    r"(?:.*[.\s])?(?:(?:containers|initContainers)\[\d+\]\.image"
    r"|spec\.volumes\[\d+\]\.image\.reference)"
)
"""Fields that `images` works on (kustomize api, builtinpluginconsts/images.go, legacy.go)."""
_BY_VALUE: Final = r"\[image=([^\]]+)\]"


class Key(NamedTuple):
    """An image that is written somewhere."""

    path: str
    offset: int


class Selectors:
    """What selects the images of some files by name."""

    def __init__(  # noqa: PLR0913, PLR0917 - a repository, and how its files are read
        self,
        graph: Graph,
        repairs: Repairs,
        read: Callable[[str], bytes | None],
        catalogue: Catalogue,
        shown: Callable[[str], str],
        hosts: Iterable[Host] = (),
        may_edit: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Look at what takes in a file with repairs; ``shown`` names a file for people.

        ``hosts`` are all objects of the repository that have a folder built; ``may_edit`` tells of
        a file whether names in it may be changed.
        """
        self._may_edit = may_edit
        self._graph = graph
        self._repairs = repairs
        self._read = read
        self._catalogue = catalogue
        self._shown = shown
        self._renamed: list[tuple[str, Entries, Renaming] | ArgoEntry | None] = []
        """By the numbers of the repository's entries: where they stand; None without a name."""
        self._entries_in: dict[int, Entries] = {}
        self.texts: list[Text | None] = []
        """By the numbers of its exact texts; None for one that cannot change."""
        self._images: list[tuple[Image, ...]] = []
        self._numbers: dict[str, int] = {}
        self._made_entries: list[Entry] = []
        self._exacts: list[Exact] = []
        affected = self._affected()
        self._hosts = [
            (folder, host) for host in hosts for folder in self._built_by(host, affected)
        ]
        is_selected = bool(self._hosts) or self._select(affected)
        self._folders = list(self._graph.below(affected)) if is_selected else []

    def repository(self) -> Repository:
        """Return the abstract repository; without builds where nothing selects an image."""
        numbers = {folder: number for number, folder in enumerate(self._folders)}
        builds = [self._build(self._graph.members[folder], numbers) for folder in self._folders]
        builds += [self._build_of_host(folder, host, numbers) for folder, host in self._hosts]
        return Repository(
            tuple(self._images), tuple(self._made_entries), tuple(self._exacts), tuple(builds)
        )

    def edits(self, plan: Plan, others: Callable[[str], Iterable[Edit]]) -> dict[str, list[Edit]]:
        """Return the edits of a plan for this repository, by file.

        ``others`` gives the edits of a file's repairs, which copies of entries take along. Raises
        :class:`NotEditableError` where an entry's form does not allow what the plan needs.
        """
        made: dict[str, list[Edit]] = {}
        renamings: dict[int, tuple[str, Entries, list[Renaming]]] = {}
        for number, names in plan.names.items():
            one = self._renamed[number]
            assert one is not None  # what has no name selects nothing
            if isinstance(one, ArgoEntry):
                made.setdefault(one.path, []).extend(one.edits(names))
                continue
            path, entries, renaming = one
            found = renamings.setdefault(id(entries), (path, entries, []))
            found[2].append(renaming._replace(names=names))
        for path, entries, changed in renamings.values():
            made.setdefault(path, []).extend(entries.edits(changed, others(path)))
        for number, text in plan.texts.items():
            found_text = self.texts[number]
            assert found_text is not None  # the plan knows which can change
            edit = edit_scalar(found_text.document, found_text.node, text)
            made.setdefault(found_text.path, []).append(edit)
        return made

    # --- which kustomizations ----------------------------------------------------------

    def _starts(self) -> Iterator[str]:
        for path in self._repairs:
            yield from self._graph.users_of(path)
            folder = os.path.dirname(path)
            member = self._graph.members.get(folder)
            if member is not None and member.path == path:
                yield folder

    def _affected(self) -> dict[str, None]:
        """Return what takes in a repair, and all that shares a component with that."""
        found = self._graph.above(self._starts())
        while True:
            shared = [
                edge.path
                for folder in self._graph.below(found)
                for edge in self._graph.members[folder].edges
                if edge.entry.role is Role.COMPONENT
            ]
            more = self._graph.above((*found, *shared))
            if len(more) == len(found):
                return found
            found = more

    def _select(self, folders: Iterable[str]) -> bool:
        """Whether one of some kustomizations, or of their components, may select images."""
        return any(
            says.images
            or says.inline
            or says.changes
            or any(_may_select(one.role) for one in says.paths)
            for folder in self._graph.below(folders)
            for says in (self._graph.members[folder].says,)
        )

    # --- one kustomization -------------------------------------------------------------

    def _build(self, member: Member, numbers: dict[str, int]) -> Build:
        files: list[int] = []
        patches: list[int] = []
        builds: list[int] = []
        components: list[int] = []
        plugins: list[Examined] = []
        exacts: list[int] = []
        is_whole = member.is_whole and not member.says.unjudged
        dangers: list[str] = []
        own = self._examined(member.path)
        inline = [item for item in own if item.inside]
        patches.append(self._number(f"{member.path}\0", inline))
        for edge in member.edges:
            role = edge.entry.role
            if edge.is_folder:
                if role in (Role.RESOURCE, Role.COMPONENT) and edge.path in numbers:
                    (builds if role is Role.RESOURCE else components).append(numbers[edge.path])
                else:
                    is_whole = False
                continue
            if role in (Role.DATA, Role.CRD, Role.VALUES):
                continue
            if role is Role.RESOURCE:
                files.append(self._number_of_file(edge.path))
                continue
            items = self._examined(edge.path)
            if role in (Role.PATCH, Role.JSON_PATCH):
                patches.append(self._number(edge.path, items))
                exacts += self._tests(edge.path, items)
            elif role in (Role.TRANSFORMER, Role.GENERATOR):
                plugins += items
                patches.append(self._number(edge.path, items))
        for item in (*own, *plugins):
            dangers += self._dangers(item)
        exacts += self._tests(member.path, inline)
        exacts += self._by_value(member)
        transformers = [
            number for item in (*inline, *plugins) for number in self._tag_transformers(item)
        ]
        return Build(
            tuple(files),
            tuple(builds),
            tuple(components),
            tuple(patches),
            tuple(exacts),
            tuple(
                self._entry(member.path, member.document, member.says.mapping, one)
                for one in member.says.images
            ),
            transformers=tuple(transformers),
            is_whole=is_whole,
            dangers=tuple(dangers),
        )

    # --- Flux and Argo CD --------------------------------------------------------------

    def _built_by(self, host: Host, affected: dict[str, None]) -> Iterator[str]:
        """Yield the folder that a host has built, if a repair is in what it builds."""
        if not (host.images or host.argo):
            return
        folder = folder_of(host, self._graph.root)
        if folder is None:
            return
        below = folder.rstrip(os.sep) + os.sep
        is_bare = folder not in self._graph.members
        if is_bare and host.argo:
            return  # Argo CD takes a folder without a kustomization as it is
        is_built = folder in affected
        if is_built or (is_bare and any(path.startswith(below) for path in self._repairs)):
            yield folder

    def _build_of_host(self, folder: str, host: Host, numbers: dict[str, int]) -> Build:
        """Return what Flux or Argo CD builds: a kustomization, or the manifests of a folder."""
        path = host.document.source.path
        overrides = [self._entry(path, host.document, host.root, entry) for entry in host.images]
        overrides += [self._argo_entry(path, host.document, image) for image in host.argo]
        way = Override.ARGO if host.argo else Override.FLUX
        if folder in numbers:
            builds = (numbers[folder],)
            return Build(builds=builds, overrides=tuple(overrides), override=way)
        files = tuple(map(self._number_of_file, manifests_below(folder)))
        return Build(files, overrides=tuple(overrides), override=way)

    def _argo_entry(self, path: str, document: Document, image: ArgoImage) -> int:
        """Return the number of an override of Argo CD."""
        node, start = image.node, image.start
        within = (start, len(node.value)) if start else None
        offset = place_of(document, node, within).start
        old_name, tag, digest = split_image(image.image)
        found = self._repairs.get(path, {}).get(offset)
        after = old_name if found is None else split_image(found[1])[0]
        self._renamed.append(ArgoEntry(path, document, node, start, after))
        self._made_entries.append(
            Entry(
                image.name,
                Image(old_name, after, Key(path, offset)),
                tag,
                digest,
                place=self._place(path, document, node),
                can_rename=document.is_placed and not node.anchored and self._may_edit(path),
                can_add=False,
            )
        )
        return len(self._made_entries) - 1

    def _examined(self, path: str) -> list[Examined]:
        """Return the documents of a file, as what kustomizations take it for."""
        data = self._read(path)
        if data is None:
            return []
        source, roles = Source(path, data), self._graph.context_of(path).roles
        return examine(source, self._catalogue, with_trees=True, roles=roles)[0]

    def _number_of_file(self, path: str) -> int:
        known = self._numbers.get(path)
        return self._number(path, self._examined(path)) if known is None else known

    def _number(self, name: str, items: Iterable[Examined]) -> int:
        """Return the number of a file's images."""
        if name not in self._numbers:
            self._numbers[name] = len(self._images)
            self._images.append(tuple(self._images_in(items)))
        return self._numbers[name]

    def _images_in(self, items: Iterable[Examined]) -> Iterator[Image]:
        for item in items:
            path = item.document.source.path
            for site in item.extract.sites:
                if site.value.type == "string":
                    now = str(site.value.value)
                    start = place_of(item.document, site.node, site.within).start
                    key = Key(path, start)
                    _, after = self._repairs.get(path, {}).get(start, (now, now))
                    is_selected = re.fullmatch(_SELECTED, site.field) is not None
                    yield Image(now, after, key, is_selected)

    def _entry(self, path: str, document: Document, root: Node, entry: ImageEntry) -> int:
        """Return the number of an item of ``images``, in a document whose root is ``root``."""
        name = entry.name
        can_rename = can_add = False
        if name is not None:
            entries = self._entries_in.get(id(root))
            if entries is None:
                entries = self._entries_in[id(root)] = Entries(document, root)
            renaming = Renaming(entry.mapping, name, ())
            may_edit = self._may_edit(path)
            can_rename = may_edit and entries.can_rename(renaming)
            can_add = may_edit and entries.can_copy(renaming)
            self._renamed.append((path, entries, renaming))
        else:
            self._renamed.append(None)
        self._made_entries.append(
            Entry(
                _text(name),
                self._new_name(path, document, entry.new_name),
                _text(entry.new_tag),
                _text(entry.digest),
                _text(entry.tag_suffix),
                self._place(path, document, name or entry.mapping),
                can_rename=can_rename,
                can_add=can_add,
            )
        )
        return len(self._made_entries) - 1

    def _new_name(self, path: str, document: Document, node: Scalar | None) -> Image | None:
        if node is None or not node.value:
            return None
        start = place_of(document, node).start
        found = self._repairs.get(path, {}).get(start)
        after = node.value if found is None else split_image(found[1])[0]
        return Image(node.value, after, Key(path, start))

    def _place(self, path: str, document: Document, node: Node) -> str:
        line = document.source.line_number(document.byte_offset(node.start))
        return f"{self._shown(path)}:{line}"

    def _tests(self, path: str, items: Iterable[Examined]) -> Iterator[int]:
        """Yield the numbers of texts that ``test`` operations of JSON 6902 compare images with."""
        for item in items:
            for value in tested_values(item):
                self.texts.append(Text(path, item.document, value))
                can_rename = self._may_edit(path) and is_editable(item.document, value)
                place = self._place(path, item.document, value)
                self._exacts.append(Exact(value.value, place, can_rename))
                yield len(self._exacts) - 1

    def _by_value(self, member: Member) -> Iterator[int]:
        """Yield the numbers of texts by which replacements select a container."""
        for change in member.says.changes:
            for text in re.findall(_BY_VALUE, change.node.value):
                place = self._place(member.path, member.document, change.node)
                self.texts.append(None)
                self._exacts.append(Exact(text, place, can_rename=False, is_late=True))
                yield len(self._exacts) - 1

    def _tag_transformers(self, item: Examined) -> Iterator[int]:
        """Yield the entries of transformers that work as ``images`` does."""
        for one in tag_transformers(item):
            assert item.tree is not None  # it has transformers
            assert item.tree.root is not None
            yield self._entry(item.document.source.path, item.document, item.tree.root, one)

    def _dangers(self, item: Examined) -> Iterator[str]:
        """Yield why nobody can tell what becomes of an image."""
        for one in item.extract.unjudged:
            if one.is_about_images:
                path = item.document.source.path
                yield f"{self._place(path, item.document, one.node)} writes into image fields"


def _text(node: Scalar | None) -> str:
    return "" if node is None else node.value


def _may_select(role: Role) -> bool:
    return role in (Role.PATCH, Role.JSON_PATCH, Role.TRANSFORMER, Role.REPLACEMENT, Role.GENERATOR)
