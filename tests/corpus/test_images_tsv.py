"""Every core container of images.tsv is found at its place, and nothing else is claimed."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from imagelint.engine.edits import place_of
from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from tests.corpus.oracle import CORPUS, SYNTHETIC, catalogue, files, is_core, read, rows
from tests.support.shared import needs_shared

_YTT = "vmware-tanzu+carvel-ytt/examples/playground/"
_EMPTY = "an empty value: text to images.tsv, null to kubectl and to us"
_PROPERTIES = "an anchor or tag: the table's place is in front of it, ours is the text"
_BLOCK = "a block scalar: the table's place is its header, ours its first character"
_MERGED = "a merge, which the table does not expand"

DIFFERENCES = {
    "FairwindsOps+polaris/test/checks/oneController/failure.yaml": (
        "a StatefulSet with spec.containers, which no Kubernetes type has"
    ),
    "FairwindsOps+polaris/test/checks/oneController/success.yaml": (
        "a StatefulSet with spec.containers, which no Kubernetes type has"
    ),
    f"{_YTT}basics/example-k8s-helm-ish/deployment.yml": _EMPTY,
    f"{_YTT}basics/example-ytt-library-module/_ytt_lib1/app/config.yml": _EMPTY,
    f"{_YTT}getting-started/example-append-array-items/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-calc-in-functions/config.yml": _EMPTY,
    f"{_YTT}getting-started/example-collect-to-packages/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-extend-data-values/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-externalize-data-values/config.yml": _EMPTY,
    f"{_YTT}getting-started/example-extract-to-variables/config.yml": _EMPTY,
    f"{_YTT}getting-started/example-extract-yaml-fragments/config.yml": _EMPTY,
    f"{_YTT}getting-started/example-factor-to-modules/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-modify-array-items/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-overlay-data-values/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-overlay-map-items/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-overlay-on-templates/config/deployment.yml": _EMPTY,
    f"{_YTT}getting-started/example-splitting-a-template/deployment.yml": _EMPTY,
    f"{SYNTHETIC}null.yaml": _EMPTY,
    f"{SYNTHETIC}anchor-alias.yaml": _PROPERTIES,
    f"{SYNTHETIC}anchor-alias-tagged.yaml": _PROPERTIES,
    f"{SYNTHETIC}directive.yaml": _PROPERTIES,
    f"{SYNTHETIC}tag-custom.yaml": _PROPERTIES,
    f"{SYNTHETIC}tag-nonspecific.yaml": _PROPERTIES,
    f"{SYNTHETIC}tag-str-verbatim.yaml": _PROPERTIES,
    f"{SYNTHETIC}tag-str.yaml": _PROPERTIES,
    f"{SYNTHETIC}block-folded-clip.yaml": _BLOCK,
    f"{SYNTHETIC}block-folded-strip.yaml": _BLOCK,
    f"{SYNTHETIC}block-literal-keep-indent.yaml": _BLOCK,
    f"{SYNTHETIC}block-literal-strip.yaml": _BLOCK,
    f"{SYNTHETIC}merge-key.yaml": _MERGED,
    f"{SYNTHETIC}merge-list.yaml": _MERGED,
    f"{SYNTHETIC}dup-key.yaml": "a key twice: the table has both, kubectl takes the last",
    f"{SYNTHETIC}nel-ls.yaml": "NEL and LS break lines for YAML 1.1, not for an editor",
    f"{SYNTHETIC}not-a-string.yaml": "numbers and booleans: text to the table, values to kubectl",
    f"{SYNTHETIC}not-a-scalar.yaml": "a mapping and a list as image, which the table leaves out",
    f"{SYNTHETIC}podlist.yaml": "items without a kind, which kubectl infers from the list's",
    f"{SYNTHETIC}bom-second-doc.yaml": "a BOM after ---, which the table's parser refused",
    f"{SYNTHETIC}deep.yaml": "3,000 levels, too deep for the table's maker",
}


class _Site(NamedTuple):
    field: str
    line: int
    column: int
    value: str


def _ours(file: str) -> set[_Site]:
    """The containers' sites of core kinds in documents that kubectl reads, by place."""
    source = Source(file, read(file))
    found = set()
    for item in examine(source, catalogue()):
        for site in item.extract.sites:
            if not is_core(site.object) or site.by_shape or "container" not in site.role:
                continue
            place = source.position(place_of(item.document, site.node).start)
            one = _Site(site.field, *place, str(site.value.value))
            if not item.refusals or one in _theirs(file):
                found.add(one)
    return found


def _theirs(file: str) -> set[_Site]:
    core = (row for row in rows().get(file, []) if row.is_core)
    return {_Site(row.field, row.line, row.column, row.value) for row in core}


@pytest.mark.slow
@needs_shared
def test_every_core_row_is_found_at_its_place_and_no_more() -> None:
    wrong = {
        file: (sorted(_theirs(file) - _ours(file)), sorted(_ours(file) - _theirs(file)))
        for file in files()
        if file not in DIFFERENCES and _ours(file) != _theirs(file)
    }
    assert wrong == {}
    assert sum(len(_theirs(file)) for file in files() if file not in DIFFERENCES) > 2_900


@needs_shared
@pytest.mark.parametrize("file", DIFFERENCES)
def test_known_differences_are_still_there(file: str) -> None:
    assert (CORPUS / file).is_file()
    assert _ours(file) != _theirs(file), f"no longer different: {DIFFERENCES[file]}"
