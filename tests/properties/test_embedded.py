"""Manifests in strings: the same images as standing alone, and no proof passes them by."""

from __future__ import annotations

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from imagelint.kubernetes.catalogue.entries import EmbeddedTexts
from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from imagelint.patterns.globs import NamePattern
from tests.properties.manifest_strategies import manifests, nasty_streams
from tests.properties.test_scan import sites
from tests.support.trees import catalogue

KEYS = (NamePattern("*"),)
EMBEDDING = catalogue().with_embedded(
    [EmbeddedTexts("ConfigMap", KEYS), EmbeddedTexts("Secret", KEYS)]
)
PODS = '"kind: Pod\\nspec: {containers: [{im\\x61ge: in-string}]}"'


def images(text: str) -> list[tuple[str, str, str]]:
    """Return the images of a stream with their fields, those of the string or of the file."""
    return sorted(
        (repr(site.value), site.object.kind, site.field.removeprefix("data[a.b]: "))
        for item in examine(Source("a.yaml", text.encode()), EMBEDDING)
        for site in item.extract.sites
    )


def literal(text: str) -> str:
    """Return a ConfigMap with a text in a literal block."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in text.split("\n")[:-1])
    return f"apiVersion: v1\nkind: ConfigMap\ndata:\n  a.b: |2+\n{lines}"


def quoted(text: str) -> str:
    """Return a ConfigMap with a text in double quotes."""
    written = json.dumps(text, ensure_ascii=False)
    return f"apiVersion: v1\nkind: ConfigMap\ndata: {{a.b: {written}}}\n"


@settings(max_examples=150)
@given(manifests(), st.sampled_from([literal, quoted]))
def test_a_string_has_the_images_of_its_text(data: bytes, inside: object) -> None:
    """A text of other line breaks or another encoding is no string of YAML."""
    assume(data[:1] not in (b"\xef", b"\xff", b"\xfe"))
    text = data.decode().replace("\r\n", "\n")
    text = text if text.endswith("\n") else f"{text}\n"
    assert callable(inside)
    assert images(inside(text)) == images(text)


@settings(max_examples=150)
@given(nasty_streams(), st.sampled_from(["data", "stringData", '"d\\x61ta"', "x: b\ndata"]))
def test_the_fast_path_agrees_with_a_full_parse(data: bytes, field: str) -> None:
    stream = data + f"\n{field}: {{a.b: {PODS}}}\n".encode()
    fast, full = (
        examine(Source("a.yaml", stream), EMBEDDING, prove=prove, with_trees=not prove)
        for prove in (True, False)
    )
    assert sites(fast) == sites(full)
