"""Placeholders whose values are in the same object: what is judged, where, and what is edited."""

from __future__ import annotations

from functools import cache
from textwrap import dedent

import pytest

from imagelint.engine.linter import Linter
from imagelint.model.finding import Severity
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.trees import catalogue

H = "harbor.myco.com"
POLICY = f"""\
version: 1
harbor:
  host: {H}
  projects: {{docker.io: docker.io, gcr.io: gcr.io, ghcr.io: ghcr.io, quay.io: quay.io}}
environments: {{prod: {{allow: [{H}]}}}}
default: prod
rules: {{floating-tag: off}}
"""
UNAPPROVED, UNRESOLVED = "unapproved-registry", "unresolved-reference"


@cache
def linter() -> Linter:
    """Return a linter by the policy above."""
    policy = parse_policy(Source("imagelint.yaml", POLICY.encode()), RULES)
    return Linter(policy, RULES, catalogue())


def source(text: str) -> Source:
    """Return a manifest."""
    return Source("a.yaml", dedent(text).encode())


def judged(text: str) -> list[tuple[str | None, str | None]]:
    """Return the field and the image of each unapproved image."""
    result = linter().lint(source(text), "a.yaml")
    return [(one.field, one.image) for one in result.findings if one.rule == UNAPPROVED]


def notes(text: str) -> list[str | None]:
    """Return the images of which not all values are known."""
    result = linter().lint(source(text), "a.yaml")
    found = [one for one in result.findings if one.rule == UNRESOLVED]
    return [one.image for one in found if one.severity is Severity.NOTE]


def errors(text: str) -> list[str | None]:
    """Return the images that cannot be checked."""
    result = linter().lint(source(text), "a.yaml")
    found = [one for one in result.findings if one.rule == UNRESOLVED]
    return [one.image for one in found if one.severity is Severity.ERROR]


def fixed(text: str) -> str:
    """Return a manifest after its fix; what is left is not fixable, and nothing is added."""
    before = source(text)
    result = linter().lint(before, "a.yaml")
    data = repaired(linter(), before, result)
    after = linter().lint(Source("a.yaml", data), "a.yaml")
    assert repaired(linter(), after.source, after) == data
    assert len(after.findings) <= len(result.findings)
    return data.decode()


def task(params: str, *images: str, more: str = "") -> str:
    """Write a Task with a step for each image."""
    steps = "".join(f"\n  - image: {image}" for image in images)
    head = "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  params:\n"
    listed = "".join(f"  - {{{one}}}\n" for one in params.split("; ") if one)
    return f"{head}{listed}  steps:{steps}{more}\n"


class TestTekton:
    """``params`` of tasks, step actions, pipelines and their runs."""

    @pytest.mark.parametrize(
        "reference",
        [
            "$(params.image)",
            '"$(params.image)"',
            "$(params['image'])",
            "'$(params[\"image\"])'",
            "$(inputs.params.image)",
        ],
    )
    def test_a_default(self, reference: str) -> None:
        """It is judged where it is written; a run may pass another."""
        text = task("name: image, default: 'ghcr.io/a:1'", reference)
        assert judged(text) == [("spec.params[0].default", "ghcr.io/a:1")]
        assert len(notes(text)) == 1
        assert errors(text) == []
        assert fixed(text) == text.replace("ghcr.io/a:1", f"{H}/ghcr.io/a:1")

    @pytest.mark.parametrize(
        ("params", "image"),
        [
            ("name: image", "$(params.image)"),
            ("name: other, default: a", "$(params.image)"),
            ("name: image, default: ''", "$(params.image)"),
            ("name: image, default: ~", "$(params.image)"),
            ("name: image, default: [a]", "$(params.image)"),
            ("name: image, type: array, default: [a]", "'$(params.image[0])'"),
            ("name: tag, default: a", "$(params.image):$(params.tag)"),
            ("name: image, default: a", "$(tasks.a.results.image)"),
            ("name: image, default: a", "${image}"),
        ],
    )
    def test_no_value(self, params: str, image: str) -> None:
        """It stays an error."""
        text = task(params, image)
        assert errors(text) == [image.strip("'")]
        assert judged(text) == []
        assert notes(text) == []

    def test_a_default_that_is_allowed(self) -> None:
        """Only the note remains."""
        text = task(f"name: image, default: '{H}/ghcr.io/a:1'", "$(params.image)")
        assert not judged(text)
        assert not errors(text)
        assert notes(text) == ["$(params.image)"]

    def test_a_key_of_an_object(self) -> None:
        text = task("name: a, type: object, default: {b: 'ghcr.io/a:1'}", "$(params.a.b)")
        assert judged(text) == [("spec.params[0].default.b", "ghcr.io/a:1")]

    def test_several_parameters(self) -> None:
        """The one with the registry is edited if all of its uses move alike."""
        text = task(
            "name: host, default: ghcr.io; name: tag, default: '1'",
            "$(params.host)/a:$(params.tag)",
            "$(params.host)/b@sha256:" + "0" * 64,
        )
        assert [image for _, image in judged(text)] == [
            "ghcr.io/a:1",
            "ghcr.io/b@sha256:" + "0" * 64,
        ]
        assert fixed(text) == text.replace("default: ghcr.io", f"default: {H}/ghcr.io")

    def test_an_image_and_a_tag(self) -> None:
        text = task("name: i, default: nginx; name: t, default: '1'", "$(params.i):$(params.t)")
        assert judged(text) == [("spec.params[0].default", "nginx:1")]
        assert fixed(text) == text.replace("default: nginx", f"default: {H}/docker.io/nginx")

    def test_a_literal_registry(self) -> None:
        """The image itself is edited."""
        text = task("name: t, default: '1'", "ghcr.io/a:$(params.t)")
        assert judged(text) == [("spec.steps[0].image", "ghcr.io/a:1")]
        assert fixed(text) == text.replace("ghcr.io", f"{H}/ghcr.io")

    @pytest.mark.parametrize(
        ("params", "images", "more", "why"),
        [
            (
                "name: h, default: ghcr; name: d, default: io",
                ("$(params.h).$(params.d)/a:1",),
                "",
                "several values",
            ),
            (
                "name: i, default: 'ghcr.io/a:1'",
                ("$(params.i)",),
                "\n    script: echo $(params.i)",
                "the parameter i is also used at spec.steps[0].script",
            ),
            (
                "name: h, default: 'ghcr.io'",
                ("$(params.h)/a", f"{H}/x-$(params.h):1"),
                "\n    args: ['--to=$(params.h)']",
                "the parameter h is also used at spec.steps[1].args[0]",
            ),
            (
                "name: h, default: 'docker.io'",
                ("$(params.h)/a:1", "quay.$(params.h)/a:1"),
                "",
                "the parameter h is also used at spec.steps[1].image",
            ),
            (
                "name: h, default: 'docker.io'",
                ("$(params.h)/$(params.h)/a:1",),
                "",
                "the parameter h is also used at spec.steps[0].image",
            ),
        ],
    )
    def test_an_edit_that_changes_more(
        self, params: str, images: tuple[str, ...], more: str, why: str
    ) -> None:
        """It is reported without a fix."""
        text = task(params, *images, more=more)
        result = linter().lint(source(text), "a.yaml")
        assert why in str([one.unfixable for one in result.findings])
        assert fixed(text) == text

    def test_a_pipeline_passes_it_to_its_task(self) -> None:
        """The default of the task never arrives."""
        text = """\
            apiVersion: tekton.dev/v1
            kind: Pipeline
            spec:
              params: [{name: image, default: 'ghcr.io/p:1'}]
              tasks:
              - params: [{name: img, value: $(params.image)}, {name: two, value: 'quay.io/two:1'}]
                taskSpec:
                  params: [{name: img, default: 'ghcr.io/never:1'}, {name: two}]
                  steps: [{image: $(params.img)}, {image: $(params.two)}]
            """
        assert judged(text) == [
            ("spec.params[0].default", "ghcr.io/p:1"),
            ("spec.tasks[0].params[1].value", "quay.io/two:1"),
        ]
        assert notes(text) == ["$(params.img)"]  # nobody else passes the other one
        assert H in fixed(text)

    def test_an_external_task_gets_it_as_well(self) -> None:
        """What that does with the value is not known."""
        text = """\
            apiVersion: tekton.dev/v1
            kind: Pipeline
            spec:
              params: [{name: image, default: 'ghcr.io/p:1'}]
              tasks:
              - taskSpec: {steps: [{image: $(params.image)}]}
              - taskRef: {name: x}
                params: [{name: img, value: $(params.image)}]
            """
        assert judged(text) == [("spec.params[0].default", "ghcr.io/p:1")]
        assert fixed(text) == dedent(text)

    def test_a_matrix(self) -> None:
        text = """\
            apiVersion: tekton.dev/v1
            kind: Pipeline
            spec:
              tasks:
              - matrix: {params: [{name: img, value: ['ghcr.io/a:1', 'quay.io/b:1']}]}
                taskSpec: {params: [{name: img}], steps: [{image: $(params.img)}]}
            """
        assert [image for _, image in judged(text)] == ["ghcr.io/a:1", "quay.io/b:1"]
        assert errors(text) == notes(text) == []

    @pytest.mark.parametrize(("kind", "spec"), [("TaskRun", "task"), ("PipelineRun", "pipeline")])
    def test_a_run(self, kind: str, spec: str) -> None:
        """Its values are final, also through a pipeline that does not pass them on."""
        steps = "params: [{name: i, default: 'quay.io/b:1'}], steps: [{image: $(params.i)}]"
        inner = f"{{{steps}}}" if spec == "task" else f"{{tasks: [{{taskSpec: {{{steps}}}}}]}}"
        text = (
            f"apiVersion: tekton.dev/v1\nkind: {kind}\nspec:\n"
            f"  params: [{{name: i, value: 'ghcr.io/a:1'}}]\n  {spec}Spec: {inner}\n"
        )
        images = [image for _, image in judged(text)]
        assert images == (["ghcr.io/a:1"] if spec == "task" else ["ghcr.io/a:1", "quay.io/b:1"])

    def test_a_step_action(self) -> None:
        text = (
            "apiVersion: tekton.dev/v1beta1\nkind: StepAction\nspec:\n"
            "  image: $(params.i)\n  params: [{name: i, default: 'ghcr.io/a:1'}]\n"
        )
        assert judged(text) == [("spec.params[0].default", "ghcr.io/a:1")]

    def test_a_trigger(self) -> None:
        text = """\
            apiVersion: triggers.tekton.dev/v1beta1
            kind: TriggerTemplate
            spec:
              params: [{name: img, default: 'ghcr.io/a:1'}]
              resourcetemplates:
              - apiVersion: tekton.dev/v1
                kind: TaskRun
                spec: {taskSpec: {steps: [{image: $(tt.params.img)}]}}
            """
        assert judged(text) == [("spec.params[0].default", "ghcr.io/a:1")]

    def test_another_kind(self) -> None:
        """Only Tekton reads ``params`` so."""
        text = task("name: image, default: 'ghcr.io/a:1'", "$(params.image)")
        text = text.replace("tekton.dev/v1", "example.com/v1").replace("steps", "containers")
        assert errors(text) == ["$(params.image)"]
        assert judged(text) == []

    def test_a_circle(self) -> None:
        """A value that leads to itself ends."""
        text = """\
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            spec:
              templates:
              - name: a
                inputs: {parameters: [{name: i}]}
                container: {image: "{{inputs.parameters.i}}"}
                steps:
                - - template: a
                    arguments: {parameters: [{name: i, value: "{{inputs.parameters.i}}"}]}
            """
        assert len(errors(text)) == 1

    def test_too_many_values(self) -> None:
        """Nothing is computed without a limit, and then it stays an error."""
        value = "$(params.a)" * 40
        listed = ", ".join(["'ghcr.io/a'"] * 40)
        text = (
            "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec:\n  tasks:\n"
            f"  - matrix: {{params: [{{name: a, value: [{listed}]}}]}}\n"
            f"    taskSpec: {{steps: [{{image: {value}}}]}}\n"
        )
        assert errors(text) == [value]


class TestArgo:
    """Inputs of templates, and what steps, tasks and the workflow pass to them."""

    TEXT = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        spec:
          entrypoint: main
          arguments: {parameters: [{name: img, value: 'ghcr.io/argo:1'}]}
          templates:
          - name: main
            inputs: {parameters: [{name: img}]}
            steps:
            - - template: run
                arguments: {parameters: [{name: image, value: 'docker.io/a:1'}]}
              - template: run
                arguments: {parameters: [{name: image, value: "{{inputs.parameters.img}}"}]}
          - name: graph
            dag:
              tasks:
              - template: run
                arguments: {parameters: [{name: image, value: 'gcr.io/d:1'}]}
          - name: run
            inputs: {parameters: [{name: image, default: 'quay.io/def:1'}]}
            container: {image: "{{inputs.parameters.image}}"}
          - name: other
            container: {image: "{{ workflow.parameters.img }}"}
        """

    def test_every_value(self) -> None:
        """Each that may arrive, once."""
        assert judged(self.TEXT) == [
            ("spec.arguments.parameters[0].value", "ghcr.io/argo:1"),
            ("spec.templates[0].steps[0][0].arguments.parameters[0].value", "docker.io/a:1"),
            ("spec.templates[1].dag.tasks[0].arguments.parameters[0].value", "gcr.io/d:1"),
            ("spec.templates[2].inputs.parameters[0].default", "quay.io/def:1"),
        ]
        assert errors(self.TEXT) == []
        assert len(notes(self.TEXT)) == 2
        after = fixed(self.TEXT)
        assert after.count(H) == 4
        assert judged(after) == []

    def test_a_value_that_is_not_known(self) -> None:
        """It is an error at its own place."""
        text = self.TEXT.replace("gcr.io/d:1", "{{item}}")
        assert errors(text) == ["{{item}}"]

    def test_no_value(self) -> None:
        text = self.TEXT.replace("inputs.parameters.image}}", "inputs.parameters.none}}")
        assert errors(text) == ["{{inputs.parameters.none}}"]

    def test_values_of_one_step_stay_together(self) -> None:
        """What two steps pass never makes one image; neither do two items of a loop."""
        text = """\
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            spec:
              templates:
              - name: main
                steps:
                - - template: run
                    arguments: {parameters: [{name: i, value: nginx}, {name: t, value: v1}]}
                  - template: run
                    arguments: {parameters: [{name: i, value: redis}, {name: t, value: v2}]}
                  - template: run
                    arguments:
                      parameters: [{name: i, value: "{{item.i}}"}, {name: t, value: "{{item.t}}"}]
                    withItems: [{i: debian, t: v3}, {i: ubuntu, t: v4}]
                  - template: run
                    arguments: {parameters: [{name: i, value: "{{item}}"}, {name: t, value: v5}]}
                    withItems: [alpine, busybox]
              - name: run
                inputs: {parameters: [{name: i}, {name: t}]}
                container: {image: "{{inputs.parameters.i}}:{{inputs.parameters.t}}"}
            """
        assert sorted(str(image) for _, image in judged(text)) == [
            *("alpine:v5", "busybox:v5", "debian:v3", "nginx:v1", "redis:v2", "ubuntu:v4"),
        ]
        assert errors(text) == []
        assert fixed(text).count(f"{H}/docker.io/") == 6

    def test_it_is_used_for_more(self) -> None:
        text = self.TEXT.replace(
            "- name: other\n", '- name: other\n            when: "{{=workflow.parameters.img}}"\n'
        )
        assert fixed(text).count(f"{H}/ghcr.io") == 0


class TestOpenShift:
    """Parameters of a Template, in all of its objects."""

    TEXT = """\
        apiVersion: template.openshift.io/v1
        kind: Template
        parameters:
        - {name: IMAGE, value: quay.io/os}
        - {name: TAG, value: v1}
        - {name: NONE, generate: expression}
        objects:
        - {apiVersion: v1, kind: Pod, spec: {containers: [{image: "${IMAGE}:${TAG}"}]}}
        - {apiVersion: v1, kind: Pod, spec: {containers: [{image: "${{IMAGE}}:2"}]}}
        """

    def test_values(self) -> None:
        assert judged(self.TEXT) == [
            ("parameters[0].value", "quay.io/os:2"),
            ("parameters[0].value", "quay.io/os:v1"),
        ]
        assert len(notes(self.TEXT)) == 2
        assert fixed(self.TEXT) == dedent(self.TEXT).replace("quay.io", f"{H}/quay.io")

    def test_no_value(self) -> None:
        text = self.TEXT.replace("${{IMAGE}}:2", "${NONE}")
        assert errors(text) == ["${NONE}"]

    def test_an_object_that_is_in_no_template(self) -> None:
        """A list has no parameters."""
        text = self.TEXT.replace("template.openshift.io/v1", "v1").replace("Template", "List")
        text = text.replace("objects:", "items:")
        assert len(errors(text)) == 2


class TestDefaults:
    """``${VAR:-default}``, of envsubst, Flux and shells."""

    @pytest.mark.parametrize(
        ("image", "read", "after"),
        [
            ("${A:-nginx:1}", "nginx:1", f"${{A:-{H}/docker.io/nginx:1}}"),
            ("${A:=ghcr.io/a:1}", "ghcr.io/a:1", f"${{A:={H}/ghcr.io/a:1}}"),
            ("${A-ghcr.io/a:1}", "ghcr.io/a:1", f"${{A-{H}/ghcr.io/a:1}}"),
            ("${A:-ghcr.io}/a:${T:-1}", "ghcr.io/a:1", f"${{A:-{H}/ghcr.io}}/a:${{T:-1}}"),
            ("ghcr.io/a:${T:-1}", "ghcr.io/a:1", f"{H}/ghcr.io/a:${{T:-1}}"),
            ("${A:-ghcr.io}/a:${T}", "ghcr.io/a:${T}", f"${{A:-{H}/ghcr.io}}/a:${{T}}"),
        ],
    )
    def test_it_is_judged(self, image: str, read: str, after: str) -> None:
        """Skimmed documents too."""
        for quote in ("", '"', "'"):
            text = pod(f"{quote}{image}{quote}")
            assert [one for _, one in judged(text)] == [read]
            assert image in notes(text)
            assert errors(text) == []
            assert fixed(text) == pod(f"{quote}{after}{quote}")

    @pytest.mark.parametrize(
        "image", ["${A}", "${A:-}", "${A:-${B}}", "${A}/a:${T:-1}", "${A:?no}", "$A:-nginx"]
    )
    def test_no_default(self, image: str) -> None:
        assert errors(pod(image)) == [image]
        assert judged(pod(image)) == []

    def test_a_default_that_is_allowed(self) -> None:
        """The value may still be another."""
        image = f"${{A:-{H}/ghcr.io/a:1}}"
        assert notes(pod(image)) == [image]
        assert not errors(pod(image))
        assert not judged(pod(image))


def pod(image: str) -> str:
    """Write a Pod in block style."""
    return f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: {image}\n"
