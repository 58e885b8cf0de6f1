"""Tables of writes to the kind of an object: what is told, by itself and without a build."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.kind_changes import API_VERSION, KIND, Kinds, reveals
from imagelint.kubernetes.kustomize.model import Target
from tests.kubernetes.kustomize.kustomizations import patched
from tests.support.trees import catalogue

CONFIG_MAP: Kinds = (("", "ConfigMap"),)


@pytest.mark.parametrize(
    ("kinds", "written", "is_told"),
    [
        (CONFIG_MAP, {KIND: "Pod"}, True),
        (CONFIG_MAP, {KIND: None}, True),
        (CONFIG_MAP, {KIND: "ConfigMap"}, False),
        (CONFIG_MAP, {KIND: "Secret"}, False),
        (CONFIG_MAP, {KIND: "ConfigMap", API_VERSION: "v1"}, False),
        (CONFIG_MAP, {KIND: "ConfigMap", API_VERSION: "example.com/v1"}, True),
        (CONFIG_MAP, {API_VERSION: None}, True),
        ((None,), {KIND: "Pod"}, True),
        ((None,), {KIND: "ConfigMap"}, False),
        ((("", "Widget"),), {KIND: "Gadget"}, True),
        ((("example.com", "Widget"),), {KIND: "Gadget"}, False),
        ((("apps", "Deployment"),), {KIND: "StatefulSet"}, False),
        ((("apps", "Deployment"),), {KIND: "ConfigMap"}, True),
        ((("monitoring.coreos.com", "Prometheus"),), {KIND: "Prometheus"}, False),
        ((("example.com", "Widget"),), {API_VERSION: "monitoring.coreos.com/v1"}, False),
        ((("example.com", "Prometheus"),), {API_VERSION: "monitoring.coreos.com/v1"}, True),
        ((*CONFIG_MAP, ("", "Pod")), {KIND: "ConfigMap"}, False),
        ((), {KIND: "Pod"}, False),
    ],
)
def test_what_a_new_kind_reveals(
    kinds: Kinds, written: dict[str, str | None], *, is_told: bool
) -> None:
    assert reveals(catalogue(), kinds, written) is is_told


TARGET = Target(kind="ConfigMap")
ALLOWED = TARGET._replace(allows_kind_change=True)
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        (POD, ALLOWED, {"kind": True}),
        (POD, TARGET, {}),
        (POD, None, {}),
        (POD.replace("Pod", "ConfigMap"), ALLOWED, {}),
        ("[{op: replace, path: /kind, value: Pod}]", TARGET, {"[0].path": True}),
        ("[{op: move, from: /data/x, path: /kind}]", TARGET, {"[0].path": True}),
        ("[{op: replace, path: '', value: {kind: Pod}}]", TARGET, {"[0].path": True}),
        ("[{op: replace, path: '', value: {data: {kind: Pod}}}]", TARGET, {}),
        ("[{op: replace, path: /data/kind, value: Pod}]", TARGET, {}),
        ("[{op: remove, path: /kind}]", TARGET, {}),
    ],
)
def test_patches(text: str, target: Target | None, told: dict[str, bool]) -> None:
    assert patched(text, target).unjudged == told
