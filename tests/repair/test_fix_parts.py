"""Repairs inside of a scalar and of images in parts: flags, lines of images, a common hub."""

from __future__ import annotations

import pytest

from imagelint.model.source import Source
from tests.engine.test_linter import linter
from tests.support.fixing import repaired

ENV = (
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n    - name: STRIMZI_KAFKA_IMAGES\n"
)
H = "harbor.myco.com/docker.io/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("|\n        1=a/b:1\n        2=a/b:2\n", None, id="a literal"),
        pytest.param("|-\n        1=a/b:1\n\n        2=a/b:2", None, id="a blank line"),
        pytest.param("|2\n        1=a/b:1\n          2=a/b:2\n", None, id="more indented"),
        pytest.param("|\r\n        1=a/b:1\r\n        2=a/b:2\r\n", None, id="CRLF"),
        pytest.param("|+\n        1=a/b:1\n        1=a/b:1\n\n", None, id="the same twice"),
        pytest.param("1=a/b:1 2=a/b:2\n", None, id="plain"),
        pytest.param("'1=a/b:1 2=a/b:2'\n", None, id="single quotes"),
        pytest.param('"1=a/b:1\\n2=a/b:2"\n', None, id="escapes"),
        pytest.param(f"1={H}a/b:1 2=a/b:2\n", f"1={H}a/b:1 2={H}a/b:2\n", id="one is right"),
        pytest.param(">\n        1=a/b:1\n        2=a/b:2\n", "", id="folded: left alone"),
        pytest.param("1=a/b:1\n        2=a/b:2\n", "", id="folded plain: left alone"),
    ],
)
def test_lines_of_images_are_repaired_one_by_one(before: str, after: str | None) -> None:
    """Each by an insertion in front of it; text that does not show its value is not touched."""
    text = f"{ENV}      value: {before}"
    if after is None:
        after = before.replace("=a/b", f"={H}a/b")
    source = Source("a.yaml", text.encode())
    result = linter().lint(source, "a.yaml")
    findings = [one for one in result.findings if one.rule == "unapproved-registry"]
    assert findings
    assert repaired(linter(), source, result).decode() == f"{ENV}      value: {after or before}"
    assert all((one.fix is None) is (not after) for one in findings)


HUB = """\
apiVersion: sailoperator.io/v1
kind: Istio
spec:
  values:
    global: {hub: &hub docker.io/istio, tag: 1.2, proxy: {image: proxyv2}}
    pilot: {image: pilot}
"""


def test_a_hub_of_several_images_is_repaired_once() -> None:
    source = Source("a.yaml", HUB.encode())
    result = linter().lint(source, "a.yaml")
    assert {record.image for record in result.images} == {
        "docker.io/istio/proxyv2:1.2",
        "docker.io/istio/pilot:1.2",
    }
    fixed = repaired(linter(), source, result).decode()
    assert fixed == HUB.replace("docker.io/istio", f"{H}istio")


def test_a_hub_is_left_alone_where_one_of_its_images_cannot_follow() -> None:
    text = HUB.replace("{image: pilot}", "{image: 'Pilot'}")
    source = Source("a.yaml", text.encode())
    result = linter().lint(source, "a.yaml")
    assert repaired(linter(), source, result).decode() == text
