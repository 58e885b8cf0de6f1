"""Helm charts that make their images in the ways that charts do, and Helm to render them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tests.support.tools import tool

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.project import Project

__all__ = ["CHARTS", "Made", "chart", "put_helm_on_path", "template", "write"]

MAJORS = ("v3.", "v4.")


def put_helm_on_path(major: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this major version of Helm the one that is found."""
    program = tool("helm", major, folder)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "helm").symlink_to(program.program)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")


def chart(name: str = "shop", more: str = "") -> str:
    """Return a Chart.yaml."""
    return f"apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: v7\n{more}"


def template(*images: str, name: str = "web", more: str = "") -> str:
    """Return a template of a Pod; ``images`` may hold actions."""
    containers = "".join(
        f"  - name: c{number}\n    image: {image}\n" for number, image in enumerate(images)
    )
    kind = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n"
    return f"{more}{kind}spec:\n  containers:\n{containers}"


class Made(NamedTuple):
    """A chart by its files, and what imagelint should know of it.

    ``images`` are those of the rendering, each with the place that makes it: a file and a text in
    the line. ``fixed`` is the text of values.yaml after the fix, None if nothing may be written.
    """

    files: dict[str, str]
    images: tuple[tuple[str, str, str], ...]
    fixed: str | None


def write(project: Project, made: Made, folder: str = "shop") -> None:
    """Write the files of a chart."""
    for name, text in made.files.items():
        project.write(f"{folder}/{name}", text)


_LIBRARY = """\
{{- define "kit.sidecar" -}}
- name: sidecar
  image: {{ .Values.sidecar.registry }}/{{ .Values.sidecar.repository }}:2
{{- end -}}
"""
_HELPER = """\
{{- define "shop.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .image.registry -}}
{{- printf "%s/%s:%s" $registry .image.repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
"""
_SUBCHART = {
    "charts/cache/Chart.yaml": chart("cache"),
    "charts/cache/values.yaml": "image:\n  repository: quay.io/cache/redis\n",
    "charts/cache/templates/c.yaml": template("{{ .Values.image.repository }}:7", name="cache"),
}
_SCHEMA = """\
{"type": "object", "additionalProperties": false, "properties": {
  "global": {}, "image": {"type": "object", "additionalProperties": false,
    "properties": {"repository": {"type": "string", "pattern": "^[a-z./0-9-]+$"}}}}}
"""
_V = "{{ .Values."

CHARTS = {
    "registry, repository and tag": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "image:\n  registry: docker.io\n  repository: web/app\n  tag: v1\n",
            "templates/web.yaml": template(
                f'"{_V}image.registry }}}}/{_V}image.repository }}}}:{_V}image.tag }}}}"'
            ),
        },
        (("docker.io/web/app:v1", "values.yaml", "registry: docker.io"),),
        "image:\n  registry: h.io/hub\n  repository: web/app\n  tag: v1\n",
    ),
    "repository with a host, and a tag from appVersion": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "image:\n  repository: quay.io/web/app  # ours\n  tag: ''\n",
            "templates/web.yaml": template(
                f"{_V}image.repository }}}}:{_V}image.tag | default .Chart.AppVersion }}}}"
            ),
        },
        (("quay.io/web/app:v7", "values.yaml", "repository: quay.io/web/app  # ours"),),
        "image:\n  repository: h.io/quay/web/app  # ours\n  tag: ''\n",
    ),
    "one full text": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "{main: {image: 'nginx:1.25'}}\n",
            "templates/web.yaml": template(f"{_V}main.image }}}}"),
        },
        (("nginx:1.25", "values.yaml", "{main: {image: 'nginx:1.25'}}"),),
        "{main: {image: 'h.io/hub/nginx:1.25'}}\n",
    ),
    "a helper with printf, and a global registry that is empty": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": (
                "global:\n  imageRegistry: ''\n"
                "a: {registry: docker.io, repository: a/b}\nb: {registry: quay.io, repository: c}\n"
            ),
            "templates/_helpers.tpl": _HELPER,
            "templates/web.yaml": template(
                '{{ include "shop.image" (dict "root" . "image" .Values.a) }}',
                '{{ include "shop.image" (dict "root" . "image" .Values.b) }}',
            ),
        },
        (
            ("docker.io/a/b:v7", "values.yaml", "a: {registry: docker.io, repository: a/b}"),
            ("quay.io/c:v7", "values.yaml", "b: {registry: quay.io, repository: c}"),
        ),
        (
            "global:\n  imageRegistry: ''\n"
            "a: {registry: h.io/hub, repository: a/b}\nb: {registry: h.io/quay, repository: c}\n"
        ),
    ),
    "a digest in place of the tag": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": f"image:\n  repository: quay.io/a\n  digest: sha256:{'0' * 64}\n",
            "templates/web.yaml": template(f"{_V}image.repository }}}}@{_V}image.digest }}}}"),
        },
        ((f"quay.io/a@sha256:{'0' * 64}", "values.yaml", "repository: quay.io/a"),),
        f"image:\n  repository: h.io/quay/a\n  digest: sha256:{'0' * 64}\n",
    ),
    "a sidecar of a library chart": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "sidecar:\n  registry: quay.io\n  repository: kit/proxy\n",
            "charts/kit/Chart.yaml": chart("kit", "type: library\n"),
            "charts/kit/templates/_sidecar.tpl": _LIBRARY,
            "templates/web.yaml": (
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
                '  {{- include "kit.sidecar" . | nindent 2 }}\n'
            ),
        },
        (("quay.io/kit/proxy:2", "values.yaml", "registry: quay.io"),),
        "sidecar:\n  registry: h.io/quay\n  repository: kit/proxy\n",
    ),
    "a subchart with an alias and a condition": Made(
        {
            "Chart.yaml": chart(
                more=(
                    "dependencies:\n- name: cache\n  alias: fast\n  version: 0.1.0\n"
                    "  condition: fast.enabled\n"
                )
            ),
            "values.yaml": "fast:\n  enabled: true\n",
            **_SUBCHART,
        },
        (
            (
                "quay.io/cache/redis:7",
                "charts/cache/values.yaml",
                "repository: quay.io/cache/redis",
            ),
        ),
        "fast:\n  enabled: true\n  image:\n    repository: h.io/quay/cache/redis\n",
    ),
    "a list of images": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "tools:\n- nginx:1\n- quay.io/b:2\n",
            "templates/web.yaml": (
                "{{- range $i, $image := .Values.tools }}\n---\n"
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: tool-{{ $i }}\nspec:\n"
                "  containers:\n  - name: main\n    image: {{ $image }}\n{{- end }}\n"
            ),
        },
        (("nginx:1", "values.yaml", "- nginx:1"), ("quay.io/b:2", "values.yaml", "- quay.io/b:2")),
        "tools:\n- h.io/hub/nginx:1\n- h.io/quay/b:2\n",
    ),
    "a template in a value": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "registry: quay.io\nimage: '{{ .Values.registry }}/web/app:1'\n",
            "templates/web.yaml": template("{{ tpl .Values.image . }}"),
        },
        (("quay.io/web/app:1", "values.yaml", "registry: quay.io"),),
        "registry: h.io/quay\nimage: '{{ .Values.registry }}/web/app:1'\n",
    ),
    "a schema": Made(
        {
            "Chart.yaml": chart(),
            "values.schema.json": _SCHEMA,
            "values.yaml": "image:\n  repository: quay.io/web\n",
            "templates/web.yaml": template(f"{_V}image.repository }}}}:1"),
        },
        (("quay.io/web:1", "values.yaml", "repository: quay.io/web"),),
        "image:\n  repository: h.io/quay/web\n",
    ),
    "no value": Made(
        {
            "Chart.yaml": chart(),
            "values.yaml": "a: b\n",
            "templates/web.yaml": template("quay.io/fixed/app:{{ .Chart.AppVersion }}"),
        },
        (
            (
                "quay.io/fixed/app:v7",
                "templates/web.yaml",
                "image: quay.io/fixed/app:{{ .Chart.AppVersion }}",
            ),
        ),
        "a: b\n",  # the template is fixed
    ),
}
