"""Files, and ConfigMaps, with values of Helm charts, by what names them in the repository.

These are files ``values*.yaml`` beside a ``Chart.yaml``, and what Argo CD, Flux, Fleet and helmfile
name. Kustomize's ``helmCharts`` are in the graph. A path that is not in this repository belongs to
another one: a checkout does not show which repository a source is.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import FileRole, Role, Target
from imagelint.kubernetes.objects import CHART_FILE, find_objects, string_of
from imagelint.kubernetes.prefilter import may_name_values
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.values.releases import namespaces_of_release
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.repository.graph import Graph
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["ValuesFiles"]

_BESIDE_CHART: Final = re.compile(r"values.*\.ya?ml", re.IGNORECASE)
_ACTION: Final = re.compile(r"\{\{.*?\}\}")
_LISTS: Final = {
    "fleet.cattle.io": ("valuesFiles",),
    "helmfile.readthedocs.io": ("values",),
}
"""The keys of lists of files, by the group of what names them."""
_WITHOUT_FILES: Final = ("environments", "values")
_UNKNOWN: Final = frozenset[str]()


class _Named(NamedTuple):
    """A file that something names: a path or, with a template in it, a pattern for paths."""

    folder: str
    path: str
    runs_in: frozenset[str] | None


class ValuesFiles:
    """The files with values below a root, and where their charts run."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        """Know those beside charts among all manifests at ``paths`` (absolute)."""
        self._root = root
        self._paths = frozenset(paths)
        charts = {
            os.path.dirname(path) for path in self._paths if os.path.basename(path) == CHART_FILE
        }
        self._beside = frozenset(
            path
            for path in self._paths
            if os.path.dirname(path) in charts
            and _BESIDE_CHART.fullmatch(os.path.basename(path)) is not None
        )
        self._named: dict[str, frozenset[str] | None] = {}
        """By path: the namespaces, as in a :class:`FileRole`."""
        self._texts: dict[FileRole, None] = {}
        """The strings of ConfigMaps that Flux reads."""
        self._holders: dict[str, tuple[FileRole, ...]] = {}
        """By path: those that may be in the file."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._beside or self._named or self._texts)

    def add(self, path: str, data: bytes) -> None:
        """Record what the objects in a file name."""
        name = os.path.basename(path)
        for document in split(Source(path, data)):
            if not may_name_values(document.text.encode(errors="surrogatepass"), name):
                continue
            tree = document.tree or parse_yaml(document.text)
            view = View(Reader.KUBECTL, walk_once=True)
            found, _ = find_objects(tree.root, view, name)
            for item in found:
                group = item.meta.group
                if group == "argoproj.io":
                    for one in _of_argo(item.mapping, view):
                        self._add(one)
                elif "fluxcd.io" in group:
                    self._texts |= dict.fromkeys(_of_flux(item, view))
                elif group in _LISTS:
                    folder = os.path.relpath(os.path.dirname(path), self._root)
                    for one in _of_tool(item.mapping, group, folder, view):
                        self._add(one)

    def _add(self, named: _Named) -> None:
        for path in self._found(named):
            known = self._named.get(path, named.runs_in)
            runs_in = named.runs_in
            if not (known and runs_in):  # somewhere it is unknown, and the path decides
                self._named[path] = _UNKNOWN if _UNKNOWN in (known, runs_in) else known or runs_in
            else:
                self._named[path] = known | runs_in

    def _found(self, named: _Named) -> Iterator[str]:
        """Yield the files of this repository that something names."""
        path = named.path.replace("/", os.sep)
        if _ACTION.search(named.folder + path) is None:
            places = [os.path.normpath(os.path.join(self._root, named.folder, path))]
            yield from (place for place in places if place in self._paths)
            return
        written = os.path.normpath(os.path.join(self._root, named.folder, path))
        pieces = _ACTION.split(written)
        pattern = re.compile("[^{}]+".join(map(re.escape, pieces)))
        yield from (place for place in self._paths if pattern.fullmatch(place) is not None)

    def roles_of(self, path: str) -> tuple[FileRole, ...]:
        """Return the role of a file (absolute) with values; none if it is not known as one."""
        texts = self._holders.get(path, ())
        if path in self._named:
            return (FileRole(Role.VALUES, runs_in=self._named[path]), *texts)
        return (FileRole(Role.VALUES), *texts) if path in self._beside else texts

    def find_texts(
        self, graph: Graph, maps: Iterable[str], read: Callable[[str], bytes | None]
    ) -> None:
        """Find the ConfigMaps that Flux reads: in ``maps``, and those that kustomize makes."""
        if not self._texts:
            return
        names = {role: _naming(role) for role in self._texts}
        for path in maps:
            data = read(path) or b""
            held = tuple(
                role
                for role, name in names.items()
                if role.key.encode() in data and name.search(data) is not None
            )
            self._holders |= {path: held} if held else {}
        for member in graph.members.values():
            for name, key, file in _generated(member.document):
                path = os.path.normpath(os.path.join(os.path.dirname(member.path), file))
                for role in self._texts:
                    if (_name_of(role), role.key) == (name, key) and path in self._paths:
                        self._add(_Named("", os.path.relpath(path, self._root), role.runs_in))


def _name_of(role: FileRole) -> str:
    return "" if role.target is None else role.target.name


def _naming(role: FileRole) -> re.Pattern[bytes]:
    """Return a pattern for the name of a ConfigMap in its metadata."""
    name = re.escape(_name_of(role).encode())
    return re.compile(rb"name[\"']?\s*:\s*[\"']?%b(?![\w.-])" % name)


def _of_flux(item: ObjectNode, view: View) -> Iterator[FileRole]:
    """Yield the ConfigMaps with values that a HelmRelease names."""
    spec = view.get(item.mapping, "spec")
    found = view.get(spec, "valuesFrom")
    for one in found.items if isinstance(found, Sequence) else ():
        name = string_of(view.get(one, "name"), view)
        is_config_map = string_of(view.get(one, "kind"), view) == "ConfigMap"
        if name and is_config_map and view.get(one, "targetPath") is None:
            key = string_of(view.get(one, "valuesKey"), view) or "values.yaml"
            around = (spec,) if isinstance(spec, Mapping) else ()
            runs_in = namespaces_of_release(item.meta.group, around, view)
            if runs_in is None and item.meta.namespace:
                runs_in = frozenset((item.meta.namespace,))
            target = Target(kind="ConfigMap", name=name)
            yield FileRole(Role.TEXT, target, runs_in, key)


def _generated(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield the files of a kustomization's ConfigMaps: the name, the key and the path."""
    tree = document.tree or parse_yaml(document.text)
    view = View(Reader.KUBECTL, walk_once=True)
    maps = view.get(tree.root, "configMapGenerator")
    for one in maps.items if isinstance(maps, Sequence) else ():
        files = view.get(one, "files")
        for file in files.items if isinstance(files, Sequence) else ():
            key, equals, path = (string_of(file, view) or "").partition("=")
            path = path if equals else key
            yield string_of(view.get(one, "name"), view) or "", _last(key), path


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _of_argo(root: Mapping, view: View) -> Iterator[_Named]:
    """Yield the files that the sources of an Application name, or of an ApplicationSet."""
    work: list[tuple[Node, tuple[Mapping, ...]]] = [(root, ())]
    while work:
        node, parents = work.pop()
        if isinstance(node, Sequence):
            work += ((one, parents) for one in node.items)
        elif isinstance(node, Mapping):
            entries = view.entries(node)
            helm = entries.get("helm")
            files = view.get(helm, "valueFiles")
            if isinstance(files, Sequence):
                folder = (string_of(entries.get("path"), view) or "").lstrip("/")
                runs_in = namespaces_of_release("argoproj.io", (*parents, node), view)
                yield from _argo_files(files, folder, runs_in, view)
            work += ((value, (*parents, node)) for value in entries.values())


def _of_tool(root: Mapping, group: str, folder: str, view: View) -> Iterator[_Named]:
    """Yield the files that Fleet or helmfile name, relative to their own file."""
    work: list[tuple[Node, tuple[Mapping, ...]]] = [(root, ())]
    while work:
        node, parents = work.pop()
        if isinstance(node, Sequence):
            work += ((one, parents) for one in node.items)
        elif isinstance(node, Mapping):
            around = (*parents, node)
            for key, value in view.entries(node).items():
                if key in _LISTS[group] and isinstance(value, Sequence):
                    runs_in = namespaces_of_release(group, around, view)
                    names = (string_of(one, view) for one in value.items)
                    yield from (_Named(folder, name, runs_in) for name in names if name)
                elif key not in _WITHOUT_FILES:
                    work.append((value, around))


def _argo_files(
    files: Sequence, folder: str, runs_in: frozenset[str] | None, view: View
) -> Iterator[_Named]:
    """Yield files relative to the source's folder; ``$ref/`` is the root of another source."""
    for one in files.items:
        text = string_of(one, view)
        if text and text.startswith("$"):
            yield _Named("", text.partition("/")[2], runs_in)
        elif text and "://" not in text:
            yield _Named("" if text.startswith("/") else folder, text.lstrip("/"), runs_in)
