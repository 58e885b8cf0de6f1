"""Manifests that pretend to be for another place than the one they are for."""

from __future__ import annotations

import pytest

from tests.bypass.cases import EVIL, GOOD, UNAPPROVED, Bypass, lint, pod

POD = "{apiVersion: v1, kind: Pod, metadata: {%s}, spec: {containers: [{image: %s}]}}"


def merged(first: str, second: str) -> str:
    """Write a Pod whose namespace the readers disagree on."""
    metadata = f"name: web, namespace: {first}, <<: {{namespace: {second}}}"
    return pod(EVIL, metadata=metadata)


CASES = [
    Bypass("dev's namespace in prod's folder", pod(EVIL, metadata="name: web, namespace: dev"),
           pod(metadata="name: web, namespace: dev"), (UNAPPROVED,),
           "an image must satisfy every environment that fits", "prod/app.yaml"),
    Bypass("dev's label in prod's folder", pod(EVIL, metadata="name: web, labels: {stage: dev}"),
           pod(metadata="name: web, labels: {stage: dev}"), (UNAPPROVED,), "", "prod/app.yaml"),
    Bypass("dev's label in prod's namespace",
           pod(EVIL, metadata="name: web, namespace: prod, labels: {stage: dev}"),
           pod(EVIL, metadata="name: web, namespace: dev, labels: {stage: dev}"), (UNAPPROVED,),
           ""),
    Bypass("prod's namespace in dev's folder", pod(EVIL, metadata="name: web, namespace: prod"),
           pod(EVIL, metadata="name: web, namespace: dev"), (UNAPPROVED,), "", "dev/app.yaml"),
    Bypass("a namespace that begins alike", pod(EVIL, metadata="name: web, namespace: develop"),
           pod(EVIL, metadata="name: web, namespace: dev-elop"), (UNAPPROVED,), ""),
    Bypass("a namespace in another case", pod(EVIL, metadata="name: web, namespace: DEV"),
           pod(EVIL, metadata="name: web, namespace: dev"), (UNAPPROVED,), ""),
    Bypass("a namespace with white space", pod(EVIL, metadata='name: web, namespace: "dev "'),
           pod(EVIL, metadata='name: web, namespace: "dev"'), (UNAPPROVED,), ""),
    Bypass("a namespace with a line feed", pod(EVIL, metadata='name: web, namespace: "dev\\n"'),
           pod(EVIL, metadata='name: web, namespace: "dev"'), (UNAPPROVED,), "$ in a regex"),
    Bypass("a namespace with a second line",
           pod(EVIL, metadata='name: web, namespace: "prod\\ndev-a"'),
           pod(EVIL, metadata='name: web, namespace: "dev-\\nprod"'), (UNAPPROVED,),
           "^ in a regex; what the wildcard takes is dev's"),
    Bypass("an annotation", pod(EVIL, metadata="name: web, annotations: {namespace: dev}"),
           pod(EVIL, metadata="name: web, namespace: dev"), (UNAPPROVED,), ""),
    Bypass("a namespace in the spec", pod(EVIL, extra="  namespace: dev\n"),
           pod(EVIL, metadata="name: web, namespace: dev"), (UNAPPROVED,), ""),
    Bypass("a namespace beside the metadata", pod(EVIL) + "namespace: dev\n",
           pod(EVIL, metadata="name: web, namespace: dev"), (UNAPPROVED,), ""),
    Bypass("a name", pod(EVIL, metadata="generateName: dev-, name: dev"),
           pod(EVIL, metadata="generateName: prod-, namespace: dev"), (UNAPPROVED,), ""),
    Bypass("the template's labels", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
           "spec:\n  template:\n    metadata: {namespace: dev, labels: {stage: dev}}\n    spec:"
           f" {{containers: [{{image: {EVIL}}}]}}\n", "apiVersion: apps/v1\nkind: Deployment\n"
           "metadata: {name: web, namespace: dev}\nspec:\n  template:\n    spec:"
           f" {{containers: [{{image: {EVIL}}}]}}\n", (UNAPPROVED,), "the object's own count"),
    Bypass("the list's namespace", "apiVersion: v1\nkind: List\nmetadata: {namespace: dev}\n"
           f"items:\n- {POD % ('name: web', EVIL)}\n", "apiVersion: v1\nkind: List\nitems:\n"
           f"- {POD % ('name: web, namespace: dev', EVIL)}\n", (UNAPPROVED,), "the item's own"),
    Bypass("the neighbour's namespace", pod(metadata="name: a, namespace: dev") + "---\n"
           + pod(EVIL), pod(EVIL, metadata="name: a, namespace: dev") + "---\n" + pod(),
           (UNAPPROVED,), ""),
    Bypass("a namespace twice", pod(EVIL, metadata="namespace: dev, namespace: prod"),
           pod(EVIL, metadata="namespace: dev, namespace: dev"), (UNAPPROVED,),
           "kubectl takes the last, kustomize refuses the file: neither is believed alone"),
    Bypass("a namespace by a merge behind it", merged("prod", "dev"), merged("dev-a", "dev-b"),
           (UNAPPROVED,), "kubectl lets the merge win, kustomize the key"),
    Bypass("a namespace by a merge behind it, the other", merged("dev", "prod"),
           merged("dev", "dev"), (UNAPPROVED,), "the same"),
    Bypass("dev further down", pod(EVIL), pod(GOOD), (UNAPPROVED,), "dev/** begins at the policy",
           "prod/dev/app.yaml"),
    Bypass("dev in the name", pod(EVIL), pod(GOOD), (UNAPPROVED,), "globs are for whole names",
           "dev-prod/app.yaml"),
    Bypass("dev with a trick", pod(EVIL), pod(GOOD), (UNAPPROVED,), "a name with a line feed",
           "prod/\ndev/app.yaml"),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_environment(case: Bypass) -> None:
    attacked, harmless = lint(case.attack, case.path), lint(case.twin, case.path)
    assert tuple(sorted({finding.rule for finding in attacked.findings})) == case.rules, case.why
    assert {finding.environment for finding in attacked.findings} == {"prod"}, case.why
    assert harmless.findings == (), case.why
