"""The hand-written weird cases: each value that kubectl can see is found, and nothing crashes."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from tests.corpus.oracle import SYNTHETIC, catalogue, files, read
from tests.support.shared import needs_shared

# The index was written by hand, as YAML 1.2 reads; where kubectl reads otherwise, we follow it.
READ_OTHERWISE = {
    "dup-key.yaml": ["nginx:1.26"],  # the last one wins
    "null.yaml": ["None", "None", "None", ""],  # the last one is quoted
    "not-a-string.yaml": [
        "123",
        "1.1",
        "True",
        "yes",  # kustomize reads the word
        "31",
        "2001-01-01",
        "2001-01-01T00:00:00Z",  # kustomize reads a time
        "1000",
    ],
    "not-a-scalar.yaml": ["None", "None"],  # a mapping and a list
    "podlist.yaml": ["nginx:1.25"],
    # What stands under another key than `image`, which the index leaves out:
    "rbd-image.yaml": ["nginx:1.25", "quay.io/crio/artifact:v2"],
    "kustomization.yaml": ["reg.io/nginx:1.25"],
}


def _difference(name: str, expected: list[str]) -> str | None:
    examined = examine(Source(name, read(SYNTHETIC + name)), catalogue())
    found = Counter(str(site.value.value) for item in examined for site in item.extract.sites)
    missing, extra = Counter(expected) - found, found - Counter(expected)
    if any(item.refusals for item in examined):
        extra.clear()  # what can be seen of a refused document is reported besides
    return f"missing {list(missing)}, extra {list(extra)}" if missing or extra else None


@needs_shared
def test_image_values() -> None:
    wrong = {}
    cases = json.loads(read(f"{SYNTHETIC}index.json"))
    for case in cases:
        name, values = case["file"], case["image_values"]
        if values is not None:
            plain = [str(value).removesuffix("(merged)") for value in values]
            difference = _difference(name, READ_OTHERWISE.get(name, plain))
            if difference is not None:
                wrong[name] = difference
    assert wrong == {}
    assert len(cases) > 80


@pytest.mark.slow
@needs_shared
def test_no_file_crashes() -> None:
    for file in files():
        source = Source(file, read(file))
        for prove in (True, False):
            examine(source, catalogue(), prove=prove)
