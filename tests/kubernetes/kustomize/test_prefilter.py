"""Which kustomizations need not be parsed."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.prefilter import is_plain_kustomization


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("resources: [a.yaml]\nnamespace: x\ncommonLabels: {a: b}\n", True),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\n", True),
        ("iMages: []", False),
        ("image\u017f: []", False),
        ('"\\x69mages": []', False),
        ("PATCHES: []", False),
        ("labels: []", False),
        ("commonAnnotations: {}", False),
        ("helmCharts: []", False),
        ("Transformers: []", False),
        ("!!binary aW1hZ2Vz: []", False),
        ("validators: []", False),
    ],
)
def test_is_plain(text: str, is_plain: bool) -> None:
    assert is_plain_kustomization(text.encode()) is is_plain
