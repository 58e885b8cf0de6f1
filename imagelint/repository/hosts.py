"""Objects outside of kustomizations that select images by name: Flux, Argo CD, skaffold.

Flux and Argo CD add entries of ``images`` to a kustomization of the same repository, or to a
folder of manifests. If the folder is not known (a template's path, skaffold's artifacts), the name
counts as one of any image below.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.hosts import fields_of_host, hides_images, template_patch_of
from imagelint.kubernetes.kustomize.model import ImageEntry, Kustomization
from imagelint.kubernetes.objects import find_objects, is_argo_source, string_of
from imagelint.kubernetes.prefilter import may_have_built, may_select_images
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.repository.follow import without_links
from imagelint.repository.rename_matching import split_image
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.repository.rename_model import Entry
    from imagelint.yaml.documents import Document

__all__ = ["ArgoImage", "Host", "Named", "entry_names", "folder_of", "hosts_in"]
__all__ += ["is_filled_in", "selecting_entries"]
__all__ += ["names_in"]

_FLUX: Final = "kustomize.toolkit.fluxcd.io"
_ARGO: Final = "argoproj.io"
_SOURCES: Final = ("source", "sources")
_FILLED_IN: Final = r"[{$]"
"""The start of an expression that a template replaces."""
_UPWARDS: Final = r"(?<![\w./])\.\.(?:/\.\.)*(?![\w.])"
"""The beginning of a path that leads to a folder above."""
_KEPT: Final = "*"
_PARTS: Final = ("new_name", "tag", "digest")


class ArgoImage(NamedTuple):
    """An override of Argo CD: ``[OLD=]NEW[:TAG|@DIGEST]``."""

    node: Scalar
    name: str
    """The images that it selects: OLD, else the name in NEW."""
    new_name: str
    """What it writes; empty for ``*``, which keeps what another entry of the name writes."""
    tag: str
    digest: str
    keeps: frozenset[str]
    """The names of these fields that are written as ``*``."""
    start: int
    """Where NEW begins in the text; 0 if OLD is left out."""

    def keeps_of(self, entry: Entry) -> bool:
        """Whether it may keep part of an entry whose name it may have after a fix."""
        names = (split_image(name)[0].rpartition("/")[2] for name in (self.name, entry.name))
        if len(set(names)) > 1:
            return False
        written = {"new_name": entry.new_name, "tag": entry.new_tag, "digest": entry.digest}
        return any(written[part] for part in self.keeps)


class Host(NamedTuple):
    """An object that builds a folder of its repository, with entries of its own."""

    document: Document
    root: Node
    folder: str
    """Relative to the repository's root, with ``/``."""
    says: Kustomization
    """Its patches, and paths relative to the folder: components, and Argo CD's patches."""
    images: tuple[ImageEntry, ...] = ()
    """The entries of Flux."""
    argo: tuple[ArgoImage, ...] = ()
    is_argo: bool = False
    destination: str = ""
    """For Argo CD, the namespace of objects that set none."""
    is_recursive: bool = True
    """Whether a folder without a kustomization is read with all folders below it."""
    is_here: bool = False
    """Whether the folder is that of the host's own file."""

    @property
    def selects(self) -> bool:
        """Whether it applies anything to its build that may select images."""
        says = self.says
        return bool(self.images or self.argo or says.paths or says.inline or says.node_patches)


class Named(NamedTuple):
    """A name by which something selects images, in files anywhere below a folder."""

    document: Document
    node: Node
    name: str | None
    """None: a template produces the name."""
    folder: str
    """Absolute."""


def hosts_in(path: str, data: bytes) -> Iterator[Host]:
    """Yield the objects of a file that build a folder."""
    if is_argo_source(os.path.basename(path)):
        yield from _overrides_in(path, data)
        return
    for document, root, item, view in _objects(path, data, may_have_built):
        spec = view.get(item.mapping, "spec")
        group, kind = item.meta.group, item.meta.kind
        if group == _FLUX and kind == "Kustomization" and isinstance(spec, Mapping):
            yield from _flux_hosts(document, root, spec, view)
        elif group == _ARGO and kind == "Application":
            for source in _argo_sources(spec, view):
                yield from _argo_host(document, root, source, spec, view)
        elif group == _ARGO and kind == "ApplicationSet":
            # No entry in its template can be renamed: see names_in.
            inner = view.get(spec, "template", "spec")
            for source in _argo_sources(inner, view):
                for host in _argo_host(document, root, source, inner, view):
                    says = Kustomization(host.says.mapping, namespace=host.says.namespace)
                    yield host._replace(says=says, argo=())


def _flux_hosts(document: Document, root: Node, spec: Mapping, view: View) -> Iterator[Host]:
    folder = string_of(view.get(spec, "path"), view)
    if folder:  # else it is the root of its source, mostly another repository
        images = tuple(_flux_images(view.get(spec, "images"), view))
        yield Host(document, root, folder, fields_of_host(spec, "spec", view), images)


def _overrides_in(path: str, data: bytes) -> Iterator[Host]:
    """Yield what a file .argocd-source.yaml adds to the build of its folder."""
    for document in split(Source(path, data)):
        tree = document.tree or parse_yaml(document.text)
        if isinstance(tree.root, Mapping):
            view = View(Reader.KUBECTL, walk_once=bool(tree.problems))
            says, images = _of_kustomize(tree.root, view)
            yield Host(document, tree.root, "", says, argo=images, is_argo=True, is_here=True)


def names_in(path: str, data: bytes, root: str) -> Iterator[Named]:
    """Yield the names in a file for which it is unknown whose images they select.

    Skaffold applies below its own file, unless it names a folder above; a template of an
    ApplicationSet below the fixed part of its ``path``; a HelmRelease to what its chart
    renders, with the images in its values. ``root`` is the repository's.
    """
    own = os.path.dirname(path)
    for document, _, item, view in _objects(path, data, may_select_images):
        kind = item.meta.kind
        if item.meta.group == _ARGO and kind == "ApplicationSet":
            yield from _names_in_templates(document, item.mapping, view, root)
        elif kind == "ResourceSet":  # its resources are Flux objects, or templates of some
            for node, name in selecting_entries(item.mapping, view):
                yield _named(document, node, name, root)
        elif kind == "HelmRelease":
            yield from _names_in_release(document, item.mapping, view, root)
        elif item.meta.api_version.startswith("skaffold/"):
            folder = _highest(document.text, own, root)
            for node, name in _artifacts(item.mapping, view):
                yield Named(document, node, name, folder)


def _names_in_release(
    document: Document, mapping: Mapping, view: View, root: str
) -> Iterator[Named]:
    """Yield the names by which the post-renderers of a HelmRelease select images."""
    chart = string_of(view.get(mapping, "spec", "chart", "spec", "chart"), view)
    folder = os.path.join(root, (chart or "").replace("/", os.sep))
    if chart and os.path.isdir(folder):
        for node, name in selecting_entries(mapping, view):
            yield _named(document, node, name, os.path.normpath(folder))
    is_elsewhere = view.get(mapping, "spec", "valuesFrom") is not None
    renderers = view.get(mapping, "spec", "postRenderers")
    for node, name in () if renderers is None else selecting_entries(renderers, view):
        yield _named(document, node, name, root if is_elsewhere else document.source.path)


def _highest(text: str, folder: str, root: str) -> str:
    """Return the folder to which the paths in a text lead up, at most ``root``."""
    ups = [match.group().count("..") for match in re.finditer(_UPWARDS, text)]
    for _ in range(max(ups, default=0)):
        folder = folder if folder == root else os.path.dirname(folder)
    return folder


def _artifacts(mapping: Mapping, view: View) -> Iterator[tuple[Node, str]]:
    for build in _all_with("artifacts", mapping, view):
        artifacts = view.entries(build)["artifacts"]
        for artifact in artifacts.items if isinstance(artifacts, Sequence) else ():
            node = view.get(artifact, "image")
            text = string_of(node, view)
            if text and node is not None:
                yield node, split_image(text)[0]


def selecting_entries(root: Node, view: View) -> Iterator[tuple[Node, str]]:
    """Yield the names of entries under keys ``images``: kustomize's, Flux's and Argo CD's."""
    for mapping in _all_with("images", root, view):
        yield from entry_names(view.entries(mapping)["images"], view)


def entry_names(node: Node | None, view: View) -> Iterator[tuple[Node, str]]:
    """Yield the names by which a list of entries, or one entry, selects images."""
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Mapping):
            name = view.get(item, "name")
            text = string_of(name, view)
            if text and name is not None:
                yield name, text
        elif isinstance(item, Scalar):
            yield from ((one.node, one.name) for one in _overrides((item,), view))


def _names_in_templates(
    document: Document, mapping: Mapping, view: View, root: str
) -> Iterator[Named]:
    """Yield the names by which the templates of an ApplicationSet, and its patch, select images."""
    paths: list[str] = []
    for source in _all_with("kustomize", mapping, view):
        path = string_of(view.get(source, "path"), view) or ""
        for one in _argo_images(view.get(source, "kustomize", "images"), view):
            yield _named(document, one.node, one.name, _known_folder(path, root))
    text = template_patch_of(mapping, view)
    if text is None:
        return
    for source in _all_with("path", mapping, view):
        known = string_of(view.get(source, "path"), view)
        paths += () if known is None else (known,)
    folders = [_known_folder(path, root) for path in paths] or [root]
    if hides_images(text.value):
        yield from (Named(document, text, None, folder) for folder in folders)
        return
    patch = parse_yaml(text.value)
    for kustomize in _all_with("images", patch.root, view) if patch.root is not None else ():
        for one in _argo_images(view.get(kustomize, "images"), view):
            # it may change the path as well, so all of the repository could be meant
            where = [root] if _all_paths(patch.root, view) else folders
            yield from (_named(document, text, one.name, folder) for folder in where)


def _all_paths(root: Node | None, view: View) -> bool:
    return root is not None and any(True for _ in _all_with("path", root, view))


def _named(document: Document, node: Node, name: str, folder: str) -> Named:
    """Return a name; None instead of a name that a template produces."""
    return Named(document, node, None if is_filled_in(name) else name, folder)


def _known_folder(path: str, root: str) -> str:
    """Return the deepest folder that contains every path that a template can produce."""
    known = re.split(_FILLED_IN, path)[0]
    below = known.rpartition("/")[0].lstrip("/").replace("/", os.sep)
    return os.path.normpath(os.path.join(root, below))


def _objects(
    path: str, data: bytes, is_wanted: Callable[[bytes], bool]
) -> Iterator[tuple[Document, Node, ObjectNode, View]]:
    for document in split(Source(path, data)):
        if not is_wanted(document.text.encode(errors="surrogatepass")):
            continue
        tree = document.tree or parse_yaml(document.text)
        view = View(Reader.KUBECTL, walk_once=bool(tree.problems))
        if tree.root is None:
            continue
        found, _ = find_objects(tree.root, view, "")
        for item in found:
            yield document, tree.root, item, view


def _flux_images(node: Node | None, view: View) -> Iterator[ImageEntry]:
    for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
        if isinstance(item, Mapping):
            fields = (view.get(item, key) for key in ("name", "newName", "newTag", "digest"))
            name, new_name, tag, digest = (
                one if isinstance(one, Scalar) else None for one in fields
            )
            yield ImageEntry(name, new_name, tag, digest, None, item, f"images[{index}]")


def _argo_sources(spec: Node | None, view: View) -> Iterator[Mapping]:
    for key in _SOURCES:
        found = view.get(spec, key)
        for one in found.items if isinstance(found, Sequence) else (found,):
            if isinstance(one, Mapping):
                yield one


def _argo_host(
    document: Document, root: Node, source: Mapping, spec: Node | None, view: View
) -> Iterator[Host]:
    folder = string_of(view.get(source, "path"), view)
    if not folder:
        return
    says, images = _of_kustomize(source, view)
    recurse = view.get(source, "directory", "recurse")
    yield Host(
        document,
        root,
        folder,
        says,
        argo=images,
        is_argo=True,
        destination=string_of(view.get(spec, "destination", "namespace"), view) or "",
        is_recursive=isinstance(recurse, Scalar) and recurse.value == "true",
    )


def _of_kustomize(source: Mapping, view: View) -> tuple[Kustomization, tuple[ArgoImage, ...]]:
    """Return the kustomize options of an Argo CD source."""
    kustomize = view.get(source, "kustomize")
    if not isinstance(kustomize, Mapping):
        return Kustomization(source), ()
    images = tuple(_argo_images(view.get(kustomize, "images"), view))
    return fields_of_host(kustomize, "kustomize", view), images


def _argo_images(node: Node | None, view: View) -> Iterator[ArgoImage]:
    yield from _overrides(node.items if isinstance(node, Sequence) else (), view)


def _overrides(items: Iterable[Node], view: View) -> Iterator[ArgoImage]:
    """Yield overrides as ``kustomize edit set image`` reads them (edit/set/setimage.go)."""
    for item in items:
        text = string_of(item, view)
        if text and isinstance(item, Scalar):
            old, equals, new = text.partition("=")
            image = new if equals else text
            parts = split_image(image)
            name, tag, digest = ("" if part == _KEPT else part for part in parts)
            keeps = (key for key, part in zip(_PARTS, parts, strict=True) if part == _KEPT)
            is_name_alone = not equals and (tag, digest) == ("", "")
            yield ArgoImage(
                item,
                (old if equals else "") or parts[0],
                "" if is_name_alone else name,
                tag,
                digest,
                frozenset(keeps),
                len(text) - len(image),
            )


def _all_with(key: str, root: Node, view: View) -> Iterator[Mapping]:
    """Yield the mappings that have a key, at any depth."""
    work, seen = [root], set[int]()
    while work:
        node = work.pop()
        if id(node) in seen or isinstance(node, Scalar):
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            work += node.items
            continue
        entries = view.entries(node)
        if key in entries:
            yield node
        work += entries.values()


def is_filled_in(text: str) -> bool:
    """Whether a template replaces a part of a text."""
    return re.search(_FILLED_IN, text) is not None


def folder_of(host: Host, root: str) -> str | None:
    """Return the folder (absolute, without links below the root) that a host builds.

    None if a template produces it, or if it is not in the repository.
    """
    if is_filled_in(host.folder):
        return None
    if host.is_here:
        return without_links(os.path.dirname(host.document.source.path), root)
    path = os.path.normpath(os.path.join(root, host.folder.lstrip("/").replace("/", os.sep)))
    return without_links(path, root)
