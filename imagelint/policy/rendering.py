"""``render:``, the charts and kustomizations that ``--render`` renders, and how. No I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from imagelint.yaml.config import Fields
    from imagelint.yaml.nodes import Node

__all__ = ["RenderedChart", "RenderedKustomization", "Rendering", "read_rendering"]

_KEYS: Final = (
    *("chart", "values", "set", "namespace", "environment", "kube-version", "api-versions"),
    "kustomization",
)
_KUBE_VERSION: Final = r"v?[0-9]+\.[0-9]+(?:\.[0-9]+)?"


class RenderedChart(NamedTuple):
    """A chart to render; paths are relative to the policy's folder."""

    folder: str
    place: str
    """Where the policy names it, for messages."""
    values: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    namespace: str | None = None
    environment: str | None = None
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()


class RenderedKustomization(NamedTuple):
    """A kustomization to build; its folder is relative to the policy's."""

    folder: str
    place: str
    environment: str | None = None


class Rendering(NamedTuple):
    """What is rendered, in place of all that is found."""

    charts: tuple[RenderedChart, ...] = ()
    kustomizations: tuple[RenderedKustomization, ...] = ()


def read_rendering(
    reader: Fields, node: Node | None, environments: Collection[str]
) -> Rendering | None:
    """Read ``render:``, a list of mappings with a key ``chart`` or ``kustomization``, if any."""
    if node is None:
        return None
    charts, kustomizations = [], []
    for index, item in enumerate(reader.items(node, "render")):
        where = f"render[{index}]"
        record = reader.record(item, where, _KEYS)
        environment = None
        if "environment" in record:
            at = f"{where}.environment"
            environment = reader.one_of(record["environment"], at, environments, "environment")
        if "kustomization" in record:
            others = [key for key in record if key not in ("kustomization", "environment")]
            if others:
                message = f"{where}: {others[0]} is for charts, and this is a kustomization"
                raise reader.error(record[others[0]], message)
            folder = _path(reader, record["kustomization"], f"{where}.kustomization")
            place = reader.origin(record["kustomization"])
            kustomizations.append(RenderedKustomization(folder, place, environment))
            continue
        if "chart" not in record:
            raise reader.missing_key(item, where, "chart")
        charts.append(_chart(reader, record, where, environment))
    return Rendering(tuple(charts), tuple(kustomizations))


def _chart(
    reader: Fields, record: dict[str, Node], where: str, environment: str | None
) -> RenderedChart:
    def texts(key: str) -> tuple[str, ...]:
        return reader.texts(record[key], f"{where}.{key}") if key in record else ()

    def text(key: str) -> str | None:
        return reader.text(record[key], f"{where}.{key}") if key in record else None

    version = text("kube-version")
    if version is not None and not re.fullmatch(_KUBE_VERSION, version):
        message = f"{where}.kube-version: a version is wanted (1.33), not {shown(version)}"
        raise reader.error(record["kube-version"], message)
    values: tuple[str, ...] = ()
    if "values" in record:
        at = f"{where}.values"
        values = tuple(_path(reader, item, at) for item in reader.items(record["values"], at))
    return RenderedChart(
        _path(reader, record["chart"], f"{where}.chart"),
        reader.origin(record["chart"]),
        values,
        texts("set"),
        text("namespace"),
        environment,
        version,
        texts("api-versions"),
    )


def _path(reader: Fields, node: Node, where: str) -> str:
    """Read a path that stays below the policy's folder."""
    text = reader.text(node, where)
    parts = text.split("/")
    if text.startswith("/") or "\\" in text or ".." in parts:
        message = f"{where}: a path below this file's folder is wanted, with /, not {shown(text)}"
        raise reader.error(node, message)
    return text
