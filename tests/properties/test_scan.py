"""Law 5: what the fast path leaves out holds no image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import example, given, settings

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.objects import is_read_by_name
from imagelint.kubernetes.prefilter import may_hold_object
from imagelint.model.source import Source
from tests.properties.manifest_strategies import manifests, nasty_streams
from tests.support.shared import SHARED, needs_shared
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined

NAMES = ("a.yaml", "kustomization.yaml")


class Site(NamedTuple):
    """A site, comparable between two readings; where nothing is written there is no place."""

    offset: int | None
    field: str
    value: object
    kind: str
    readers: int


def sites(examined: list[Examined]) -> list[Site]:
    """Return the sites of a reading, each with its place in the source."""
    return [
        Site(
            item.document.byte_offset(site.node.start) if site.node.start < site.node.end else None,
            site.field,
            repr(site.value),
            site.object.kind,
            len(site.readers),
        )
        for item in examined
        for site in item.extract.sites
    ]


def read(data: bytes, name: str, *, prove: bool) -> list[Examined]:
    """Read a stream with or without the fast path: proofs, and no more trees than it takes."""
    return examine(Source(name, data), catalogue(), prove=prove, with_trees=not prove)


def assert_same(data: bytes, name: str) -> None:
    """Law 5 for one stream; and what is left out whole has nothing to be refused for."""
    fast, full = read(data, name, prove=True), read(data, name, prove=False)
    assert sites(fast) == sites(full)
    is_utf8 = Source(name, data).encoding == "utf-8"
    if is_utf8 and not is_read_by_name(name) and not may_hold_object(data):
        assert not any(item.is_manifest for item in full)


@settings(max_examples=200)
@given(nasty_streams())
@example(b"# c\rkind: Pod\napiVersion: v1\nspec: {containers: [{image: x}]}\n")
@example(b"apiVersion: v1\nkind: ConfigMap\n<<: {kind: Pod, spec: {containers: [{image: x}]}}\n")
@example(b'apiVersion: v1\n"kind": Pod\nkind: ConfigMap\nspec: {containers: [{image: x}]}\n')
@example(b"apiVersion: v1\nkind: ConfigMap\n? items\n: - {kind: Pod, image: x}\n")
@example(b"apiVersion: pkg.crossplane.io/v1\nkind: Provider\nspec: {package: x}\n")
@example(b'apiVersion: "pkg.cross\\\n  plane.io/v1"\nkind: Provider\nspec: {package: x}\n')
@example(b'apiVersion: "pkg.crossplane\\x2eio/v1"\nkind: Provider\nspec: {package: x}\n')
@example(b"apiVersion: v1\nkind: Provider\napiVersion: pkg.crossplane.io/v1\nspec: {package: x}\n")
@example(b"apiVersion:\n  pkg.crossplane.io/v1\nkind: Provider\nspec: {package: x}\n")
@example(b"a: &a pkg.crossplane.io/v1\napiVersion: *a\nkind: Provider\nspec: {package: x}\n")
@example(b"apiVersion: v1\n? |-\n  kind\n: Pod\nspec: {containers: [{image: x}]}\n")
@example(b'{"apiVersion": "v1", "\\u006bind": "Pod", "spec": {"containers": [{"image": "x"}]}}')
@example(b"images: [{name: x, newName: y}]\n")
@example(b"apiVersion: v1\nkind: Pod\nspec: {containers: [{args: [--engine-image, a]}]}\n")
@example(
    b"apiVersion: tekton.dev/v1beta1\nkind: TaskList\nitems: [{spec: {steps: [{image: a}]}}]\n"
)
@example(
    b"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {a: {containers: [{image: b}]}}\n"
)
@example(b"apiVersion: v1\nkind: ConfigMap\n---\nkind: Pod\nspec: {containers: [{image: x}]}\n")
@example(b"---\napiVersion: v1\nkind: ConfigMap\na: |\n---\nkind: Pod\nspec: {image: x}\n")
@example(b"--- # c\rkind: Pod\napiVersion: v1\nkind: ConfigMap\nspec: {containers: [{image: x}]}\n")
@example(
    b"---#\nkind: ConfigMap\napiVersion: v1\n---\nkind: Pod\nspec: {containers: [{image: x}]}\n"
)
@example(
    b"apiVersion: v1\nkind: ConfigMap\na: [\n] \r kind: Pod\nspec: {containers: [{image: x}]}\n"
)
@example(b'apiVersion: v1\nkind: ConfigMap\na: "\nb: "\nitems : [{kind: Pod, spec: {image: x}}]\n')
@example(b"kind: ConfigMap\n\n\r\n \r\n Map\napiVersion: v1\nspec: {containers: [{image: x}]}\n")
@example(b"a: b\n-x: c\n-\rkind: Pod\napiVersion: v1\nkind: ConfigMap\nspec: {image: x}\n")
@example(
    b'{"kind": "ConfigMap",\n"apiVersion": "v1"}\nkind: Pod\nspec: {containers: [{image: x}]}\n'
)
def test_the_fast_path_agrees_with_a_full_parse(data: bytes) -> None:
    for name in NAMES:
        assert_same(data, name)


@settings(max_examples=50)
@given(manifests())
def test_the_fast_path_leaves_out_no_manifest(data: bytes) -> None:
    """The streams of the laws of fix hold images, so both paths must find some."""
    for name in NAMES:
        assert_same(data, name)


def files_of_the_corpus() -> Iterator[tuple[str, bytes]]:
    """Yield the files that the corpus has for a linter of manifests."""
    for path in sorted((SHARED / "corpus").rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
            yield path.name, path.read_bytes()


@pytest.mark.slow
@needs_shared
def test_the_fast_path_agrees_on_the_corpus() -> None:
    count = 0
    for name, data in files_of_the_corpus():
        if b"image" in data or b"\\" in data or b"io/v" in data:
            assert_same(data, name)
            count += 1
    assert count > 3000
