"""Entries of ``images`` in the style of their kustomization."""

from __future__ import annotations

import pytest

from imagelint.engine.edits import NotEditableError
from imagelint.model.source import Source
from imagelint.rendering.kustomize import with_entries
from imagelint.yaml.documents import split

NEW = {"nginx": "h.io/hub/nginx"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "resources: [a]\n",
            "resources: [a]\nimages:\n  - name: nginx\n    newName: h.io/hub/nginx\n",
        ),
        (
            "images:\n- name: x #a\n  newTag: v1\n#\n",
            "images:\n- name: x #a\n  newTag: v1\n- name: nginx\n  newName: h.io/hub/nginx\n#\n",
        ),
        (
            "images:\r\n- name: x\r\n  newTag: v1",
            "images:\r\n- name: x\r\n  newTag: v1\r\n- name: nginx\r\n  newName: h.io/hub/nginx",
        ),
        (
            "images: [{name: x, newTag: v1}]\n",
            "images: [{name: x, newTag: v1}, {name: nginx, newName: h.io/hub/nginx}]\n",
        ),
        (
            "images:\n- newTag: v1\n  name: nginx\n",
            "images:\n- newTag: v1\n  name: nginx\n  newName: h.io/hub/nginx\n",
        ),
    ],
)
def test_the_style_of_the_file_is_kept(text: str, expected: str) -> None:
    (document,) = split(Source("kustomization.yaml", text.encode()))
    assert with_entries(document, NEW).decode() == expected


def test_another_name_is_not_replaced() -> None:
    text = b"images:\n- name: nginx\n  newName: other\n"
    (document,) = split(Source("kustomization.yaml", text))
    with pytest.raises(NotEditableError, match=r"images\[0\] already has another name"):
        with_entries(document, NEW)
