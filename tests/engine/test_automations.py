"""What findings say where an automation writes images back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.linter import Linter
from imagelint.kubernetes.context import Context
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.policies import policy
from tests.support.trees import catalogue, seen

if TYPE_CHECKING:
    from tests.support.project import Project

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io, quay.io: quay.io}}
environments:
  dev: {match: {namespaces: [dev, argocd]}, allow: ["*"]}
  prod: {match: {namespaces: [prod]}, allow: [h.io]}
default: prod
"""
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: IMAGE  # COMMENT\n"
VALUES = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image:\n"
    "      repository: IMAGE  # COMMENT\n      tag: v1\n"
)


def messages(text: str, context: Context) -> tuple[list[str], str]:
    linter, source = Linter(policy(POLICY), RULES, catalogue()), Source("a.yaml", text.encode())
    result = linter.lint(source, "a.yaml", context=context)
    return [one.message for one in result.findings], repaired(linter, source, result).decode()


@pytest.mark.parametrize("text", [POD, VALUES])
@pytest.mark.parametrize(
    ("marker", "is_told"),
    [
        ('{"$imagepolicy": "flux-system:web"}', True),
        ('{"$imagepolicy": "flux-system:web:name"}', True),
        ('{"$imagepolicy":"flux-system:web"}', True),
        ('{"$imagepolicy": "flux-system:web:tag"}', False),
        ('{"$imagepolicy": "flux-system:web:digest"}', False),
        ("$imagepolicy", False),
        ('{"$imagepolicy": "web"}', False),
    ],
)
def test_lines_that_flux_writes(text: str, marker: str, *, is_told: bool) -> None:
    image = "quay.io/a/b:v1" if text == POD else "quay.io/a/b"
    text = text.replace("IMAGE", image).replace("COMMENT", marker)
    known = Context(image_policies=lambda: {("flux-system", "web"): "flux-system/images"})
    (message,), fixed = messages(text, known)
    assert fixed == text.replace("quay.io", "h.io/quay.io")
    assert (
        message.endswith(
            "; Flux writes this line by the ImagePolicy flux-system/web: set spec.image of the"
            " ImageRepository flux-system/images to h.io/quay.io/a/b"
        )
        == is_told
    )
    (message,), _ = messages(text, Context())
    assert ("set spec.image of its ImageRepository to" in message) == is_told


def test_what_is_clean_is_told_nothing() -> None:
    text = POD.replace("IMAGE", "h.io/quay.io/a:v1")
    text = text.replace("COMMENT", '{"$imagepolicy": "flux-system:web"}')
    assert messages(text, Context())[0] == []


def test_the_repository_is_searched_for_the_image_policy(project: Project) -> None:
    project.write("imagelint.yaml", POLICY)
    text = POD.replace("IMAGE", "quay.io/a:v1")
    project.write("a/pod.yaml", text.replace("COMMENT", '{"$imagepolicy": "flux-system:web"}'))
    project.write(
        "b/policies.yaml",
        "apiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImagePolicy\n"
        "metadata: {name: web, namespace: flux-system}\n"
        "spec: {imageRepositoryRef: {name: app}}\n",
    )
    (finding,) = json.loads(project.run("check", "--format", "json").stdout)["findings"]
    assert "the ImageRepository flux-system/app to h.io/quay.io/a" in finding["message"]


LIST = "argocd-image-updater.argoproj.io/image-list"


@pytest.mark.parametrize(
    ("written", "images"),
    [
        ("quay.io/a", ["quay.io/a"]),
        ("web=quay.io/a/b:~1.2", ["quay.io/a/b"]),
        ("web=quay.io/a:>=1.2, other=r.io:5000/c:1.x,nginx", ["quay.io/a", "r.io:5000/c", "nginx"]),
        ("r.io:5000/a", ["r.io:5000/a"]),
        ("", []),
        (",", []),
    ],
)
def test_the_list_of_argos_image_updater(written: str, images: list[str]) -> None:
    meta = {"name": "a", "annotations": {LIST: written}}
    one = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta}
    assert [site.image for site in seen(json.dumps(one))] == images


@pytest.mark.parametrize(("namespace", "is_fixed"), [("prod", True), ("dev", False)])
def test_argo_is_told_what_to_track(namespace: str, *, is_fixed: bool) -> None:
    """Where the application runs, not where it is."""
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  namespace: argocd\n"
        f"  annotations:\n    {LIST}: web=quay.io/a:~1\n"
        f"spec:\n  destination: {{namespace: {namespace}}}\n"
        "  source: {kustomize: {images: [a=quay.io/a:v1]}}\n"
    )
    found, fixed = messages(text, Context())
    assert fixed == (text.replace("quay.io", "h.io/quay.io") if is_fixed else text)
    assert len(found) == (2 if is_fixed else 0)
