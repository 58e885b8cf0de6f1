"""What in a document selects images: transformers, tests of JSON 6902, overrides of Argo CD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.engine.edits import NotEditableError, edit_scalar, place_of
from imagelint.kubernetes.catalogue.entries import CONTAINERS
from imagelint.kubernetes.kustomize.json_patch import steps_of_pointer
from imagelint.kubernetes.kustomize.plugins import read_configuration, read_replacements
from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Edit, Span
from imagelint.repository.plugins import plugins_in
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.repository.hosts import ArgoImage
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["ArgoEntry", "Text", "is_editable", "listed_images", "replacements_in"]
__all__ += ["tested_values", "widens_images"]

_OF_PODS: Final = (("containers", "image"), ("initContainers", "image"))
"""The ends of fields to which ``images`` always applies."""


_CONTAINERS: Final = tuple((name,) for name in CONTAINERS)


class Text(NamedTuple):
    """A text in a file that an image must equal."""

    path: str
    document: Document
    node: Scalar


class ArgoEntry(NamedTuple):
    """An override of Argo CD in a file: ``[OLD=]NEW[:TAG|@DIGEST]``."""

    path: str
    document: Document
    image: ArgoImage
    after: str
    """The name in NEW after the fix."""

    def edits(self, names: tuple[str, ...]) -> Iterator[Edit]:
        """Yield the edits that make it select another name."""
        node, start = self.image.node, self.image.start
        if start:
            yield edit_scalar(self.document, node, names[0], (0, start - 1))
        elif not self.image.new_name:  # it writes no name, so its name may change
            yield edit_scalar(self.document, node, names[0], (0, len(self.image.name)))
        elif names[0] != self.after:  # a fix may begin at the same offset
            offset = place_of(self.document, node, (0, len(node.value))).start
            before = self.document.source.data[offset - 1 : offset].decode("ascii", "replace")
            yield Edit(Span(offset - 1, offset), f"{before}{names[0]}=")


class Tested(NamedTuple):
    """A text in the value that a ``test`` operation compares with."""

    node: Scalar
    steps: tuple[str, ...]
    """The path of the compared value in the object."""
    is_shared: bool
    """Whether an alias may use it elsewhere, too."""

    @property
    def is_name(self) -> bool:
        """Whether it is compared with a name that is not an image's."""
        if self.steps[:1] == ("metadata",):
            return self.steps[1:2] != ("annotations",)
        return self.steps[-1:] == ("name",) and self.steps[-3:-2] in _CONTAINERS


def tested_values(root: Node | None) -> Iterator[Tested]:
    """Yield the texts that the ``test`` operations of a JSON 6902 patch compare with.

    A value may be a container, or a whole pod: each text in it must equal the built object's.
    """
    view = View(Reader.KUSTOMIZE)
    for operation in root.items if isinstance(root, Sequence) else ():
        name, path, value = (view.get(operation, key) for key in ("op", "path", "value"))
        if isinstance(name, Scalar) and name.value == "test" and value is not None:
            pointer = path.value if isinstance(path, Scalar) else ""
            yield from _texts_in(value, steps_of_pointer(pointer), view)


def _texts_in(value: Node, steps: tuple[str, ...], view: View) -> Iterator[Tested]:
    work = [(value, steps, False)]
    seen = set[int]()
    while work:
        node, steps, is_shared = work.pop()
        is_shared = is_shared or node.anchored
        if isinstance(node, Scalar):
            yield Tested(node, steps, is_shared)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Mapping):
                below = list(view.entries(node).items())
            else:
                below = [(str(index), one) for index, one in enumerate(node.items)]
            work += ((one, (*steps, key), is_shared) for key, one in reversed(below))


def listed_images(root: Node | None) -> Iterator[Scalar]:
    """Yield the images in all lists of containers, in whatever kind of object they are.

    Kustomize changes them in every kind but one (api/filters/imagetag/legacy.go).
    """
    view = View(Reader.KUSTOMIZE, walk_once=True)
    work, seen = [] if root is None else [root], set[int]()
    while work:
        node = work.pop()
        if id(node) in seen or isinstance(node, Scalar):
            continue
        seen.add(id(node))
        entries = view.entries(node) if isinstance(node, Mapping) else {}
        if string_of(entries.get("kind"), view) == "CustomResourceDefinition":
            continue
        work += entries.values() if isinstance(node, Mapping) else node.items
        for name, _ in _OF_PODS:
            found = entries.get(name)
            for one in found.items if isinstance(found, Sequence) else ():
                image = view.get(one, "image")
                if isinstance(image, Scalar):
                    yield image


def replacements_in(item: Examined) -> Kustomization | None:
    """Return the contents of a ``replacements[].path`` file."""
    root = None if item.tree is None else item.tree.root
    return read_replacements(root, View(Reader.KUSTOMIZE))


def widens_images(item: Examined, *, is_configuration: bool = False) -> Scalar | None:
    """Return a field, other than those of pods, to which a document makes ``images`` apply."""
    root = None if item.tree is None else item.tree.root
    says = list(plugins_in(item.tree))
    if is_configuration and isinstance(root, Mapping):
        says.append(read_configuration(root, View(Reader.KUSTOMIZE)))
    for change in (change for one in says for change in one.changes):
        if change.sets_images and change.steps[-2:] not in _OF_PODS:
            return change.node
    return None


def is_editable(document: Document, node: Scalar) -> bool:
    """Whether a name can be written in place of a scalar."""
    try:
        edit_scalar(document, node, f"{node.value}x")
    except NotEditableError:
        return False
    return not node.anchored
