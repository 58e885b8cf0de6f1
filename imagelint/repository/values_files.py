"""Files, and ConfigMaps, with values of Helm charts, by what names them in the repository.

These are files ``values*.yaml`` beside a ``Chart.yaml``, and what Argo CD, Flux, Fleet and helmfile
name. Kustomize's ``helmCharts`` are in the graph. A path that is not in this repository belongs to
another one: a checkout does not show which repository a source is.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import FileRole, Role
from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.values.releases import namespaces_of_release
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.yaml.nodes import Node

__all__ = ["ValuesFiles"]

_CHART: Final = "Chart.yaml"
_BESIDE_CHART: Final = re.compile(r"values.*\.ya?ml", re.IGNORECASE)
_ACTION: Final = re.compile(r"\{\{.*?\}\}")
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
        charts = {os.path.dirname(path) for path in self._paths if os.path.basename(path) == _CHART}
        self._beside = frozenset(
            path
            for path in self._paths
            if os.path.dirname(path) in charts
            and _BESIDE_CHART.fullmatch(os.path.basename(path)) is not None
        )
        self._named: dict[str, frozenset[str] | None] = {}
        """By path: the namespaces, as in a :class:`FileRole`."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._beside or self._named)

    def add(self, path: str, data: bytes) -> None:
        """Record what the objects in a file name."""
        for document in split(Source(path, data)):
            tree = document.tree or parse_yaml(document.text)
            view = View(Reader.KUBECTL, walk_once=True)
            found, _ = find_objects(tree.root, view, os.path.basename(path))
            for item in found:
                if item.meta.group == "argoproj.io":
                    for one in _of_argo(item.mapping, view):
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
        if path in self._named:
            return (FileRole(Role.VALUES, runs_in=self._named[path]),)
        return (FileRole(Role.VALUES),) if path in self._beside else ()


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
