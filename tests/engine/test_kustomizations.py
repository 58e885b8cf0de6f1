"""Kustomizations, judged and repaired: findings have fields, places and edits in the file."""

from __future__ import annotations

import pytest

from imagelint.engine.linter import Linter
from imagelint.kubernetes.context import Context
from imagelint.kubernetes.kustomize.model import FileRole, Role, Target
from imagelint.model.finding import Severity
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.policies import policy
from tests.support.trees import catalogue

POLICY = """\
version: 1
harbor: {host: harbor.myco.com, projects: {docker.io: docker.io, quay.io: quay.io}}
environments:
  dev: {match: {namespaces: [dev]}, allow: ["*"]}
  prod: {match: {namespaces: [prod]}, allow: [harbor.myco.com]}
default: prod
"""
FILE = "kustomization.yaml"
OPERATION = "{op: add, path: /spec/template/spec/containers/0/image, value: quay.io/x:1}"


def lint(text: str, path: str = FILE) -> tuple[Linter, Source]:
    return Linter(policy(POLICY), RULES, catalogue()), Source(path, text.encode())


def fixed(text: str, path: str = FILE, roles: tuple[FileRole, ...] = ()) -> str:
    linter, source = lint(text, path)
    result = linter.lint(source, path, context=Context(roles))
    return repaired(linter, source, result, Context(roles)).decode()


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        pytest.param(
            f"patches:\n- target: {{kind: Deployment}}\n  patch: |-\n    - {OPERATION}\n",
            None,
            id="a block scalar",
        ),
        pytest.param(
            f"patches:\n- target: {{kind: Deployment}}\n  patch: '[{OPERATION}]'\n",
            None,
            id="single quotes",
        ),
        pytest.param(
            f'patches:\n- target: {{kind: Deployment}}\n  patch: "# \\u00e9\\n- {OPERATION}"\n',
            None,
            id="double quotes, with escapes",
        ),
        pytest.param("Images: [{NAME: a, NEWNAME: quay.io/x, newTag: '1'}]\n", None, id="folded"),
        pytest.param(
            "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n"
            f"  metadata: {{name: t}}\n  target: {{kind: Deployment}}\n  patch: '[{OPERATION}]'\n",
            None,
            id="a string in a string",
        ),
        pytest.param(
            f"commonAnnotations: {{a: &p '[{OPERATION}]'}}\n"
            "patches: [{target: {kind: Deployment}, patch: *p}]\n",
            "the same",
            id="an alias that stands elsewhere too",
        ),
    ],
)
def test_edits_go_to_the_value(written: str, becomes: str | None) -> None:
    expected = written.replace("quay.io", "harbor.myco.com/quay.io")
    assert fixed(written) == (written if becomes else expected)


def test_a_patch_is_repaired_in_its_role() -> None:
    text = f"- {OPERATION}\n"
    role = FileRole(Role.PATCH, Target(kind="Deployment"))
    assert fixed(text, "p.patch", (role,)) == text.replace("quay.io", "harbor.myco.com/quay.io")
    assert fixed(text, "p.patch") == text


def test_findings_name_field_object_and_place() -> None:
    text = f"patches:\n- target: {{kind: Deployment, name: web}}\n  patch: |-\n    - {OPERATION}\n"
    linter, source = lint(text)
    (finding,) = linter.lint(source, FILE).findings
    assert finding.field == "patches[0].patch: spec.template.spec.containers[0].image"
    assert finding.object is not None
    assert (finding.object.kind, finding.object.name) == ("Deployment", "web")
    assert text[finding.span.start : finding.span.end] == "quay.io/x:1"


@pytest.mark.parametrize(("namespace", "count"), [("dev", 0), ("prod", 1)])
def test_the_namespace_of_the_kustomization_counts(namespace: str, count: int) -> None:
    head = f"namespace: {namespace}\npatches:\n"
    text = f"{head}- target: {{kind: Deployment, namespace: dev}}\n  patch: '[{OPERATION}]'\n"
    linter, source = lint(text)
    assert len(linter.lint(source, FILE).findings) == count


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (
            "replacements: [{source: {kind: ConfigMap, fieldPath: data.i}, targets: [TO]}]\n",
            Severity.ERROR,
        ),
        ("helmCharts: [{name: a}]\n", Severity.NOTE),
    ],
)
def test_what_only_a_build_can_tell(text: str, severity: Severity) -> None:
    target = "{select: {kind: Pod}, fieldPaths: [spec.containers.0.image]}"
    linter, source = lint(text.replace("TO", target))
    (finding,) = linter.lint(source, FILE).findings
    assert (finding.rule, finding.severity) == ("unresolved-reference", severity)
    assert finding.message.endswith("; lint the build (`kustomize build . | imagelint check -`)")


def test_a_kustomization_without_images_has_no_findings() -> None:
    linter, source = lint(
        "resources: [a.yaml]\nnamePrefix: a-\nconfigMapGenerator: [{name: a, literals: [b=c]}]\n"
        "replacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: Pod}}]}]\n"
        "patches: [{target: {kind: Deployment}, patch: '[{op: remove, path: /spec/replicas}]'}]\n"
    )
    assert linter.lint(source, FILE).findings == ()
