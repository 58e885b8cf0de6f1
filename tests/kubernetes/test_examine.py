"""The examination of a source: what is read, how often, and that reading changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes import examine as module
from imagelint.kubernetes.examine import Examination
from imagelint.model.source import Source
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.kubernetes.examined import Examined

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx:1\n"
MAP = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n"
TEMPLATE = "{{ include }}\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx:1\n"
BROKEN = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx:1\n  x: [\n"


def examination(text: str, *, with_trees: bool = False) -> Examination:
    return Examination(Source("a.yaml", text.encode()), catalogue(), with_trees=with_trees)


def counted(patch: pytest.MonkeyPatch, name: str) -> list[None]:
    """Return a list that grows with each call of a function of the module."""
    real: Callable[..., object] = getattr(module, name)
    calls: list[None] = []

    def counting(*arguments: object, **named: object) -> object:
        calls.append(None)
        return real(*arguments, **named)

    patch.setattr(module, name, counting)
    return calls


def images(items: list[Examined]) -> list[object]:
    return [site.value.value for item in items for site in item.extract.sites]


def test_a_document_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch, "skimmed")
    found = examination(f"{POD}---\n{MAP}---\n{POD}")
    items, free = found.examine()
    assert [found.of(document) for document in found.documents] == [items[:1], [], items[1:]]
    assert (len(items), free, len(calls)) == (2, 1, 2)


def test_a_large_source_is_read_again_instead_of_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 10)
    calls = counted(monkeypatch, "skimmed")
    found = examination(POD)
    items, _ = found.examine()
    assert images(found.of(found.documents[0])) == images(items) == ["nginx:1"]
    assert len(calls) == 2


@pytest.mark.parametrize("text", [POD, TEMPLATE, BROKEN, f"{MAP}{{{{ end }}}}\n"])
def test_reading_changes_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is read twice says the same twice."""
    monkeypatch.setattr(module, "KEPT", 0)
    found = examination(text, with_trees=True)
    [document] = found.documents
    items, others = found.of(document), found.of(document)
    assert items is not others
    assert images(items) == images(others)
    assert [item.refusals for item in items] == [item.refusals for item in others]
    assert [item.dropped_at for item in items] == [item.dropped_at for item in others]


@pytest.mark.parametrize(("text", "times"), [(POD, 1), (MAP, 1), (f"{POD}---\n{MAP}", 2)])
def test_bytes_are_asked_for_a_proof_once(
    text: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file, or else of each of its documents."""
    whole, each = counted(monkeypatch, "needs_no_parse"), counted(monkeypatch, "is_free")
    examination(text).examine()
    assert (len(whole), len(each)) == (1, 0 if times == 1 else times)


def test_skimmed_documents_get_trees_when_a_proof_needs_them() -> None:
    found = examination(POD)
    [document] = found.documents
    [item], [other] = found.of(document), found.with_trees_of(document)
    assert item.tree is None
    assert other.tree is not None
    assert images([item]) == images([other])


def test_parts_have_the_documents_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 100)
    found = examination("---\n".join([POD, MAP] * 4))
    parts = [found.part(within) for within in found.parts]
    assert len(parts) > 1
    assert images([item for part in parts for item in part.examine()[0]]) == ["nginx:1"] * 4
    assert sum(part.examine()[1] for part in parts) == found.examine()[1] == 4
