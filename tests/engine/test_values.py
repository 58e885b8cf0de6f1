"""Images in the values of charts, judged and fixed: severities, environments and edits."""

from __future__ import annotations

import pytest

from imagelint.engine.linter import Linter
from imagelint.model.finding import Finding, Severity
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.policies import policy
from tests.support.trees import catalogue

POLICY = """\
version: 1
harbor:
  host: h.io
  projects:
    docker.io: docker.io
    docker.io/bitnami: bitnami
    docker.io/flat: {name: other, replication: flatten}
    quay.io: quay.io
environments:
  dev: {match: {namespaces: [dev, flux-system, argocd]}, allow: ["*"]}
  prod: {match: {namespaces: [prod]}, allow: [h.io]}
default: prod
"""
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
VALUES = f"{RELEASE}metadata: {{namespace: prod}}\nspec:\n  values:\n"


def linted(text: str) -> tuple[Linter, Source, tuple[Finding, ...]]:
    linter, source = Linter(policy(POLICY), RULES, catalogue()), Source("a.yaml", text.encode())
    return linter, source, linter.lint(source, "a.yaml").findings


def fixed(text: str) -> str:
    linter, source, _ = linted(text)
    result = linter.lint(source, "a.yaml")
    data = repaired(linter, source, result)
    again = Source("a.yaml", data)
    assert repaired(linter, again, linter.lint(again, "a.yaml")) == data
    return data.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("image: {repository: quay.io/a/b, tag: v1}", "repository: h.io/quay.io/a/b, tag: v1"),
        ("image: 'quay.io/a:v1'", "image: 'h.io/quay.io/a:v1'"),
        ("image: {registry: quay.io, repository: a/b}", "registry: h.io/quay.io, repository: a/b"),
        ("image: {registry: docker.io, repository: a}", "registry: h.io/docker.io, repository: a"),
        (
            "image: {registry: docker.io, repository: bitnami/a}",
            "registry: h.io/bitnami, repository: bitnami/a",
        ),
        (
            "image: {registry: 'quay.io/', repository: a}",
            "registry: 'h.io/quay.io/', repository: a",
        ),
        ("image: {registry: quay.io/a, repository: b}", "registry: h.io/quay.io/a, repository: b"),
        ("jobs: [{image: quay.io/a:v1}]", "image: h.io/quay.io/a:v1"),
        ("sidecars: [{name: a, image: nginx:1.25}]", "image: h.io/docker.io/nginx:1.25"),
        ("a: {image: &i {repository: quay.io/a}}\n    b: {image: *i}", "&i {repository: h.io/quay"),
    ],
)
def test_an_explicit_registry_moves(before: str, after: str) -> None:
    text = f"{VALUES}    {before}\n"
    assert after in fixed(text)


@pytest.mark.parametrize(
    "values",
    [
        "image: {repository: nginx, tag: '1'}",
        "image: {repository: bitnami/redis, tag: '1'}",
        "image: nginx:1.25",
        "image: {registry: docker.io, repository: flat/redis, tag: '1'}",
        "image: {registry: quay.io}",
        "global: {imageRegistry: quay.io}",
        "global: {imageRegistry: quay.io}\n    image: {registry: quay.io, repository: a}",
        "a: {image: {registry: &r quay.io, repository: b}}\n    host: *r",
    ],
)
def test_nothing_is_written_where_the_result_is_not_certain(values: str) -> None:
    text = f"{VALUES}    {values}\n"
    _, _, findings = linted(text)
    assert findings
    assert fixed(text) == text


@pytest.mark.parametrize(
    ("values", "severity", "words"),
    [
        ("image: {repository: nginx}", Severity.NOTE, "names no registry"),
        ("image: {registry: quay.io}", Severity.NOTE, "is a registry"),
        ("image: {repository: '{{ .Values.r }}/a'}", Severity.NOTE, "a template fills in"),
        ("image: {repository: '${R}/a', tag: v1}", Severity.ERROR, "has the placeholder ${R}"),
    ],
)
def test_what_the_values_do_not_say(values: str, severity: Severity, words: str) -> None:
    _, _, (finding,) = linted(f"{VALUES}    {values}\n")
    assert (finding.rule, finding.severity) == ("unresolved-reference", severity)
    assert words in finding.message
    assert ("--render" in finding.message) == (severity is Severity.NOTE)


def test_findings_say_that_they_were_found_by_shape() -> None:
    _, _, findings = linted(f"{VALUES}    image: {{repository: quay.io/a, tag: latest}}\n")
    assert {one.rule for one in findings} == {"unapproved-registry", "floating-tag"}
    assert all(one.message.endswith("(found by shape)") for one in findings)
    assert {one.field for one in findings} == {"spec.values.image.repository"}


@pytest.mark.parametrize(
    "values",
    [
        "image: {repository: h.io/quay.io/a, tag: v1}",
        "image: {registry: h.io/quay.io, repository: a, tag: v1}",
        "image: {registry: h.io}",
        "global: {imageRegistry: h.io/docker.io}",
    ],
)
def test_what_is_allowed_is_clean(values: str) -> None:
    assert linted(f"{VALUES}    {values}\n")[2] == ()


IMAGE = "image: {repository: quay.io/a, tag: v1}"
APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {namespace: argocd}\n"
SOURCE = f"  source:\n    helm:\n      values: |\n        {IMAGE}\n"
CHART = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {namespace: flux-system}\n"


def moved(own: str, target: str) -> str:
    """Return a release in a namespace whose chart runs in another."""
    head = f"{RELEASE}metadata: {{namespace: {own}}}\nspec:\n  targetNamespace: {target}\n"
    return f"{head}  values:\n    {IMAGE}\n"


@pytest.mark.parametrize(
    ("text", "environments"),
    [
        (f"{RELEASE}metadata: {{namespace: dev}}\nspec:\n  values:\n    {IMAGE}\n", []),
        (f"{RELEASE}metadata: {{namespace: prod}}\nspec:\n  values:\n    {IMAGE}\n", ["prod"]),
        (moved("flux-system", "prod"), ["prod"]),
        (moved("prod", "dev"), []),
        (moved("dev", "${NS}"), ["prod"]),
        (f"{APPLICATION}spec:\n  destination: {{namespace: prod}}\n{SOURCE}", ["prod"]),
        (f"{APPLICATION}spec:\n  destination: {{namespace: dev}}\n{SOURCE}", []),
        (f"{APPLICATION}spec:\n  destination: {{server: a}}\n{SOURCE}", ["prod"]),
        (f"{APPLICATION}spec:\n{SOURCE}", ["prod"]),
        (f"{CHART}spec:\n  targetNamespace: prod\n  valuesContent: |\n    {IMAGE}\n", ["prod"]),
        (f"{CHART}spec:\n  valuesContent: |\n    {IMAGE}\n", []),
    ],
)
def test_the_environment_is_where_the_chart_runs(text: str, environments: list[str]) -> None:
    assert [finding.environment for finding in linted(text)[2]] == environments
