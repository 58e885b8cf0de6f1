"""What looks like an image where nobody described one, and what only resembles it."""

from __future__ import annotations

import pytest

from imagelint.kubernetes import guesses, read
from imagelint.kubernetes.catalogue.entries import IgnoredField
from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.guesses import guesses_in
from imagelint.model.source import Source
from tests.support.trees import catalogue

IMAGE = "quay.io/a/b:1"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web{more}}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: quay.io/a/web:1
          {fields}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  {}\n"
OBJECT = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w}}\nspec:\n  {}\n"


def container(fields: str) -> str:
    return DEPLOYMENT.format(more="", fields=fields)


def annotated(annotation: str) -> str:
    return DEPLOYMENT.format(more=f", annotations: {{{annotation}}}", fields="")


def found(text: str) -> list[tuple[str, str]]:
    source = Source("a.yaml", text.encode())
    examined = examine(source, catalogue(), with_trees=False)
    return [(one.entry, one.image) for one in guesses_in(source, catalogue(), examined)]


ENV = "spec.template.spec.containers[].env"
ARGS = "spec.template.spec.containers[].args"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (OBJECT.format("image: quay.io/a/b:1"), "spec.image"),
        (OBJECT.format("image: 'quay.io/a/b:1'"), "spec.image"),
        (OBJECT.format('proxyImage: "quay.io/a/b:1"'), "spec.proxyImage"),
        (OBJECT.format("package: quay.io/a/b:1"), "spec.package"),
        (OBJECT.format("images: [quay.io/a/b:1]"), "spec.images[]"),
        (annotated("example.com/agent-image: 'quay.io/a/b:1'"), None),
        (container("env: [{name: AGENT_IMAGE, value: 'quay.io/a/b:1'}]"), "AGENT_IMAGE"),
        (container("env:\n          - name: AGENT\n            value: quay.io/a/b:1"), "AGENT"),
        (container("env:\n          - value: quay.io/a/b:1\n            name: AGENT"), "AGENT"),
        (container('args: ["--agent-image=quay.io/a/b:1"]'), "--agent-image"),
        (container('args: ["--agent-image", "quay.io/a/b:1"]'), "--agent-image"),
        (container("args:\n          - --agent-image\n          - quay.io/a/b:1"), "--agent-image"),
        (container("command: [run, --agent=quay.io/a/b:1]"), "--agent"),
        (CONFIG.format("agentImage: quay.io/a/b:1"), "agentImage"),
        (CONFIG.format("AGENT: quay.io/a/b:1"), "AGENT"),
        (CONFIG.format("config.yaml: |\n    agent:\n      image: quay.io/a/b:1"), ""),
        (CONFIG.format('config.json: |\n    {\n    "image": "quay.io/a/b:1"}'), ""),
    ],
)
def test_an_image_is_found(text: str, entry: str | None) -> None:
    (where, image), *more = found(text)
    assert image == IMAGE
    assert not more
    assert entry is None or entry in where
    assert found(text.replace(IMAGE, "nothing")) == []


@pytest.mark.parametrize(
    "text",
    [
        OBJECT.format("image: fedora"),
        OBJECT.format("imageTag: '1.0:1'"),
        OBJECT.format("url: https://quay.io/a/b:1"),
        OBJECT.format("endpoint: collector.example.com/v1:4317"),
        OBJECT.format("# image: quay.io/a/b:1\n  a: 1"),
        OBJECT.format("git: {repository: 'https://quay.io/a', tag: v1}"),
        OBJECT.format("output: {image: 'quay.io/a/b:1'}"),
        OBJECT.format("a: 1\nstatus: {image: 'quay.io/a/b:1'}"),
        OBJECT.format("template: {spec: {containers: [{name: a, image: 'quay.io/a/b:1'}]}}"),
        OBJECT.format("image: quay.io/a/b:1").replace("apiVersion: example.com/v1\n", ""),
        OBJECT.format("image: quay.io/a/b:1").replace("Widget", "CustomResourceDefinition"),
        annotated("containerImage: 'quay.io/a/b:1'"),
        annotated("dapr.io/sidecar-image: 'quay.io/a/b:1'"),
        annotated("example.com/image-policy: 'a:b'"),
        container("env: [{name: IMAGE_PULL_POLICY, value: 'a:b'}]"),
        container("env: [{name: SERVER, value: 'example.com/a:80'}]"),
        container("args: ['--listen=0.0.0.0:80', '--url', 'http://quay.io/a:1']"),
        container("imagePullPolicy: Always"),
        CONFIG.format("image: fedora"),
        CONFIG.format("README: |\n    Run quay.io/a/b:1 if you like.\n    # image: quay.io/a/b:1"),
        "apiVersion: v1\nkind: Service\nspec: {image: 'quay.io/a/b:1'}\n",
    ],
)
def test_a_look_alike_is_not_found(text: str) -> None:
    assert found(text) == []


def test_an_image_in_parts_is_found() -> None:
    entry = '{at: "spec.proxy", repository: repository, tag: tag}'
    text = OBJECT.format("proxy: {repository: quay.io/a/b, tag: 1}")
    assert found(text) == [(entry, IMAGE)]
    assert found(text.replace("tag", "branch")) == []


def test_an_ignored_field_is_not_found() -> None:
    source = Source("a.yaml", OBJECT.format("image: quay.io/a/b:1").encode())
    ignored = IgnoredField(
        ("example.com",), ("Widget",), (("spec", "image"),), ("spec.image",), "a disk", "p.yaml:1"
    )
    assert list(guesses_in(source, catalogue().without_fields([ignored]))) == []


def test_only_documents_with_hints_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of plain workloads, or one that holds nothing, is not parsed for the rule."""
    parsed: list[str] = []
    real = read.read_all

    def counting(document: object, *rest: object) -> object:
        parsed.append(document.text)  # type: ignore[attr-defined]
        return real(document, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(guesses, "read_all", counting)
    plain = container("env: [{name: A, value: b}]")
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: image-server}\n"
    assert found(f"{plain}---\n{service}") == []
    assert parsed == []
    widget = OBJECT.format("image: quay.io/a/b:1")
    assert len(found(f"{plain}---\n{widget}---\n{service}")) == 1
    assert len(parsed) == 1


def test_text_that_is_not_utf_8_is_read_too() -> None:
    source = Source("a.yaml", OBJECT.format("image: quay.io/a/b:1").encode("utf-16"))
    assert [one.image for one in guesses_in(source, catalogue())] == [IMAGE]
