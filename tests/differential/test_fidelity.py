"""What kubectl and kustomize read is what imagelint reports: the shared oracle decides.

The oracle is a Go program in the shared folder (``kubetruth``), built here once; without
Go or the folder the tests skip, in CI they fail.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from imagelint.examine import examine
from imagelint.text import Source
from tests.corpus.oracle import CORPUS, SYNTHETIC, catalogue, files, is_core, read
from tests.shared import SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

needs_go = pytest.mark.skipif(
    shutil.which("go") is None and os.environ.get("CI") != "true",
    reason="Go is not here: install it to compare with kubectl and kustomize",
)

STRICTER = {
    # We report what the readers do not see; each stands in a document that is reported too.
    f"{SYNTHETIC}latin1.yaml": "kubectl reads U+FFFD and kustomize refuses; we say so and lint it",
}


# Other YAML in the same file, which kubectl refuses and which holds no image.
_NO_OBJECT = re.compile(r"Object 'Kind' is missing|cannot unmarshal (array|string|number|bool)\b")


class _Image(NamedTuple):
    field: str
    type: str
    value: str


class _Truth(NamedTuple):
    images: set[_Image]
    kubectl_refuses: list[str]


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kubetruth")
    for name in ("main.go", "go.mod", "go.sum"):
        (folder / name).write_bytes((SHARED / "kubetruth" / name).read_bytes())
    subprocess.run(["go", "build", "-trimpath", "-o", "kubetruth", "."], cwd=folder, check=True)
    return folder / "kubetruth"


def ask(oracle: Path, folder: Path, names: tuple[str, ...]) -> dict[str, _Truth]:
    """Return what either reader makes of each file."""
    done = subprocess.run(
        [oracle], cwd=folder, input="\n".join(names).encode(), capture_output=True, check=True
    )
    truths: dict[str, _Truth] = defaultdict(lambda: _Truth(set(), []))
    for line in done.stdout.decode().split("\n")[:-1]:
        row = json.loads(line)
        truth = truths[row["file"]]
        if "error" in row:
            if row["reader"] == "kubectl" and not _NO_OBJECT.search(row["error"]):
                truth.kubectl_refuses.append(row["error"])
            continue
        type_ = row.get("type", "string")
        value = row["image"] if type_ in ("string", "number", "boolean") else None
        kind = {"object": "mapping", "array": "sequence"}.get(type_, type_)
        truth.images.add(_Image(_own(row["field"]), kind, str(value)))
    return truths


def _own(field: str) -> str:
    """Return a field without the list that held its object: kustomize takes lists apart."""
    while field.startswith("items["):
        field = field.partition("].")[2]
    return field


def ours(name: str, data: bytes) -> tuple[set[_Image], bool]:
    """Return the images of core kinds' pods, and whether a document was reported as refused.

    What operators are told by flags and variables is no business of the readers.
    """
    images, reported = set(), False
    for item in examine(Source(name, data), catalogue())[0]:
        reported = reported or bool(item.refusals) or item.dropped_at is not None
        for site in item.extract.sites:
            if is_core(site.object) and site.role != "image":
                value = site.value.value
                images.add(_Image(_own(site.field), site.value.type, str(value)))
    return images, reported


@needs_shared
@needs_go
def test_corpus(oracle: Path) -> None:
    truths = ask(oracle, CORPUS, files())
    missing, invented, unreported = {}, {}, {}
    for file in files():
        truth = truths[file]
        images, reported = ours(file, read(file))
        if truth.images - images:
            missing[file] = truth.images - images
        if images - truth.images and not reported:
            invented[file] = images - truth.images
        if images and not reported and truth.kubectl_refuses:
            unreported[file] = truth.kubectl_refuses
        if images and reported and not truth.kubectl_refuses and file not in STRICTER:
            invented[file] = {_Image("-", "report", "kubectl reads this file")}
    assert missing == {}
    assert invented == {}
    assert unreported == {}
    assert sum(len(truth.images) for truth in truths.values()) > 2_900
