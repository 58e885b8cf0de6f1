"""Charts are rendered, and their images are told at the lines that make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from imagelint.rendering import charts
from imagelint.rendering.tools import Limits
from tests.support.charts import CHARTS, chart, template, write
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.support.charts import Made
    from tests.support.project import Project


def found(done: Result) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return [one for one in findings if one["rule"] != "unrendered-template"]


def line_of(project: Project, path: str, number: int) -> str:
    return project.read(path).splitlines()[number - 1].strip().removeprefix("- name: ")


@pytest.mark.parametrize("made", CHARTS.values(), ids=CHARTS)
def test_findings_are_told_at_the_lines_that_make_them(rendering: Project, made: Made) -> None:
    write(rendering, made)
    done = rendering.run("check", "shop", "--render", "--format=json")
    assert done.exit_code == FINDINGS, done.stderr
    told = [
        (one["image"], one["path"], line_of(rendering, one["path"], one["line"]))
        for one in found(done)
    ]
    assert sorted(told) == sorted(
        (image, f"shop/{file}", line) for image, file, line in made.images
    )
    assert all("templates/" in str(one["template"]) for one in found(done))


@pytest.mark.parametrize("made", CHARTS.values(), ids=CHARTS)
def test_the_inventory_shows_what_will_run(helm: Project, made: Made) -> None:
    write(helm, made)
    done = helm.run("images", "shop", "--render", "--format=json")
    assert done.exit_code == CLEAN, done.stderr
    images = json.loads(done.stdout)["images"]
    told = sorted((one["image"], one["path"]) for one in images)
    assert told == sorted((image, f"shop/{file}") for image, file, _ in made.images)


def test_without_findings_there_is_no_note(helm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/values.yaml", "image: h.io/hub/nginx:1\n")
    helm.write("shop/templates/web.yaml", template("{{ .Values.image }}"))
    assert "unrendered-template" in helm.run("check", "shop").output
    done = helm.run("check", "shop", "--render")
    assert (done.exit_code, done.stdout) == (CLEAN, "No findings in 1 image in 3 files.\n")
    monkeypatch.chdir(helm.root / "shop")
    done = helm.run("check", ".", "--render")
    assert (done.exit_code, done.stdout) == (CLEAN, "No findings in 1 image in 3 files.\n")


def test_values_of_the_user_win_and_are_where_findings_are_told(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/values.yaml", "image: h.io/hub/nginx:1\n")
    helm.write("shop/templates/web.yaml", template("{{ .Values.image }}"))
    helm.write("prod.yaml", "image: quay.io/x:1\n")
    done = helm.run("check", "shop", "-f", "prod.yaml", "--format=json")
    assert [(one["path"], one["line"]) for one in found(done)] == [("prod.yaml", 1)]
    done = helm.run("check", "shop", "-f", "prod.yaml", "--set", "image=h.io/hub/a:1")
    assert done.exit_code == CLEAN


def test_values_are_for_one_chart(helm: Project) -> None:
    for name in ("a", "b"):
        helm.write(f"{name}/Chart.yaml", chart(name))
    done = helm.run("check", ".", "--set", "a=b")
    assert done.exit_code == ERROR
    assert "--values and --set are for one chart, and in the PATHs there are a, b" in done.stderr
    assert helm.run("check", "a", "--set", "a=b").exit_code == CLEAN


def test_the_place_of_the_values_decides_about_environments(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/templates/web.yaml", template("{{ .Values.image }}"))
    for environment in ("dev", "prod"):
        helm.write(f"{environment}/values.yaml", "image: quay.io/x:1\n")
    assert helm.run("check", "shop", "-f", "dev/values.yaml").exit_code == CLEAN
    assert helm.run("check", "shop", "-f", "prod/values.yaml").exit_code == FINDINGS
    assert helm.run("check", "shop", "-f", "dev/values.yaml", "--env=prod").exit_code == FINDINGS


def test_a_comment_at_the_value_suppresses_the_finding(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write(
        "shop/values.yaml",
        "image: quay.io/x:1  # imagelint: ignore[unapproved-registry] until it is mirrored\n",
    )
    helm.write("shop/templates/web.yaml", template("{{ .Values.image }}"))
    done = helm.run("check", "shop", "--render")
    assert done.exit_code == CLEAN, done.output
    helm.write(
        "shop/values.yaml", "image: h.io/hub/x:1  # imagelint: ignore[unapproved-registry]\n"
    )
    assert "unused-ignore" in helm.run("check", "shop", "--render").stdout


def test_a_comment_in_a_template_is_told_once_and_only_if_unused(helm: Project) -> None:
    comment = "  # imagelint: ignore[unapproved-registry] until it is mirrored"
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/templates/web.yaml", template("{{ .Values.a }}" + comment))
    helm.write("shop/values.yaml", "a: quay.io/x:1\n")
    done = helm.run("check", "shop", "--render")
    assert done.exit_code == CLEAN, done.output
    assert "unused-ignore" not in done.stdout
    helm.write("shop/values.yaml", "a: h.io/hub/x:1\n")
    assert helm.run("check", "shop", "--render").stdout.count("unused-ignore") == 1


def test_a_comment_at_another_image_of_a_template_suppresses_nothing(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    text = template("{{ .Values.a }}", "{{ .Values.b }}")
    comment = "    # imagelint: ignore[unapproved-registry] built here\n"
    text = text.replace("    image: {{ .Values.a", f"{comment}    image: {{{{ .Values.a")
    helm.write("shop/templates/web.yaml", text)
    helm.write("shop/values.yaml", "a: h.io/hub/x:1\n")
    done = helm.run("check", "shop", "--set", "b=quay.io/y:1")
    assert done.exit_code == FINDINGS, done.output


@pytest.mark.parametrize("more", ["type: library\n", ""])
def test_a_library_is_not_rendered(helm: Project, more: str) -> None:
    helm.write("kit/Chart.yaml", chart("kit", more))
    helm.write("kit/templates/web.yaml", template("quay.io/a:{{ .Chart.AppVersion }}"))
    done = helm.run("check", "kit", "--render", "--format=json")
    told = any(one["image"] == "quay.io/a:v7" for one in found(done))
    assert told == (more == "")


def test_a_subchart_is_not_rendered_alone(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/values.yaml", "cache: {image: h.io/hub/x:1}\n")
    helm.write("shop/charts/cache/Chart.yaml", chart("cache"))
    helm.write("shop/charts/cache/values.yaml", "image: quay.io/x:1\n")
    helm.write("shop/charts/cache/templates/web.yaml", template("{{ .Values.image }}"))
    assert helm.run("check", "shop/charts/cache", "--render").exit_code == CLEAN
    assert helm.run("check", ".", "--render").exit_code == CLEAN


def test_a_chart_that_fails_is_an_error_and_hides_no_finding(rendering: Project) -> None:
    rendering.write("bad/Chart.yaml", chart("bad"))
    rendering.write("bad/templates/a.yaml", '{{ fail "no luck" }}\n')
    write(rendering, CHARTS["one full text"])
    done = rendering.run("check", ".", "--render", "--format=json")
    assert done.exit_code == ERROR
    assert "error: bad: not rendered: helm failed: " in done.stderr
    assert "no luck" in done.stderr
    assert [one["image"] for one in found(done)] == ["nginx:1.25"]


def test_a_missing_dependency_is_told_in_the_words_of_helm(rendering: Project) -> None:
    dependency = "dependencies:\n- {name: cache, version: 1.0.0, repository: 'https://x.io'}\n"
    rendering.write("shop/Chart.yaml", chart(more=dependency))
    done = rendering.run("check", ".", "--render")
    assert done.exit_code == ERROR
    assert "found in Chart.yaml, but missing in charts/ directory: cache" in done.stderr


def test_a_chart_beside_it_is_a_dependency_that_is_there(rendering: Project) -> None:
    dependency = "dependencies:\n- {name: cache, version: 0.1.0, repository: 'file://../cache'}\n"
    rendering.write("shop/Chart.yaml", chart(more=dependency))
    rendering.write("cache/Chart.yaml", chart("cache"))
    rendering.write("cache/values.yaml", "image: quay.io/x:1\n")
    rendering.write("cache/templates/web.yaml", template("{{ .Values.image }}"))
    done = rendering.run("check", "shop", "--render", "--format=json")
    assert [(one["path"], one["image"]) for one in found(done)] == [
        ("cache/values.yaml", "quay.io/x:1")
    ]


def test_without_helm_the_error_says_how_to_get_it(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    work.write("plain.yaml", "a: b\n")
    assert work.run("check", ".", "--render").exit_code == CLEAN
    write(work, CHARTS["no value"])
    work.write("pod.yaml", BAD)
    done = work.run("check", ".", "--render")
    assert done.exit_code == ERROR
    assert "pod.yaml:8:" in done.stdout
    assert "helm is not on PATH, and --render needs it: see https://helm.sh/" in done.stderr


def test_a_policy_names_what_is_rendered(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/values.yaml", "image: quay.io/default:1\n")
    helm.write("other/Chart.yaml", chart("other"))
    helm.write("other/templates/web.yaml", '{{ fail "not rendered" }}\n')
    body = template(
        "{{ .Values.image }}",
        "quay.io/{{ .Release.Namespace }}:{{ .Capabilities.KubeVersion.Minor }}",
        '{{ if .Capabilities.APIVersions.Has "x.io/v1" }}quay.io/has:1{{ else }}h.io/x{{ end }}',
    )
    helm.write("shop/templates/web.yaml", body)
    for name in ("one", "two"):
        helm.write(f"{name}.yaml", f"image: quay.io/{name}:1\n")
    policy = (
        f"{POLICY}render:\n- chart: shop\n  values: [one.yaml]\n  environment: dev\n"
        "- chart: shop\n  values: [one.yaml, two.yaml]\n  set: [a=b]\n  namespace: web\n"
        "  environment: prod\n  kube-version: '1.29'\n  api-versions: [x.io/v1]\n"
    )
    helm.write("imagelint.yaml", policy)
    done = helm.run("check", ".", "--render", "--format=json")
    assert done.exit_code == FINDINGS, done.stderr
    told = {(one["path"], one["image"], one["environment"]) for one in found(done)}
    assert told == {
        ("two.yaml", "quay.io/two:1", "prod"),
        ("shop/templates/web.yaml", "quay.io/web:29", "prod"),
        ("shop/templates/web.yaml", "quay.io/has:1", "prod"),
    }
    helm.write("imagelint.yaml", policy.replace("two.yaml", "three.yaml"))
    done = helm.run("check", ".", "--render")
    assert done.exit_code == ERROR
    assert "render: three.yaml: No such file or directory" in done.stderr


def test_values_that_a_policy_names_lie_in_the_repository(helm: Project, tmp_path: Path) -> None:
    helm.write("shop/Chart.yaml", chart())
    (tmp_path / "secret.yaml").write_text("image: quay.io/x:1\n")
    (helm.root / "one.yaml").symlink_to(tmp_path / "secret.yaml")
    helm.write("imagelint.yaml", f"{POLICY}render:\n- chart: shop\n  values: [one.yaml]\n")
    done = helm.run("check", "shop", "--render")
    assert done.exit_code == ERROR
    assert "a link that leads out of the repository" in done.stderr


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("chart: ../shop", "render[0].chart: a path below this file's folder is wanted"),
        ("chart: /shop", "render[0].chart: a path below this file's folder is wanted"),
        ("values: [a.yaml]", 'render[0]: the key "chart" is missing'),
        ("{chart: a, environment: qa}", 'render[0].environment: no environment "qa"'),
        ("{chart: a, kube-version: new}", "a version is wanted (1.33), not new"),
        ("{kustomization: a, set: [b=c]}", "set is for charts, and this is a kustomization"),
    ],
)
def test_mistakes_in_a_policy(work: Project, entry: str, said: str) -> None:
    work.write("imagelint.yaml", f"{POLICY}render:\n- {entry}\n")
    done = work.run("check", ".")
    assert done.exit_code == ERROR
    assert said in done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "{{ range until 100000000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n{{ end }}",
        '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
    ],
)
def test_a_template_without_end_is_an_error_at_its_chart(
    rendering: Project, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Limits(seconds=20, output=1_000_000, memory=2 << 20)
    monkeypatch.setattr(charts, "LIMITS", small)
    rendering.write("bad/Chart.yaml", chart("bad"))
    rendering.write("bad/templates/a.yaml", body)
    write(rendering, CHARTS["one full text"])
    done = rendering.run("check", ".", "--render", "--format=json")
    assert done.exit_code == ERROR
    assert "error: bad: not rendered: helm " in done.stderr
    assert [one["image"] for one in found(done)] == ["nginx:1.25"]


def test_exceptions_count_as_used(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/values.yaml", "registry: quay.io\n")
    helm.write("shop/templates/web.yaml", template("{{ .Values.registry }}/x:1"))
    exception = (
        "exceptions:\n- {images: [quay.io/x], rules: [unapproved-registry], reason: it is ours}\n"
    )
    helm.write("imagelint.yaml", POLICY + exception)
    assert "unused-exception" in helm.run("check", ".").stdout
    done = helm.run("check", ".", "--render")
    assert (done.exit_code, "unused-exception" in done.stdout) == (CLEAN, False)


def test_a_fix_that_reading_knows_is_kept(helm: Project) -> None:
    """The template is written out, but for the place of the image."""
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/templates/web.yaml", template("quay.io/x:1"))
    done = helm.run("check", ".", "--render", "--format=json")
    (finding,) = found(done)
    assert finding["fix"]["image"] == "h.io/quay/x:1"
    assert finding["template"] == "shop/templates/web.yaml"


@pytest.mark.parametrize(
    "files",
    [
        {"Chart.yaml": ""},
        {"Chart.yaml": "- a\n"},
        {"Chart.yaml": "\0\n"},
        {"Chart.yaml": "{"},
        {"values.yaml": "- a\n"},
        {"values.yaml": "a: [\n"},
        {"values.yaml": "a: \x01\n"},
        {"templates/web.yaml": "{{ .Values.a.b.c }}"},
        {"templates/web.yaml": "a: b: c\n"},
        {"templates/web.yaml": "{{ .Nothing"},
        {"charts/x.tgz": "no archive"},
        {"charts/x/Chart.yaml": "{"},
    ],
)
def test_broken_charts_are_errors(helm: Project, files: dict[str, str]) -> None:
    for name, text in {"Chart.yaml": chart(), **files}.items():
        helm.write(f"shop/{name}", text.encode("latin-1"))
    helm.write("pod.yaml", BAD)
    for command in ("check", "images", "fix"):
        done = helm.run(command, ".", "--render")
        assert done.exit_code == ERROR, done.output
        assert "error: shop: not rendered: " in done.stderr
        assert "internal error" not in done.stderr
