"""The shared corpus as tests see it: its files, and what ``images.tsv`` says of them."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imagelint.files import catalogue_files
from imagelint.kubernetes.catalogue.lookup import Catalogue, load_catalogue
from tests.support.shared import SHARED

if TYPE_CHECKING:
    from imagelint.model.finding import KubeObject

CORPUS = SHARED / "corpus"
SYNTHETIC = "weird/synthetic/"
CORE_KINDS = frozenset(
    (
        "Pod",
        "PodTemplate",
        "ReplicationController",
        "ReplicaSet",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
    )
)
CORE_GROUPS = frozenset(("", "apps", "batch", "extensions"))


class Row(NamedTuple):
    """One line of ``images.tsv``."""

    file: str
    api_version: str
    kind: str
    is_core: bool
    field: str
    line: int
    column: int
    style: str
    value: str


@cache
def rows() -> dict[str, list[Row]]:
    """Return the rows of images.tsv by file."""
    found: dict[str, list[Row]] = defaultdict(list)
    lines = (CORPUS / "images.tsv").read_text(encoding="utf-8").split("\n")
    for line in lines[1:]:
        if line:
            file, _, api, kind, core, field, number, column, style, value = line.split("\t")
            row = Row(
                file,
                api,
                kind,
                core == "Y",
                field,
                int(number),
                int(column),
                style,
                str(json.loads(value)),
            )
            found[file].append(row)
    return found


@cache
def files() -> tuple[str, ...]:
    """Return every manifest of the corpus, relative to it, sorted."""
    found = (
        path.relative_to(CORPUS).as_posix()
        for path in CORPUS.rglob("*")
        if path.suffix in (".yaml", ".yml", ".json")
    )
    tables = ("refs/", "weird/synthetic/index.json", "weird/yaml-test-suite/index.json")
    return tuple(sorted(name for name in found if not name.startswith(tables)))


def read(file: str) -> bytes:
    """Return the bytes of a corpus file."""
    return Path(CORPUS, file).read_bytes()


@cache
def catalogue() -> Catalogue:
    """Return imagelint's own catalogue."""
    return load_catalogue(catalogue_files())


def is_core(item: KubeObject) -> bool:
    """Whether an object is of one of the kinds that the oracles know."""
    return bool(item.api_version) and item.kind in CORE_KINDS and item.group in CORE_GROUPS
