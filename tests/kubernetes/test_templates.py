"""Tables of what is written out of images in the lines of a chart's templates."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.kustomize.model import FileRole, Role
from imagelint.model.source import Source
from imagelint.yaml.nodes import Scalar
from tests.support.trees import catalogue

HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {{ .x }}\nspec:\n  containers:\n  - image: "
TAG = "{{ .Values.tag }}"


@pytest.mark.parametrize(
    ("written", "image", "part"),
    [
        (f"nginx:{TAG}", "nginx", "nginx"),
        (f"a/b@{TAG}", "a/b", "a/b"),
        (f'"docker.io/a/b:{TAG}"', "docker.io/a/b", "docker.io/a/b"),
        (f"'r.io:5000/a:v{TAG}'", "r.io:5000/a", "r.io:5000/a"),
        (f"r.io:{TAG}/a:1", f"r.io:{TAG}/a:1", None),
        ("quay.io/{{ .Values.name }}:1", "quay.io/name:1", "quay.io/"),
        ('quay.io/a-{{ include "x.Name" . }}', "quay.io/a-name", "quay.io/a-"),
        ("a/{{ .b }}", "a/b", "a/"),
        (f"nginx{TAG}", f"nginx{TAG}", None),
        (f"NGINX:{TAG}", f"NGINX:{TAG}", None),
        (f"/{TAG}", f"/{TAG}", None),
        ("quay.io/a:1", "quay.io/a:1", None),
    ],
)
def test_what_is_written(written: str, image: str, part: str | None) -> None:
    source = Source("t.yaml", f"{HEAD}{written}\n".encode())
    (item,) = examine(source, catalogue(), roles=(FileRole(Role.TEMPLATE),))
    (site,) = item.extract.sites
    assert isinstance(site.node, Scalar)
    within = None if site.within is None else site.node.value[slice(*site.within)]
    assert (site.value.value, within) == (image, part)
    assert site.has_separate_tag == (part is not None)


@pytest.mark.parametrize("written", [f"nginx:{TAG}", f'"nginx:{TAG}"'])
def test_other_templates_are_read_as_before(written: str) -> None:
    (item,) = examine(Source("t.yaml", f"{HEAD}{written}\n".encode()), catalogue())
    assert item.extract.sites[0].within is None
