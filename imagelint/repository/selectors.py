"""Kustomizations that select images by name → the abstract repository of the plan of renames.

Here files, nodes and objects become numbers; which of them is which is kept in :class:`Selectors`.
Only what takes in a file with repairs is looked at, and what is taken in together with it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.engine.edits import NotEditableError, edit_scalar, place_of
from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.kustomize.plugins import read_plugin
from imagelint.kubernetes.read import examine
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.repository.rename_matching import split_image
from imagelint.repository.rename_model import Build, Entry, Exact, Image, Repository
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import ImageEntry
    from imagelint.model.source import Edit
    from imagelint.repository.graph import Graph, Member
    from imagelint.repository.rename_model import Plan
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["Key", "Repairs", "Selector", "Selectors", "Text"]

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


class Selector(NamedTuple):
    """An item of ``images`` as it stands in a file."""

    path: str
    document: Document
    entry: ImageEntry


class Text(NamedTuple):
    """A text that an image has to equal, as it stands in a file."""

    path: str
    document: Document
    node: Scalar


class Selectors:
    """What selects the images of some files by name."""

    def __init__(
        self,
        graph: Graph,
        repairs: Repairs,
        read: Callable[[str], bytes | None],
        catalogue: Catalogue,
        shown: Callable[[str], str],
    ) -> None:
        """Look at what takes in a file with repairs; ``shown`` names a file for people."""
        self._graph = graph
        self._repairs = repairs
        self._read = read
        self._catalogue = catalogue
        self._shown = shown
        self.entries: list[Selector] = []
        """By the numbers of the repository's entries."""
        self.texts: list[Text | None] = []
        """By the numbers of its exact texts; None for one that cannot change."""
        self._images: list[tuple[Image, ...]] = []
        self._numbers: dict[str, int] = {}
        self._made_entries: list[Entry] = []
        self._exacts: list[Exact] = []
        affected = self._above(self._starts())
        self._folders = list(self._below(affected)) if self._select(affected) else []

    def repository(self) -> Repository:
        """Return the abstract repository; without builds where nothing selects an image."""
        numbers = {folder: number for number, folder in enumerate(self._folders)}
        builds = [self._build(self._graph.members[folder], numbers) for folder in self._folders]
        return Repository(
            tuple(self._images), tuple(self._made_entries), tuple(self._exacts), tuple(builds)
        )

    def edits(self, plan: Plan) -> dict[str, list[Edit]]:
        """Return the edits of a plan for this repository, by file."""
        made: dict[str, list[Edit]] = {}
        for number, (name, *_copies) in plan.names.items():
            path, document, entry = self.entries[number]
            assert entry.name is not None  # what has no name selects nothing
            if name != entry.name.value:
                made.setdefault(path, []).append(edit_scalar(document, entry.name, name))
        for number, text in plan.texts.items():
            found = self.texts[number]
            assert found is not None  # the plan knows which can change
            made.setdefault(found.path, []).append(edit_scalar(found.document, found.node, text))
        return made

    # --- which kustomizations ----------------------------------------------------------

    def _starts(self) -> Iterator[str]:
        for path in self._repairs:
            yield from self._graph.users_of(path)
            folder = os.path.dirname(path)
            member = self._graph.members.get(folder)
            if member is not None and member.path == path:
                yield folder

    def _above(self, folders: Iterable[str]) -> dict[str, None]:
        """Return kustomizations and all that take them in; of components, their siblings too."""
        found = dict.fromkeys(folders)
        work = list(found)
        while work:
            for parent, _ in self._graph.parents_of(work.pop()):
                if parent not in found:
                    found[parent] = None
                    work.append(parent)
        return found

    def _below(self, folders: Iterable[str]) -> dict[str, None]:
        """Return kustomizations and all that they take in."""
        found = {folder: None for folder in folders if folder in self._graph.members}
        work = list(found)
        while work:
            for edge in self._graph.members[work.pop()].edges:
                if edge.is_folder and edge.path not in found and edge.path in self._graph.members:
                    found[edge.path] = None
                    work.append(edge.path)
        return found

    def _select(self, folders: Iterable[str]) -> bool:
        """Whether one of some kustomizations, or of their components, may select images."""
        return any(
            says.images
            or says.inline
            or says.changes
            or any(_may_select(one.role) for one in says.paths)
            for folder in self._below(folders)
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
            items = self._examined(edge.path)
            if role is Role.RESOURCE:
                files.append(self._number(edge.path, items))
            elif role in (Role.PATCH, Role.JSON_PATCH):
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
            tuple(self._entry(member.path, member.document, one) for one in member.says.images),
            transformers=tuple(transformers),
            is_whole=is_whole,
            dangers=tuple(dangers),
        )

    def _examined(self, path: str) -> list[Examined]:
        """Return the documents of a file, as what kustomizations take it for."""
        data = self._read(path)
        if data is None:
            return []
        source, roles = Source(path, data), self._graph.context_of(path).roles
        return examine(source, self._catalogue, with_trees=True, roles=roles)[0]

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

    def _entry(self, path: str, document: Document, entry: ImageEntry) -> int:
        """Return the number of an item of ``images``."""
        self.entries.append(Selector(path, document, entry))
        name = entry.name
        self._made_entries.append(
            Entry(
                _text(name),
                self._new_name(path, document, entry.new_name),
                _text(entry.new_tag),
                _text(entry.digest),
                _text(entry.tag_suffix),
                self._place(path, document, name or entry.mapping),
                can_rename=name is not None and _is_editable(document, name),
                can_add=False,
            )
        )
        return len(self.entries) - 1

    def _new_name(self, path: str, document: Document, node: Scalar | None) -> Image | None:
        if node is None or not node.value:
            return None
        start = place_of(document, node).start
        found = self._repairs.get(path, {}).get(start)
        after = node.value if found is None else split_image(found[1])[0]
        return Image(node.value, after, Key(path, start))

    def _place(self, path: str, document: Document, node: Node) -> str:
        offset = document.byte_offset(node.start)
        data = document.source.data
        return f"{self._shown(path)}:{data.count(bytes([10]), 0, offset) + 1}"

    def _tests(self, path: str, items: Iterable[Examined]) -> Iterator[int]:
        """Yield the numbers of texts that ``test`` operations of JSON 6902 compare images with."""
        for item in items:
            root = None if item.tree is None else item.tree.root
            for operation in root.items if isinstance(root, Sequence) else ():
                if not isinstance(operation, Mapping):
                    continue
                entries = View(Reader.KUSTOMIZE).entries(operation)
                op, value = entries.get("op"), entries.get("value")
                if isinstance(op, Scalar) and op.value == "test" and isinstance(value, Scalar):
                    place = self._place(path, item.document, value)
                    self.texts.append(Text(path, item.document, value))
                    self._exacts.append(Exact(value.value, place))
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
        root = None if item.tree is None else item.tree.root
        if isinstance(root, Mapping):
            view = View(Reader.KUSTOMIZE)
            entries = view.entries(root)
            version, kind = entries.get("apiVersion"), entries.get("kind")
            if (
                isinstance(version, Scalar)
                and version.value == "builtin"
                and isinstance(kind, Scalar)
                and kind.value == "ImageTagTransformer"
            ):
                path = item.document.source.path
                for one in read_plugin(root, kind.value, view).images:
                    yield self._entry(path, item.document, one)

    def _dangers(self, item: Examined) -> Iterator[str]:
        """Yield why nobody can tell what becomes of an image."""
        for one in item.extract.unjudged:
            if one.is_about_images:
                path = item.document.source.path
                yield f"{self._place(path, item.document, one.node)} writes into image fields"


def _is_editable(document: Document, node: Scalar) -> bool:
    """Whether a name can be written where a scalar stands."""
    try:
        edit_scalar(document, node, f"{node.value}x")
    except NotEditableError:
        return False
    return not node.anchored


def _text(node: Scalar | None) -> str:
    return "" if node is None else node.value


def _may_select(role: Role) -> bool:
    return role in (Role.PATCH, Role.JSON_PATCH, Role.TRANSFORMER, Role.REPLACEMENT, Role.GENERATOR)
