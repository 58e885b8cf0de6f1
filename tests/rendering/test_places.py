"""The line of a template that makes a line of a rendering."""

from __future__ import annotations

import pytest

from imagelint.rendering.places import _line_of

TEMPLATE = """\
spec:
  containers:
  - name: a
    image: {{ include "image" . }}
  - image: "nginx:{{ .Values.tag }}"  # ours
  - image: 'quay.io/b'
    imagePullPolicy: Always
"""


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("    image: docker.io/x:1", '{{ include "image" . }}'),
        ('  - image: "nginx:1.25"  # ours', '"nginx:{{ .Values.tag }}"  # ours'),
        ("  - image: 'quay.io/b'", "'quay.io/b'"),
        ("    imagePullPolicy: Always", None),
    ],
)
def test_the_line(line: str, value: str | None) -> None:
    found = _line_of(TEMPLATE, line)
    assert (None if found is None else TEMPLATE[slice(*found)]) == value


def test_different_lines_that_may_be_it_are_no_answer() -> None:
    other = TEMPLATE.replace("'quay.io/b'", '{{ include "other" . }}')
    assert _line_of(other, "    image: docker.io/x:1") is None
    same = TEMPLATE.replace("'quay.io/b'", '{{ include "image" . }}')
    assert _line_of(same, "    image: docker.io/x:1") == _line_of(TEMPLATE, "image: docker.io/x:1")


def test_hostile_lines_take_no_time() -> None:
    lines = "image: " + "{{ a }}b" * 100 + "\n" + "image:" + " " * 100_000 + "\n"
    assert _line_of(lines, "image: " + "b" * 500 + "c") is None
