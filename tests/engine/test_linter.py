"""Tables for the engine: environments, findings, what cannot be fixed, anchors, charts, proofs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import conclude
from imagelint.model.finding import Finding, Fix, KubeObject, Severity
from imagelint.model.source import Edit, Source, Span
from imagelint.policy.policy import parse_policy
from imagelint.repair.fixer import FixError
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

H = "harbor.myco.com/"
POLICY = """\
version: 1
harbor:
  host: harbor.myco.com
  projects: {docker.io: docker.io, gcr.io: gcr.io}
environments:
  dev: {match: {namespaces: [dev], paths: ["**/dev/**"]}, allow: ["*"]}
  staging:
    match: {namespaces: [staging], labels: {stage: staging}}
    allow: [harbor.myco.com, gcr.io]
  prod:
    match: {namespaces: [prod], paths: ["**/prod/**"]}
    allow: [harbor.myco.com]
    rules: {floating-tag: error}
  vault: {match: {namespaces: [vault]}, allow: [harbor.myco.com/gcr.io/**]}
default: prod
rules: {missing-digest: off}
"""


@cache
def linter(environment: str | None = None) -> Linter:
    """Return a linter by the policy above."""
    policy = parse_policy(Source("imagelint.yaml", POLICY.encode()), RULES)
    return Linter(policy, RULES, catalogue(), environment=environment)


def lint(
    text: str, path: str = "a.yaml", *, chart: str | None = None, env: str | None = None
) -> FileResult:
    """Judge a text."""
    return linter(env).lint(Source(path, text.encode()), path, chart=chart)


def pod(*images: str, metadata: str = "{name: web}") -> str:
    """Write a Pod with a container for each image, as written."""
    head = f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\nspec:\n  containers:\n"
    return head + "".join(
        f"  - name: c{index}\n    image: {image}\n" for index, image in enumerate(images)
    )


def told(result: FileResult) -> list[tuple[str, str, str | None]]:
    """Return rule, severity and environment of each finding."""
    return [(item.rule, item.severity.value, item.environment) for item in result.findings]


UNAPPROVED = "unapproved-registry"


class TestEnvironments:
    """Every environment that fits must be satisfied; the finding names the one it breaks."""

    @pytest.mark.parametrize(
        ("name", "environments"), [("dev", []), ("prod", ["prod"]), ("other", ["prod"])]
    )
    def test_a_namespace_is_in_itself(self, name: str, environments: list[str]) -> None:
        """What its annotations name is run there."""
        image = "config.linkerd.io/debug-image: quay.io/a/b"
        version = "config.linkerd.io/debug-image-version: v1"
        metadata = f"{{name: {name}, annotations: {{{image}, {version}}}}}"
        found = lint(f"apiVersion: v1\nkind: Namespace\nmetadata: {metadata}\n")
        assert [one.environment for one in found.findings] == environments

    @pytest.mark.parametrize(
        ("metadata", "path", "environments"),
        [
            ("{name: web}", "a.yaml", ("prod",)),
            ("{name: web}", "x/prod/a.yaml", ("prod",)),
            ("{name: web}", "x/dev/a.yaml", ("dev",)),
            ("{namespace: dev}", "a.yaml", ("dev",)),
            ("{namespace: dev}", "x/prod/a.yaml", ("dev", "prod")),
            ("{namespace: staging}", "a.yaml", ("staging",)),
            ("{labels: {stage: staging}}", "a.yaml", ("staging",)),
            ("{namespace: dev, labels: {stage: staging}}", "a.yaml", ("dev", "staging")),
            ("{namespace: other}", "a.yaml", ("prod",)),
        ],
    )
    def test_which_apply(self, metadata: str, path: str, environments: tuple[str, ...]) -> None:
        (record,) = lint(pod("nginx:1", metadata=metadata), path).images
        assert record.environments == environments

    @pytest.mark.parametrize(
        ("metadata", "image", "expected"),
        [
            ("{namespace: dev}", "quay.io/a:1", []),
            ("{namespace: staging}", "gcr.io/a:1", []),
            ("{namespace: staging}", "quay.io/a:1", [(UNAPPROVED, "error", "staging")]),
            ("{namespace: prod}", "gcr.io/a:1", [(UNAPPROVED, "error", "prod")]),
            ("{namespace: prod}", f"{H}a:1", []),
            ("{namespace: prod}", f"{H}a", [("floating-tag", "error", "prod")]),
            ("{namespace: staging}", f"{H}a", [("floating-tag", "warning", "staging")]),
            (
                "{namespace: dev, labels: {stage: staging}}",
                "quay.io/a:1",
                [(UNAPPROVED, "error", "staging")],
            ),
        ],
    )
    def test_what_they_say(
        self, metadata: str, image: str, expected: list[tuple[str, str, str]]
    ) -> None:
        assert told(lint(pod(image, metadata=metadata))) == expected

    def test_one_finding_a_rule_the_worst_of_all_environments(self) -> None:
        """In dev and prod at once: dev's warning gives way to prod's error."""
        result = lint(pod(f"{H}a", metadata="{namespace: dev}"), "prod/a.yaml")
        assert told(result) == [("floating-tag", "error", "prod")]

    def test_a_rewrite_must_please_them_all(self) -> None:
        """Prod's Harbor project for Docker Hub is not allowed in the vault."""
        result = lint(pod("nginx:1", metadata="{namespace: vault}"), "prod/a.yaml")
        (finding,) = result.findings
        assert finding.environment == "prod"
        assert finding.fix is None
        assert finding.unfixable is not None
        assert f"{H}docker.io/nginx:1 is not allowed in vault" in finding.unfixable
        (finding,) = lint(pod("gcr.io/a:1", metadata="{namespace: vault}"), "prod/a.yaml").findings
        assert finding.fix is not None
        assert finding.fix.image == f"{H}gcr.io/a:1"

    def test_the_items_of_a_list_have_their_own(self) -> None:
        items = ", ".join(
            f"{{apiVersion: v1, kind: Pod, metadata: {{namespace: {name}}}, "
            f"spec: {{containers: [{{image: 'gcr.io/a:1'}}]}}}}"
            for name in ("dev", "staging", "prod")
        )
        text = f"{{apiVersion: v1, kind: List, metadata: {{namespace: dev}}, items: [{items}]}}"
        (finding,) = lint(text).findings
        assert finding.field == "items[2].spec.containers[0].image"

    def test_env_overrides(self) -> None:
        text = pod("gcr.io/a:1", metadata="{namespace: prod}")
        assert told(lint(text, "prod/a.yaml", env="staging")) == []
        assert told(lint(text, "dev/a.yaml", env="prod")) == [(UNAPPROVED, "error", "prod")]


def test_the_fields_of_a_finding() -> None:
    text = "# é\n" + pod("nginx:1", metadata="{name: web, namespace: prod, labels: {a: b}}")
    result = lint(text, "x/a.yaml")
    (finding,) = result.findings
    start = text.encode().index(b"nginx:1")
    assert finding == Finding(
        rule=UNAPPROVED,
        severity=Severity.ERROR,
        message=finding.message,
        path="x/a.yaml",
        span=Span(start, start + 7),
        environment="prod",
        object=KubeObject("v1", "Pod", "web", "prod", {"a": "b"}),
        field="spec.containers[0].image",
        container="c0",
        image="nginx:1",
        fix=Fix(f"{H}docker.io/nginx:1", (Edit(Span(start, start), f"{H}docker.io/"),)),
    )
    (record,) = result.images
    assert (record.image, record.allowed, record.rewrite) == ("nginx:1", False, finding.fix.image)  # type: ignore[union-attr]
    assert record.role == "container"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("''", [("invalid-reference", "error")]),
        ("' nginx:1'", [("invalid-reference", "error")]),
        ("Nginx:1", [("invalid-reference", "error")]),
        ("1.25", [("wrong-type", "error")]),
        ("~", [("wrong-type", "error")]),
        ("{a: b}", [("wrong-type", "error")]),
        ("[a]", [("wrong-type", "error")]),
        ("$(IMAGE)", [("unresolved-reference", "error")]),
        ("'{{ .Values.image }}'", [("unresolved-reference", "error")]),
        ("ko://a/b", [("unresolved-reference", "error")]),
        (f"{H}a:1", []),
        (f"{H}a:latest", [("floating-tag", "error")]),
    ],
)
def test_values_that_are_not_judged_are_reported(
    written: str, expected: list[tuple[str, str]]
) -> None:
    """Law 7."""
    assert [item[:2] for item in told(lint(pod(written)))] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("x: *y\n" + pod("nginx:1"), "kubectl cannot", id="a document that is refused"),
        pytest.param(pod("!!binary bmdpbng6MQ=="), "base64", id="base64"),
        pytest.param(
            pod("&x nginx:1") + "  nodeName: *x\n",
            "something other than an image",
            id="an anchor, a name",
        ),
        pytest.param(
            "x: &c {image: 'nginx:1'}\n" + pod("z").replace("image: z", "<<: *c"),
            "something other than an image",
            id="a merge",
        ),
        pytest.param(
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n"
            "images: [{newName: &x nginx}, {newName: *x, digest: v}]\n",
            "other uses of its anchor need another image",
            id="parts that want another",
        ),
    ],
)
def test_what_cannot_be_fixed_says_why(text: str, reason: str) -> None:
    findings = [item for item in lint(text).findings if item.rule == UNAPPROVED]
    assert findings
    for finding in findings:
        assert finding.fix is None
        assert finding.unfixable is not None
        assert reason in finding.unfixable


def test_ill_formed_files_are_linted_and_left_alone() -> None:
    data = pod("nginx:1").encode() + b"---\napiVersion: v1\nkind: Pod\nx: \xff image\n"
    source = Source("a.yaml", data)
    result = linter().lint(source, "a.yaml")
    assert [item.rule for item in result.findings] == [UNAPPROVED, "unparsable-document"]
    assert result.findings[0].unfixable == "the file is not valid text in its encoding"
    assert repaired(linter(), source, result) == data


@pytest.mark.parametrize(
    ("images", "fixed"),
    [
        (("&x nginx:1", "*x"), (f"&x {H}docker.io/nginx:1", "*x")),
        (("&x 'gcr.io/a'", "*x", "nginx"), (f"&x '{H}gcr.io/a'", "*x", f"{H}docker.io/nginx")),
        ((f"&x {H}a:1", "*x"), (f"&x {H}a:1", "*x")),
        (
            ('"\\x6eginx"', "!!str nginx"),
            (f'"{H}docker.io/\\x6eginx"', f"!!str {H}docker.io/nginx"),
        ),
    ],
)
def test_fix(images: tuple[str, ...], fixed: tuple[str, ...]) -> None:
    """An alias is edited at its anchor, once."""
    result = lint(pod(*images))
    assert repaired(linter(), result.source, result).decode() == pod(*fixed)


def test_an_anchor_is_edited_where_all_uses_agree() -> None:
    """The namespaces differ, so one use may stay as it is: the anchor is left alone."""
    item = "{{apiVersion: v1, kind: Pod, metadata: {{namespace: {}}}, "
    item += "spec: {{containers: [{{image: {}}}]}}}}"
    text = "apiVersion: v1\nkind: List\nitems:\n"
    agreed = text + f"- {item.format('prod', '&x nginx')}\n- {item.format('prod', '*x')}\n"
    assert [bool(one.fix) for one in lint(agreed).findings if one.rule == UNAPPROVED] == [True] * 2
    mixed = text + f"- {item.format('prod', '&x nginx')}\n- {item.format('dev', '*x')}\n"
    (finding,) = [one for one in lint(mixed).findings if one.rule == UNAPPROVED]
    assert finding.unfixable == "other uses of its anchor need another image"


def test_a_fix_that_does_something_else_is_refused() -> None:
    """The proof of ``repair/proof.py``, by results that were tampered with."""
    text = pod("nginx:1", f"{H}a:1")
    result = lint(text)
    (finding,) = result.findings
    assert finding.fix is not None
    for span, new in [
        (Span(0, 0), "x: y\n"),
        (Span(finding.span.end, finding.span.end), "\n---\na: b"),
        (Span(finding.span.start, finding.span.start), "["),
        (finding.span, "gcr.io/other:1"),
        (Span(len(text) - 2, len(text) - 1), "2"),
        (finding.span, "&x nginx:1"),
        (finding.span, f"'{H}docker.io/nginx:1'"),
    ]:
        wrong = finding._replace(fix=Fix(finding.fix.image, (Edit(span, new),)))
        with pytest.raises(FixError, match="nothing was written"):
            repaired(linter(), result.source, result._replace(findings=(wrong,)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: [\n", [], id="no manifest"),
        pytest.param("kind: Pod\nimage: x\na: [\n", ["unparsable-document"], id="broken"),
        pytest.param(pod(f"{H}a:1") + "...\nimage: x\n", ["dropped-content"], id="dropped"),
        pytest.param(
            "{{- if x }}\nkind: Pod\nimage: 'a'\n", ["unrendered-template"], id="a template"
        ),
        pytest.param(
            "{{ if x }}\nkind: Pod\nimage: 'a'\n", ["unrendered-template"], id="untrimmed"
        ),
        pytest.param("--- x\nkind: Pod\nimage: y\n", ["unparsable-document"], id="a separator"),
    ],
)
def test_documents(text: str, expected: list[str]) -> None:
    about = ("unparsable-document", "dropped-content", "unrendered-template")
    assert [item.rule for item in lint(text).findings if item.rule in about] == expected


def test_neighbours_of_a_broken_document_are_linted_and_fixed() -> None:
    """An unparsable document does not silence those before and after it."""
    text = "---\n".join([pod("nginx:1"), "kind: Pod\nx: [\nimage: a:1\n", pod("gcr.io/a:1")])
    result = lint(text)
    assert sorted(item.rule for item in result.findings) == [
        *[UNAPPROVED] * 3,
        "unparsable-document",
    ]
    fixed = repaired(linter(), result.source, result).decode()
    assert fixed == text.replace("nginx:1", f"{H}docker.io/nginx:1").replace(
        "gcr.io/a:1", f"{H}gcr.io/a:1"
    )


class TestCharts:
    """A chart's templates are named once, and what stands plainly in them is judged."""

    TEMPLATE = "{{- if x }}\n" + pod("{{ .Values.image }}", "nginx:1") + "{{- end }}\n"

    def test_a_template(self) -> None:
        result = lint(self.TEMPLATE, "c/templates/a.yaml", chart="c")
        found = [(item.rule, item.severity.value) for item in result.findings]
        assert ("unrendered-template", "note") in found
        assert ("unresolved-reference", "note") in found
        assert (UNAPPROVED, "error") in found
        assert not any(rule == "unparsable-document" for rule, _ in found)
        assert all(item.fix is None for item in result.findings)

    @pytest.mark.parametrize(
        ("written", "is_readable"),
        [
            ("# {{\n", True),
            ("# {{ x }}\n", True),
            ('a: "{{ x }}"\n', True),
            ("a: b-{{ x }}\n", True),
            ("a: |\n  {{ x }}\n", True),
            ("{{- if x }}\n", False),
            ("{{- if x\n}}\n", False),
            ("{{ x }}: {{ y }}\n", False),
            ('a: "{{ "b" }}"\n', False),
        ],
    )
    def test_what_is_broken_for_no_action(self, written: str, is_readable: bool) -> None:
        """What kubectl may read as it stands is no template for the braces in its strings."""
        text = written + pod("nginx:1") + "x: [a\n"
        found = [one.rule for one in lint(text, "c/templates/a.yaml", chart="c").findings]
        assert ("unparsable-document" in found) is is_readable
        assert "unrendered-template" in found

    @pytest.mark.parametrize(
        ("before", "item", "behind"),
        [
            ("# {{\n", "a", ""),
            ("# {{\n", "a", "# }}\n"),
            ("a: |\n  {{\n", "a", "b: |\n  }}\n"),
            ("a: '{{'\n", "a", "b: '}}'\n"),
            ("", '"{{"', ""),
            ("", '"{{"', "# }}\n"),
            ("", '"{{"', '# "}}'),
            ("", "'{{', '}}'", ""),
            ("", "# {{\n a", "# }}\n"),
        ],
    )
    def test_what_kubectl_reads_is_no_template(self, before: str, item: str, behind: str) -> None:
        """It reads those colons, of which libyaml is believed after several."""
        colons = ", ".join(f'x":z{number}' for number in range(12))
        more = colons.replace("x", "y")
        text = f"{before}{pod('h.io/a:1')}a: [{colons}, {item}, {more}]\n{behind}"
        found = [one.rule for one in lint(text, "c/templates/a.yaml", chart="c").findings]
        assert "unparsable-document" in found
        action = text.replace("a: [", "{{- $x := 1 }}\na: [", 1)
        found = [one.rule for one in lint(action, "c/templates/a.yaml", chart="c").findings]
        assert "unparsable-document" not in found, "kubectl refuses the action as it stands"

    def test_a_plain_file_of_a_chart(self) -> None:
        result = lint(pod("nginx:1"), "c/templates/a.yaml", chart="c")
        assert told(result) == [(UNAPPROVED, "error", "prod")]
        assert result.findings[0].fix is not None

    def test_templates_elsewhere_are_errors(self) -> None:
        found = told(lint(self.TEMPLATE))
        assert ("unrendered-template", "error", "prod") in found

    def test_conclude_names_each_chart_once(self) -> None:
        results = conclude(
            lint(self.TEMPLATE, f"{chart}/templates/{name}.yaml", chart=chart)
            for chart in ("a", "b")
            for name in ("x", "y", "z")
        )
        notes = [
            (item.path, item.message)
            for result in results
            for item in result.findings
            if item.rule == "unrendered-template"
        ]
        assert [path for path, _ in notes] == ["a/templates/x.yaml", "b/templates/x.yaml"]
        for _, message in notes:
            assert "helm template" in message
            assert "this template and 2 more" in message
        assert all(len(result.images) == 2 for result in results)

    def test_conclude_leaves_the_rest_alone(self) -> None:
        results = (lint(pod("nginx:1")), lint(self.TEMPLATE))
        assert conclude(results) == results


def test_counts() -> None:
    text = pod("nginx:1") + "---\napiVersion: v1\nkind: ConfigMap\ndata: {image: x}\n---\na: b\n"
    result = lint(text)
    assert (result.documents, result.proven_free, len(result.images)) == (1, 2, 1)


def test_images_of_a_kustomization() -> None:
    text = "images:\n- {name: nginx, newName: gcr.io/a}\n- {name: 'b/c', newTag: v1}\n"
    result = lint(text, "x/kustomization.yaml")
    (finding,) = [item for item in result.findings if item.rule == UNAPPROVED]
    assert finding.field == "images[0].newName"
    fixed = repaired(linter(), result.source, result).decode()
    assert fixed == text.replace("gcr.io/a", f"{H}gcr.io/a")


def test_found_by_shape_is_said() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nspec: {containers: [{image: 'nginx:1'}]}\n"
    (finding,) = lint(text).findings
    assert finding.message.endswith("(found by shape)")


@pytest.mark.parametrize(
    ("image", "marks", "count"),
    [("auto", "'true'", 0), ("auto", "'false'", 1), ("nginx:1", "'true'", 1)],
)
def test_placeholders_of_platforms_are_not_judged(image: str, marks: str, count: int) -> None:
    metadata = f"{{labels: {{sidecar.istio.io/inject: {marks}}}}}"
    result = lint(pod(image, metadata=metadata).replace("name: c0", "name: istio-proxy"))
    assert len(result.findings) == count
    assert len(result.images) == 1
