"""A table for what the path of a replacement leads to."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.leads import Lead, lead
from tests.support.trees import catalogue


@pytest.mark.parametrize(
    ("group", "kind", "path", "found"),
    [
        ("", "ConfigMap", "data/ROOK_CSI_CEPH_IMAGE", Lead.IMAGE),
        ("", "ConfigMap", "data/ROOK_CSI_POLICY", Lead.NONE),
        ("", "ConfigMap", "data/storageInitializer", Lead.ABOVE),
        ("", "ConfigMap", "data", Lead.ABOVE),
        ("", "ConfigMap", "metadata/name", Lead.NONE),
        ("", "Namespace", "metadata/annotations/config.linkerd.io/proxy-image", Lead.NONE),
        ("install.istio.io", "IstioOperator", "spec/hub", Lead.PART),
        ("install.istio.io", "IstioOperator", "spec/values/pilot/hub", Lead.PART),
        ("install.istio.io", "IstioOperator", "spec/profile", Lead.NONE),
        ("apps", "Deployment", "spec/template/spec/containers/0/image", Lead.IMAGE),
    ],
)
def test_lead(group: str, kind: str, path: str, found: Lead) -> None:
    assert lead(catalogue(), group, kind, tuple(path.split("/"))) is found
