"""missing-pull-secret: pods, their service accounts, and what only the whole run can tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import conclude
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from tests.support.policies import policy
from tests.support.project import CLEAN, Project, rules_in
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: hub}}
environments:
  prod: {match: {paths: ["**"]}, allow: ["*"]}
  open: {allow: ["*"]}
default: prod
rules: {missing-pull-secret: {severity: error, public: [h.io/library/**]}}
"""
NAMED = "imagePullSecrets: [{name: a}]"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{image: h.io/a}]\n"
ACCOUNT = f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default}}\n{NAMED}\n"


def lint(text: str, name: str = "a.yaml", rules: str = POLICY) -> FileResult:
    linter = Linter(policy(rules), RULES, catalogue())
    return linter.lint(Source(name, text.encode()), name)


def found(*texts: str) -> int:
    """Count the findings of a run over files."""
    results = conclude(lint(text, f"{number}.yaml") for number, text in enumerate(texts))
    every = [finding for result in results for finding in result.findings]
    return sum(finding.rule == "missing-pull-secret" for finding in every)


IN_APPS = ACCOUNT.replace("name: default", "name: default, namespace: apps")
POD_IN_APPS = POD.replace("name: p", "name: p, namespace: apps")
AS_BOT = f"{POD}  serviceAccountName: bot\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: apps}
spec:
  template:
    spec:
      initContainers: [{image: h.io/a}, {image: quay.io/a}]
      containers: [{image: h.io/b}]
      volumes: [{image: {reference: h.io/c}}, {name: d}]
"""
AS_JSON = json.dumps(
    {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "h.io/a"}]}}
)
WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec: {templates: [{container: {image: h.io/a}}]}
"""
ALIASED = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  spec: {imagePullSecrets: [{name: a}], containers: &c [{image: h.io/a}]}
- {apiVersion: v1, kind: Pod, spec: {containers: *c}}
"""


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        ([POD], 1),
        ([POD.replace("h.io/a", "h.io/library/a")], 0),
        ([POD.replace("h.io/a", "quay.io/a")], 0),
        ([POD.replace("h.io/a", "h.io.evil.io/a")], 0),
        ([f"{POD}  {NAMED}\n"], 0),
        ([f"{POD}  imagePullSecrets: []\n"], 1),
        ([f"{POD}  imagePullSecrets: [{{name: ''}}]\n"], 1),
        ([f"{POD}  imagePullSecrets: null\n"], 1),
        ([POD, ACCOUNT], 0),
        ([ACCOUNT, POD], 0),
        ([f"{POD}---\n{ACCOUNT}"], 0),
        ([POD, ACCOUNT.replace(NAMED, "secrets: [{name: a}]")], 1),
        ([POD, ACCOUNT.replace("v1", "v2")], 1),
        ([POD, ACCOUNT.replace("ServiceAccount", "ServiceAccounts")], 1),
        ([POD, IN_APPS], 0),
        ([POD_IN_APPS, ACCOUNT], 0),
        ([POD_IN_APPS, IN_APPS], 0),
        ([POD_IN_APPS, IN_APPS.replace("apps", "other")], 1),
        ([AS_BOT, ACCOUNT], 1),
        ([AS_BOT, ACCOUNT.replace("default", "bot")], 0),
        ([AS_BOT.replace("serviceAccountName", "serviceAccount"), ACCOUNT], 1),
        ([DEPLOYMENT], 3),
        ([DEPLOYMENT.replace("      volumes", f"      {NAMED}\n      volumes")], 0),
        ([DEPLOYMENT, IN_APPS], 0),
        ([WORKFLOW], 0),
        ([ALIASED], 2),
        ([AS_JSON], 1),
    ],
)
def test_found(texts: list[str], count: int) -> None:
    assert found(*texts) == count


@pytest.mark.parametrize(
    ("image", "count"),
    [
        ("dhi.io/python:3.13", 1),
        ("registry.redhat.io/ubi9/ubi:9", 1),
        ("registry.connect.redhat.com/team/app:1", 1),
        ("cp.icr.io/cp/app:1", 1),
        ("dhi.io.example.com/python:3.13", 0),
        ("docker.io/dhi.io/python:3.13", 0),
        ("registry.access.redhat.com/ubi9/ubi:9", 0),
        ("icr.io/cpopen/app:1", 0),
        ("quay.io/redhat/app:1", 0),
    ],
)
def test_registries_that_want_a_login(image: str, count: int) -> None:
    """Whatever the policy says of Harbors; the pod's secret or its account's will do."""
    pod = POD.replace("h.io/a", image)
    assert found(pod) == count
    assert found(f"{pod}  {NAMED}\n") == found(pod, ACCOUNT) == 0


def test_a_policy_says_who_wants_a_login() -> None:
    """Its list replaces imagelint's, and what is public is left out."""
    own = POLICY.replace("public: [h.io", "login: [p.io], public: [p.io/open, h.io")
    for image, count in {"p.io/a": 1, "p.io/open": 0, "dhi.io/a": 0}.items():
        (done,) = conclude([lint(POD.replace("h.io/a", image), rules=own)])
        said = [one.message for one in done.findings if one.rule == "missing-pull-secret"]
        assert len(said) == count, image
        assert not said or "needs a pull secret, as p.io requires a login" in said[0]


def test_nobody_asks_where_it_is_off() -> None:
    """No fact is collected, though there are some to be had."""
    off = POLICY.partition("rules:")[0]
    assert not any(lint(f"{POD}---\n{ACCOUNT}", rules=off).facts)
    assert any(lint(POD).facts)


def test_one_environment_is_enough_to_ask() -> None:
    text = POLICY.partition("rules:")[0].replace(
        'allow: ["*"]}\n  open', 'allow: ["*"], rules: {missing-pull-secret: note}}\n  open'
    )
    assert [one.severity.value for one in lint(POD, rules=text).findings if "pull" in one.rule] == [
        "note"
    ]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_service_account_of_another_file(project: Project, jobs: str) -> None:
    project.write("imagelint.yaml", POLICY + "exclude: []\n")
    project.write("a.yaml", POD.replace("h.io/a", "h.io/a:1"))
    assert rules_in(project.run("check", "-j", jobs, "--format", "json").stdout) == [
        "missing-pull-secret"
    ]
    project.write("b.yaml", ACCOUNT)
    done = project.run("check", "-j", jobs)
    assert done.exit_code == CLEAN
    assert "h.io" not in done.stdout
