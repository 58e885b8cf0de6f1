"""Istio's ``auto``: filled in where something visible asks for it, and never rewritten."""

from __future__ import annotations

import pytest

from imagelint.engine.linter import Linter
from imagelint.kubernetes.context import Context
from imagelint.kubernetes.injection import namespaces_in
from imagelint.model.builds import Build
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.policies import policy
from tests.support.trees import catalogue

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io}}
environments: {prod: {allow: [h.io]}}
default: prod
"""
UNRESOLVED = "unresolved-reference"
UNAPPROVED = "unapproved-registry"


def workload(metadata: str = "{}", container: str = "istio-proxy", image: str = "auto") -> str:
    """Write a Deployment in the namespace web with one container."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: w, namespace: web}}
spec:
  template:
    metadata: {metadata}
    spec:
      containers: [{{name: {container}, image: {image}}}]
"""


def namespace(labels: str, name: str = "web") -> str:
    return f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {labels}}}\n"


def judged(text: str, repository: str = "", moved: frozenset[str] = frozenset()) -> set[str]:
    """Return the rules that a file breaks; what fix makes of it has no image less or more."""
    linter = Linter(policy(POLICY), RULES, catalogue())
    objects = Source("n.yaml", repository.encode())
    around = Context(builds=(Build(moved),), injecting=lambda: namespaces_in([objects]))
    source = Source("a.yaml", text.encode())
    result = linter.lint(source, "a.yaml", context=around)
    fixed = repaired(linter, source, result).decode()
    is_image = UNAPPROVED in {one.rule for one in result.findings}
    assert (fixed == text) is not is_image, "only what is an image is rewritten"
    return {one.rule for one in result.findings} - {"floating-tag"}


ASKS = [
    "{labels: {sidecar.istio.io/inject: 'true'}}",
    "{annotations: {sidecar.istio.io/inject: 'true'}}",
    "{annotations: {inject.istio.io/templates: gateway}}",
    "{labels: {istio.io/rev: canary}}",
    "{labels: {sidecar.istio.io/inject: 'true'}, annotations: {sidecar.istio.io/inject: 'false'}}",
]
ASKS_NOT = [
    "{labels: {sidecar.istio.io/inject: 'false'}}",
    "{labels: {sidecar.istio.io/inject: 'false', istio.io/rev: canary}}",
    "{labels: {sidecar.istio.io/inject: 'false'}, annotations: {sidecar.istio.io/inject: 'true'}}",
    "{labels: {sidecar.istio.io/inject: true}, annotations: {sidecar.istio.io/inject: 'no'}}",
]
SAYS_NOTHING = ["{}", "{labels: {app: istio}}", "{labels: {istio.io/rev: ''}}"]
ENABLED = ["{istio-injection: enabled}", "{istio.io/rev: canary}"]


@pytest.mark.parametrize("metadata", ASKS)
@pytest.mark.parametrize("container", ["istio-proxy", "istio-init", "istio-validation"])
def test_a_pod_that_asks(metadata: str, container: str) -> None:
    assert judged(workload(metadata, container)) == set()
    in_front = workload(metadata, container).replace("containers:", "initContainers:")
    assert judged(in_front) == set()


@pytest.mark.parametrize(
    ("value", "rule"),
    [("true", UNRESOLVED), ("yes", UNRESOLVED), ("false", None), ("null", None), ("'true'", None)],
)
@pytest.mark.parametrize("metadata", ASKS)
def test_a_pod_on_the_network_of_its_host_asks_in_vain(
    metadata: str, value: str, rule: str | None
) -> None:
    """Istio's webhook leaves it alone, whatever it or its namespace says."""
    expected = {rule} - {None}
    text = workload(metadata).replace("    spec:\n", f"    spec:\n      hostNetwork: {value}\n", 1)
    assert "hostNetwork" in text
    assert judged(text) == expected
    text = workload().replace("    spec:\n", f"    spec:\n      hostNetwork: {value}\n", 1)
    assert judged(text, namespace(ENABLED[0])) == expected


@pytest.mark.parametrize("name", ["kube-system", "kube-public", "kube-node-lease"])
def test_a_namespace_that_istio_passes_over(name: str) -> None:
    text = workload(ASKS[0]).replace("namespace: web", f"namespace: {name}")
    assert judged(text) == {UNRESOLVED}
    assert judged(text, namespace(ENABLED[0], name)) == {UNRESOLVED}
    assert judged(text.replace(name, f"{name}-2")) == set()


@pytest.mark.parametrize("metadata", [*ASKS_NOT, *SAYS_NOTHING])
def test_a_pod_that_does_not_ask(metadata: str) -> None:
    assert judged(workload(metadata)) == {UNRESOLVED}


@pytest.mark.parametrize("labels", ENABLED)
def test_a_namespace_that_asks(labels: str) -> None:
    """Its object stands in the repository, or in the same stream."""
    for metadata in SAYS_NOTHING:
        assert judged(workload(metadata), namespace(labels)) == set()
        assert judged(workload(metadata) + namespace(labels)) == set()
        assert judged(workload(metadata), namespace(labels, "other")) == {UNRESOLVED}
    for metadata in ASKS_NOT:
        assert judged(workload(metadata), namespace(labels)) == {UNRESOLVED}


@pytest.mark.parametrize(
    "labels", ["{istio-injection: disabled}", "{istio-injection: disabled, istio.io/rev: a}"]
)
def test_a_namespace_that_is_opted_out(labels: str) -> None:
    """The webhooks leave it alone, whatever its pods ask for."""
    for metadata in (*ASKS, *SAYS_NOTHING):
        assert judged(workload(metadata), namespace(labels)) == {UNRESOLVED}
    both = namespace(labels) + namespace(ENABLED[0])
    assert judged(workload(), both) == {UNRESOLVED}


@pytest.mark.parametrize(
    "labels", ["{a: b}", "{istio-injection: 'true'}", "{istio.io/rev: ''}", "{istio-injection: ''}"]
)
def test_a_namespace_that_says_nothing(labels: str) -> None:
    assert judged(workload(), namespace(labels)) == {UNRESOLVED}
    assert judged(workload(), namespace(labels).replace("kind: N", "kind: X")) == {UNRESOLVED}


def test_a_kustomization_moves_pods_into_another_namespace() -> None:
    asking = namespace(ENABLED[0], "mesh")
    assert judged(workload(), asking, frozenset({"mesh"})) == set()
    assert judged(workload(), asking, frozenset({"mesh", "other"})) == {UNRESOLVED}
    assert judged(workload(), namespace(ENABLED[0]), frozenset({"other"})) == {UNRESOLVED}


@pytest.mark.parametrize("metadata", [*ASKS, *ASKS_NOT, *SAYS_NOTHING])
@pytest.mark.parametrize("container", ["app", "istio", "istio-proxy-2", "''"])
def test_in_any_other_container_it_is_an_image(metadata: str, container: str) -> None:
    """Of Docker Hub, like every other: Istio fills in none but its own."""
    text = workload(metadata, container)
    assert judged(text, namespace(ENABLED[0])) == {UNAPPROVED}


@pytest.mark.parametrize(("container", "rule"), [("istio-proxy", UNRESOLVED), ("app", UNAPPROVED)])
def test_a_placeholder_in_text_that_no_parser_reads(container: str, rule: str) -> None:
    """As in the chart of Istio's gateways, where nobody knows what asks for what."""
    head = workload().partition("containers: ")[0]
    text = (
        f"{{{{- if x }}}}\n{head}containers:\n      - name: {container}\n        # filled in\n"
        "        image: auto\n        env: [{name: x}]\n{{- end }}\n"
    )
    linter = Linter(policy(POLICY), RULES, catalogue())
    result = linter.lint(Source("a.yaml", text.encode()), "a.yaml")
    assert rule in {one.rule for one in result.findings}
    assert ({UNRESOLVED, UNAPPROVED} - {rule}).isdisjoint(one.rule for one in result.findings)


@pytest.mark.parametrize("image", ["auto:1", "docker.io/auto", "library/auto", "autos"])
def test_any_other_image_is_an_image(image: str) -> None:
    """Istio takes exactly ``auto`` for its own, and lets everything else override it."""
    assert judged(workload(ASKS[0], image=image)) == {UNAPPROVED}


def test_a_volume_of_that_name_is_none() -> None:
    text = workload("{}", "a", "h.io/a:1").rstrip() + (
        "\n      volumes: [{name: istio-proxy, image: {reference: auto}}]\n"
    )
    assert judged(text) == {UNAPPROVED}


def test_an_image_that_a_placeholder_shares_is_not_rewritten() -> None:
    """An anchor has one value for both."""
    text = workload(ASKS[0], image="&auto auto").replace(
        "auto}]", "auto}, {name: app, image: *auto}]"
    )
    linter = Linter(policy(POLICY), RULES, catalogue())
    source = Source("a.yaml", text.encode())
    result = linter.lint(source, "a.yaml")
    assert UNAPPROVED in {one.rule for one in result.findings}
    assert repaired(linter, source, result) == source.data
