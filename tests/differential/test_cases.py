"""The table of odd streams: what the decoders read in them, and what we say of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.differential.cases import CASES, Case, pod
from tests.differential.found import FOUND
from tests.differential.law import STRICTER, violations
from tests.support.trees import examined

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.decoders import Decoders
    from tests.support.project import Project

GROUPS = {**CASES, "found": FOUND}
ALL = [
    pytest.param(case, id=f"{group}: {case.name}")
    for group, cases in GROUPS.items()
    for case in cases
]
TWINS = [
    pytest.param(case, id=f"{group}: {case.name}")
    for group, cases in GROUPS.items()
    for case in cases
    if "x/" in case.text
]
ODD = frozenset(
    (
        *("byte order marks", "control characters", "ill-formed text", "no objects"),
        *("odd keys", "values that lose"),
    )
)
"""What is reported though kubectl reads it."""
UNREADABLE = frozenset(("byte order marks",))
"""What is refused in place of being read."""
UNREPORTED = frozenset(("documents without images",))
"""What is not reported though kubectl refuses it."""


@pytest.mark.slow
def test_facts(decoders: Decoders, tmp_path: Path) -> None:
    """The columns are what the real decoders read, and our reading of the stream keeps the law."""
    cases = [case for group in GROUPS.values() for case in group]
    files = []
    for number, case in enumerate(cases):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_bytes(case.data)
    for case, (kubectl, kustomize) in zip(cases, decoders.read(files), strict=True):
        assert {str(image.value) for image in kubectl.images} == set(case.kubectl.split()), case
        assert {str(image.value) for image in kustomize.images} == set(case.kustomize.split()), case
        refuses = any(not one.text.endswith("unstructured.detector") for one in kubectl.refused)
        if case.why not in UNREADABLE:
            assert refuses == (case.refused or case.why in UNREPORTED), (case, kubectl.refused)
        assert violations(case.data, kubectl, kustomize) == [], case


@pytest.mark.parametrize("case", ALL)
def test_verdict(work: Project, case: Case) -> None:
    """Every image that a reader would apply is judged, and what nobody reads is told."""
    held, told = _lint(work, case.data)
    assert told == _wanted(case)
    if case.why not in UNREADABLE:
        assert held == {*case.kubectl.split(), *case.kustomize.split(), *case.also.split()}


@pytest.mark.parametrize("case", TWINS)
def test_twin(work: Project, case: Case) -> None:
    """The same stream with images that comply: nothing is said but what is wrong with it."""
    text = case.text.replace("x/", "h.io/x/").replace(r"x\/", r"h.io\/x\/")
    assert _lint(work, case._replace(text=text).data) == (set(), _wanted(case))


def test_reasons() -> None:
    """Each reason to be stricter is one that the law knows."""
    assert {case.why for group in GROUPS.values() for case in group} <= set(STRICTER)


def _wanted(case: Case) -> set[tuple[str, str]]:
    told = set()
    if case.refused or case.why in ODD:
        told.add(("unparsable-document", "error"))
    if case.dropped:
        told.add(("dropped-content", "warning"))
    return told


def _lint(work: Project, data: bytes) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the images that are found wrong, and the findings about documents."""
    work.write("a.yaml", data)
    findings = json.loads(work.run("check", "--format", "json", "a.yaml").stdout)["findings"]
    held = {one["image"] for one in findings if one["rule"] == "unapproved-registry"}
    return held, {
        (one["rule"], one["severity"])
        for one in findings
        if one["rule"] in ("unparsable-document", "dropped-content")
    }


@pytest.mark.parametrize(
    ("fields", "namespaces"),
    [
        ("{namespace: dev, <<: {namespace: prod}}", {"prod", "dev"}),
        ("{<<: {namespace: prod}, namespace: dev}", {"dev"}),
        ("{namespace: y}", {None, "y"}),
        ("{namespace: dev}", {"dev"}),
    ],
)
def test_namespaces(fields: str, namespaces: set[str | None]) -> None:
    """An image is judged in each namespace that a reader would apply it to."""
    text = pod(head=f"apiVersion: v1\nkind: Pod\nmetadata: {fields}\n")
    (item,) = examined(text)
    assert {site.object.namespace for site in item.extract.sites} == namespaces
