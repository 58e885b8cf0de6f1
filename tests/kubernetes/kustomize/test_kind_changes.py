"""Tables of writes to the kind of an object: what is told, by itself and without a build."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.kind_changes import API_VERSION, KIND, Kinds, reveals
from imagelint.kubernetes.kustomize.model import Target
from tests.kubernetes.kustomize.kustomizations import patched
from tests.support.trees import catalogue

SECRET: Kinds = (("", "Secret"),)


@pytest.mark.parametrize(
    ("kinds", "written", "is_told"),
    [
        (SECRET, {KIND: "Pod"}, True),
        (SECRET, {KIND: None}, True),
        (SECRET, {KIND: "Secret"}, False),
        (SECRET, {KIND: "Event"}, False),
        (SECRET, {KIND: "Secret", API_VERSION: "v1"}, False),
        (SECRET, {KIND: "Secret", API_VERSION: "example.com/v1"}, True),
        (SECRET, {API_VERSION: None}, True),
        ((None,), {KIND: "Pod"}, True),
        ((None,), {KIND: "Secret"}, False),
        ((("", "Widget"),), {KIND: "Gadget"}, True),
        ((("example.com", "Widget"),), {KIND: "Gadget"}, False),
        ((("apps", "Deployment"),), {KIND: "StatefulSet"}, False),
        ((("apps", "Deployment"),), {KIND: "Secret"}, True),
        ((("monitoring.coreos.com", "Prometheus"),), {KIND: "Prometheus"}, False),
        ((("example.com", "Widget"),), {API_VERSION: "monitoring.coreos.com/v1"}, False),
        ((("example.com", "Prometheus"),), {API_VERSION: "monitoring.coreos.com/v1"}, True),
        ((*SECRET, ("", "Pod")), {KIND: "Secret"}, False),
        ((), {KIND: "Pod"}, False),
    ],
)
def test_what_a_new_kind_reveals(
    kinds: Kinds, written: dict[str, str | None], *, is_told: bool
) -> None:
    assert reveals(catalogue(), kinds, written) is is_told


TARGET = Target(kind="Secret")
ALLOWED = TARGET._replace(allows_kind_change=True)
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        (POD, ALLOWED, {"kind": True}),
        (POD, TARGET, {}),
        (POD, None, {}),
        (POD.replace("Pod", "Secret"), ALLOWED, {}),
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
