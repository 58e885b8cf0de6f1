"""HelmReleases of Flux and Applications of Argo CD whose chart is in their own repository. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.rendering.values import GivenValues
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.repair.values import Path
    from imagelint.yaml.nodes import Node

__all__ = ["Deployed", "deployed_in"]

_FLUX: Final = "helm.toolkit.fluxcd.io"
_ARGO: Final = "argoproj.io"
_REPOSITORIES: Final = ("GitRepository", "Bucket", "OCIRepository")

_POST_RENDERER: Final = "an entry in spec.postRenderers[].kustomize.images can rename it"


class Deployed(NamedTuple):
    """A chart that an object installs."""

    folder: str
    """Of the chart, relative to the root of the repository."""
    files: tuple[str, ...]
    """Values files, relative to the root or to the chart."""
    values: GivenValues
    """Those in the object: the last ones, which win."""
    sets: tuple[str, ...] = ()
    namespace: str | None = None
    release: str | None = None
    unread: str | None = None
    """The field with values that are elsewhere."""
    are_in_chart: bool = False
    """Whether the paths of values files begin at the chart."""
    otherwise: str = ""
    """What can rename an image that no value makes, as a clause."""


def deployed_in(path: str, data: bytes) -> Iterator[Deployed]:
    """Yield what the objects in a file install; ``path`` is absolute."""
    if b"HelmRelease" not in data and b"Application" not in data:
        return
    for number, document in enumerate(split(Source(path, data))):
        tree = document.tree or parse_yaml(document.text)
        view = View(Reader.KUBECTL, walk_once=bool(tree.problems))
        if tree.root is None or tree.problems:
            continue
        found, _ = find_objects(tree.root, view, "")
        for item in found:
            if item.mapping is not tree.root:  # an item of a List
                continue
            given = GivenValues(path, data, number)
            if item.meta.group == _FLUX and item.meta.kind == "HelmRelease":
                yield from _of_flux(item.mapping, view, given)
            elif item.meta.group == _ARGO and item.meta.kind == "Application":
                yield from _of_argo(item.mapping, view, given)


def _of_flux(root: Mapping, view: View, given: GivenValues) -> Iterator[Deployed]:
    spec = view.get(root, "spec", "chart", "spec")
    chart = _text(spec, view, "chart")
    kind = _text(spec, view, "sourceRef", "kind")
    if not chart or kind not in _REPOSITORIES:
        return
    name = _text(root, view, "metadata", "name")
    namespace = _text(root, view, "metadata", "namespace")
    target = _text(root, view, "spec", "targetNamespace") or namespace
    release = _text(root, view, "spec", "releaseName")
    has_more = isinstance(view.get(root, "spec", "valuesFrom"), Sequence)
    yield Deployed(
        chart,
        _texts(view.get(spec, "valuesFiles"), view),
        given._replace(keys=("spec", "values")),
        namespace=target,
        release=release or name,
        unread="spec.valuesFrom" if has_more else None,
        otherwise=_POST_RENDERER,
    )


def _of_argo(root: Mapping, view: View, given: GivenValues) -> Iterator[Deployed]:
    namespace = _text(root, view, "spec", "destination", "namespace")
    name = _text(root, view, "metadata", "name")
    places: list[Path] = [("spec", "source")]
    several = view.get(root, "spec", "sources")
    count = len(several.items) if isinstance(several, Sequence) else 0
    places += (("spec", "sources", number) for number in range(count))
    for place in places:
        source: Node | None = view.get(root, "spec", str(place[1]))
        if isinstance(source, Sequence):
            source = source.items[int(place[2])]
        folder = _text(source, view, "path")
        if not folder or not isinstance(source, Mapping):
            continue
        helm = view.get(source, "helm")
        values: GivenValues = given._replace(keys=(*place, "helm", "valuesObject"))
        text = view.get(helm, "values")
        if isinstance(text, Scalar) and not isinstance(view.get(helm, "valuesObject"), Mapping):
            values = given._replace(text=(*place, "helm", "values"))
        files = _texts(view.get(helm, "valueFiles"), view)
        yield Deployed(
            folder,
            tuple(one for one in files if not one.startswith("$")),
            values,
            tuple(_parameters(view.get(helm, "parameters"), view)),
            namespace,
            _text(helm, view, "releaseName") or name,
            next((f"valueFiles: {one}" for one in files if one.startswith("$")), None),
            are_in_chart=True,
        )


def _parameters(node: Node | None, view: View) -> Iterator[str]:
    for item in node.items if isinstance(node, Sequence) else ():
        name, value = _text(item, view, "name"), _text(item, view, "value")
        if name and value is not None:
            yield f"{name}={value}".replace(",", "\\,")


def _text(node: Node | None, view: View, *keys: str) -> str | None:
    return string_of(view.get(node, *keys), view)


def _texts(node: Node | None, view: View) -> tuple[str, ...]:
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(text for item in items if (text := string_of(item, view)))
