"""Map files, entries and texts of a repository to numbers of the abstract one, and back to edits.

Each file is examined once, however many kustomizations include it, and each item in it has one
number: so it is changed once, and in the same way for all of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.engine.edits import edit_scalar, place_of
from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.examined import Examined
from imagelint.kubernetes.inside import with_inside
from imagelint.kubernetes.kustomize.leads import Lead, lead_of_any
from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.kustomize.patches import read_node_patch
from imagelint.kubernetes.kustomize.reading import inside_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.search import Extract, ImageSite
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.repository.plugins import plugins_in
from imagelint.repository.rename_edits import Entries, Renaming
from imagelint.repository.rename_matching import split_image
from imagelint.repository.rename_model import Entry, Exact, Image, Part
from imagelint.repository.selecting import (
    ArgoEntry,
    Text,
    is_editable,
    listed_images,
    replacements_in,
    tested_values,
    widens_images,
)
from imagelint.yaml.nodes import Mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FileRole, ImageEntry, Kustomization
    from imagelint.model.source import Edit
    from imagelint.repository.hosts import ArgoImage, Host
    from imagelint.repository.rename_model import Plan
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node, Scalar

__all__ = ["Key", "Numbering", "Repairs", "Said"]

Repairs: TypeAlias = "dict[str, dict[int, tuple[str, str]]]"
"""By file (absolute) and byte offset: images before and after the fix."""
_SELECTED: Final = (
    r"(?:.*[.\s])?(?:(?:containers|initContainers)\[[-+]?\d*\]\.image"
    r"|spec\.volumes\[\d+\]\.image\.reference)"
)
"""Fields that `images` applies to (kustomize api, builtinpluginconsts/images.go, legacy.go)."""
_WRITES: Final = "writes into image fields"
_MAY_LIST: Final = rb"ontainers\b|[\\\0]"
"""What a file with a list of containers has, if only as an escape or in another encoding."""
_BY_VALUE: Final = r"\[image=([^\]]+)\]"


class Key(NamedTuple):
    """Identifies an image that is written in a file."""

    path: str
    offset: int


class Said(NamedTuple):
    """What a file that kustomize reads, or a kustomization's inline texts, adds to a build."""

    images: int
    exacts: tuple[int, ...] = ()
    transformers: tuple[int, ...] = ()
    """Entries of ImageTagTransformers, in order."""
    dangers: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


class Numbering:
    """The numbers of what selects images, and the places of that."""

    def __init__(  # noqa: PLR0913, PLR0917 - a repository, and how its files are read
        self,
        roles_of: Callable[[str], tuple[FileRole, ...]],
        repairs: Repairs,
        read: Callable[[str], bytes | None],
        catalogue: Catalogue,
        shown: Callable[[str], str],
        may_edit: Callable[[str], bool],
    ) -> None:
        """Start empty; see :class:`~imagelint.repository.selectors.Selectors`."""
        self._roles_of = roles_of
        self._repairs = repairs
        self._read = read
        self._catalogue = catalogue
        self._shown = shown
        self._may_edit = may_edit
        self._renamed: list[tuple[str, Entries, Renaming] | ArgoEntry | None] = []
        """By the numbers of entries: their places; None without a name."""
        self._entries_in: dict[int, Entries] = {}
        self._texts: list[Text | None] = []
        """By the numbers of exact texts; None for one that cannot change."""
        self._numbers: dict[str, int] = {}
        self._said: dict[tuple[str, tuple[FileRole, ...]], Said] = {}
        self.images: list[tuple[Image, ...]] = []
        self.entries: list[Entry] = []
        self.exacts: list[Exact] = []

    def edits(self, plan: Plan, others: Callable[[str], Iterable[Edit]]) -> dict[str, list[Edit]]:
        """Return the edits of a plan for this repository, by file.

        ``others`` returns the edits of a file's fixes, which copies of entries include. Raises
        :class:`NotEditableError` if an entry's form does not allow what the plan needs.
        """
        made: dict[str, list[Edit]] = {}
        renamings: dict[int, tuple[str, Entries, list[Renaming]]] = {}
        for number, names in plan.names.items():
            one = self._renamed[number]
            assert one is not None  # an entry without a name selects nothing
            if isinstance(one, ArgoEntry):
                made.setdefault(one.path, []).extend(one.edits(names))
                continue
            path, entries, renaming = one
            found = renamings.setdefault(id(entries), (path, entries, []))
            found[2].append(renaming._replace(names=names))
        for path, entries, changed in renamings.values():
            made.setdefault(path, []).extend(entries.edits(changed, others(path)))
        for number, text in plan.texts.items():
            found_text = self._texts[number]
            assert found_text is not None  # the plan knows which can change
            edit = edit_scalar(found_text.document, found_text.node, text)
            made.setdefault(found_text.path, []).append(edit)
        return made

    # --- files -------------------------------------------------------------------------

    def examined(self, path: str, roles: tuple[FileRole, ...] | None = None) -> list[Examined]:
        """Return the documents of a file, in its roles in kustomizations or in ``roles``."""
        data = self._read(path)
        if data is None:
            return []
        roles = self._roles_of(path) if roles is None else roles
        may_skip = re.search(_MAY_LIST, data) is None
        return examine(Source(path, data), self._catalogue, prove=may_skip, roles=roles)

    def manifests(self, path: str) -> int:
        """Return the number of the images of a file with manifests."""
        known = self._numbers.get(path)
        return self._number(path, self.examined(path)) if known is None else known

    def said(self, path: str, roles: tuple[FileRole, ...] = ()) -> Said:
        """Return what a file adds that is a patch or configures something.

        ``roles``: its roles for something that the graph does not know.
        """
        key = path, roles
        if key not in self._said:
            roles = self._roles_of(path) + roles
            name = "\0".join((path, *map(repr, key[1])))
            items = self.examined(path, roles)
            self._said[key] = self.said_by(name, items, roles)
        return self._said[key]

    def said_by_host(self, host: Host) -> Said:
        """Return what the patches in a Flux or Argo CD object add."""
        document, says = host.document, host.says
        view = View(Reader.KUBECTL)
        extract = Extract([], [], None, inline=says.inline)
        outer = Examined(document, None, extract, (), None, is_template=False, is_manifest=True)
        path = document.source.path
        name = f"{path}\0{document.byte_offset(says.mapping.start)}"
        said = self.said_by(name, with_inside(outer, self._catalogue)[1:])
        exacts, dangers, sites = [*said.exacts], [*said.dangers], []
        inside = inside_of(self._catalogue, once=True)
        for patch in says.node_patches:
            exacts += self.tests(path, document, patch.node)
            for one in read_node_patch(patch, view, self._catalogue, inside, once=True):
                if not isinstance(one, ImageSite):
                    dangers.append(f"{self.place(path, document, one.node)} {_WRITES}")
                else:
                    sites.append((document, one))
        if sites:
            self.images[said.images] += tuple(self._images_at(sites))
        return said._replace(exacts=tuple(exacts), dangers=tuple(dangers))

    def said_by(self, name: str, items: Iterable[Examined], roles: Iterable[FileRole] = ()) -> Said:
        """Return what documents add; ``name`` identifies all of them, for their number."""
        items = list(items)
        kinds = {role.role for role in roles}
        exacts: list[int] = []
        transformers: list[int] = []
        dangers: list[str] = []
        parts: list[Part] = []
        for item in items:
            path = item.document.source.path
            root = None if item.tree is None else item.tree.root
            exacts += self.tests(path, item.document, root)
            dangers += self.dangers(item)
            node = widens_images(item, is_configuration=Role.CONFIGURATION in kinds)
            if node is not None:
                place = self.place(path, item.document, node)
                dangers.append(f"{place} makes `images` change more fields")
            sayings = list(plugins_in(item.tree))
            for one in (one for says in sayings for one in says.images):
                assert root is not None  # it has transformers
                transformers.append(self.entry(path, item.document, root, one))
            replaced = replacements_in(item) if Role.REPLACEMENT in kinds else None
            for says in (*sayings, *(() if replaced is None else (replaced,))):
                exacts += self.by_value(path, item.document, says)
                parts += self.parts(path, item.document, says)
        number = self._number(name, items)
        return Said(number, tuple(exacts), tuple(transformers), tuple(dangers), tuple(parts))

    def _number(self, name: str, items: Iterable[Examined]) -> int:
        """Return the number of a file's images."""
        if name not in self._numbers:
            items = list(items)
            sites = ((item.document, site) for item in items for site in item.extract.sites)
            images = (*self._images_at(sites), *(one for item in items for one in _unjudged(item)))
            self._numbers[name] = len(self.images)
            self.images.append(images)
        return self._numbers[name]

    def _images_at(self, sites: Iterable[tuple[Document, ImageSite]]) -> Iterator[Image]:
        for document, site in sites:
            if site.value.type == "string":
                path = document.source.path
                now = str(site.value.value)
                start = place_of(document, site.node, site.within).start
                _, after = self._repairs.get(path, {}).get(start, (now, now))
                is_selected = re.fullmatch(_SELECTED, site.field) is not None
                yield Image(now, after, Key(path, start), is_selected)

    def place(self, path: str, document: Document, node: Node) -> str:
        """Return the place of a node, for a reason."""
        line = document.source.line_number(document.byte_offset(node.start))
        return f"{self._shown(path)}:{line}"

    # --- what selects ------------------------------------------------------------------

    def entry(self, path: str, document: Document, root: Node, entry: ImageEntry) -> int:
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
        self.entries.append(
            Entry(
                _text(name),
                self._new_name(path, document, entry.new_name),
                _text(entry.new_tag),
                _text(entry.digest),
                _text(entry.tag_suffix),
                self.place(path, document, name or entry.mapping),
                can_rename=can_rename,
                can_add=can_add,
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

    def argo_entry(self, path: str, document: Document, image: ArgoImage) -> int:
        """Return the number of an override of Argo CD."""
        node, start = image.node, image.start
        within = (start, len(node.value)) if start else None
        offset = place_of(document, node, within).start
        found = self._repairs.get(path, {}).get(offset)
        after = image.new_name if found is None else split_image(found[1])[0]
        new_name = Image(image.new_name, after, Key(path, offset)) if image.new_name else None
        self._renamed.append(ArgoEntry(path, document, image, after))
        self.entries.append(
            Entry(
                image.name,
                new_name,
                image.tag,
                image.digest,
                place=self.place(path, document, node),
                can_rename=document.is_placed and not node.anchored and self._may_edit(path),
                can_add=False,
            )
        )
        return len(self.entries) - 1

    def tests(self, path: str, document: Document, root: Node | None) -> Iterator[int]:
        """Yield the numbers of texts that ``test`` operations of JSON 6902 compare images with."""
        for value, steps, is_shared in filter(lambda one: not one.is_name, tested_values(root)):
            self._texts.append(Text(path, document, value))
            is_image = lead_of_any(self._catalogue, "", "", steps) is Lead.IMAGE
            can_rename = is_image and not is_shared and is_editable(document, value)
            place = self.place(path, document, value)
            self.exacts.append(Exact(value.value, place, can_rename and self._may_edit(path)))
            yield len(self.exacts) - 1

    def by_value(self, path: str, document: Document, says: Kustomization) -> Iterator[int]:
        """Yield the numbers of texts by which replacements select a container."""
        nodes = [change.node for change in says.changes] + [one.node for one in says.reads]
        for node in dict.fromkeys(nodes):
            for text in re.findall(_BY_VALUE, node.value):
                place = self.place(path, document, node)
                self._texts.append(None)
                self.exacts.append(Exact(text, place, can_rename=False, is_late=True))
                yield len(self.exacts) - 1

    def parts(self, path: str, document: Document, says: Kustomization) -> Iterator[Part]:
        """Yield the parts of images that replacements and variables copy."""
        for one in says.reads:
            is_of_image = lead_of_any(self._catalogue, one.group, one.kind, one.steps) > Lead.ABOVE
            if is_of_image and one.is_part:
                place = self.place(path, document, one.node)
                yield Part(one.delimiter, one.number, f"{place} takes a part of an image")

    def dangers(self, item: Examined) -> Iterator[str]:
        """Yield reasons why the effect on images is unknown."""
        path = item.document.source.path
        for one in item.extract.unjudged:
            if one.is_about_images:
                yield f"{self.place(path, item.document, one.node)} {_WRITES}"


def _unjudged(item: Examined) -> Iterator[Image]:
    """Yield what no container runs, but `images` also applies to, such as a pattern of a policy."""
    judged = {id(site.node) for site in item.extract.sites}
    path = item.document.source.path
    root = None if item.tree is None else item.tree.root
    for node in listed_images(root) if isinstance(root, Mapping) else ():  # no JSON 6902
        if id(node) not in judged:
            yield Image(node.value, node.value, Key(path, place_of(item.document, node).start))


def _text(node: Scalar | None) -> str:
    return "" if node is None else node.value
