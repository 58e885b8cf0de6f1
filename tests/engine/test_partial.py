"""A placeholder behind the registry leaves the registry known."""

from __future__ import annotations

from functools import cache

import pytest

from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from imagelint.rules.rule import load_rules
from tests.support.fixing import repaired
from tests.support.trees import catalogue

H = "harbor.myco.com"
UNAPPROVED, UNRESOLVED = ("unapproved-registry", "error"), ("unresolved-reference", "error")
NOTE = ("unresolved-reference", "note")
POLICY = f"""\
version: 1
harbor:
  host: {H}
  projects: {{docker.io: docker.io, gcr.io: gcr.io, ghcr.io: ghcr.io, quay.io/a: a}}
environments: {{prod: {{allow: [ALLOW], deny: [DENY]}}}}
default: prod
"""


@cache
def linter(allow: str = H, deny: str = "", more: str = "") -> Linter:
    """Return a linter by the policy above."""
    text = POLICY.replace("ALLOW", allow).replace("DENY", deny) + more
    return Linter(parse_policy(Source("imagelint.yaml", text.encode()), RULES), RULES, catalogue())


def told(image: str, by: Linter, *, chart: str | None = None) -> list[tuple[str, str]]:
    """Return rule and severity of each finding about an image, in the order of rules."""
    result = by.lint(source(image), "a.yaml", chart=chart)
    return sorted((one.rule, one.severity.value) for one in result.findings)


def source(image: str) -> Source:
    """Write a Pod."""
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {image}\n"
    return Source("a.yaml", text.encode())


def fixed(image: str, by: Linter) -> str:
    """Return the image after its fix."""
    before = source(image)
    after = repaired(by, before, by.lint(before, "a.yaml")).decode()
    return after.partition("image: ")[2].rstrip("\n")


@pytest.mark.parametrize(
    ("image", "after"),
    [
        ("ghcr.io/siderolabs/talosctl:${TALOS_VERSION}", "ghcr.io/siderolabs/talosctl:"),
        ("docker.io/x:{{ .Values.tag }}", "docker.io/x:"),
        ("gcr.io/<PROJECT>/app", "gcr.io/<"),
        ("gcr.io/PROJECT_ID/app:v1", "gcr.io/P"),
        ('"ghcr.io/a/b:$(params.version)"', '"ghcr.io/a/b:'),
        ("'ghcr.io/${A}/${B}:${C}'", "'ghcr.io/${A}/${B}:"),
        ("ghcr.io/a@${DIGEST}", "ghcr.io/a@"),
        ("ghcr.io/a@sha256:${HEX}", "ghcr.io/a@sha256:"),
        ("ghcr.io/a:1-${X}-alpine", "ghcr.io/a:1-"),
        ("nginx:$(TAG)", "docker.io/nginx:"),
        ("nginx@${DIGEST}", "docker.io/nginx@"),
        ("bitnami/${APP}", "docker.io/bitnami/"),
        ('"ghcr.io/a:${TAG:-latest}"', '"ghcr.io/a:'),
    ],
)
def test_the_registry_is_judged_and_fixed(image: str, after: str) -> None:
    """What is behind the registry stays as it is; a note says that not all was seen."""
    by = linter()
    new = fixed(image, by)
    quote = image[0] if image[0] in "\"'" else ""
    start = after.removeprefix(quote)
    assert new.startswith(f"{quote}{H}/{start}")
    assert new.removeprefix(f"{quote}{H}/").removeprefix("docker.io/") == image.removeprefix(
        quote
    ).removeprefix("docker.io/")
    if ":-" not in image:  # a value that is known is an image of its own
        assert told(image, by) == [UNAPPROVED, NOTE]
        assert told(new, by) == [NOTE]
    assert fixed(new, by) == new


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io${X}/a",
        "ghcr.io:${PORT}/a",
        "${X}ghcr.io/a",
        "$(REGISTRY)/app:1",
        "REGISTRY/app:${TAG}",
        "YOUR_REGISTRY/app:${TAG}",
        "nginx${X}",
        "${IMAGE}:1",
        "a${X}/b:1",
        "ko://ghcr.io/a/${B}",
        "ghcr.io/A/${B}",
        "<image>",
        '"{IMAGE}"',
        "$IMAGE",
        "IMAGE_NAME",
        "IMAGE:TAG",
    ],
)
def test_an_unknown_registry_is_an_error(image: str) -> None:
    """Nothing else is said about it, even where everything else is allowed."""
    assert told(image, linter()) == [UNRESOLVED]
    assert fixed(image, linter()) == image


@pytest.mark.parametrize(
    ("allow", "deny", "image", "expected"),
    [
        pytest.param("ghcr.io", "", "ghcr.io/${X}:1", [NOTE], id="a registry that is allowed"),
        pytest.param("ghcr.io/a/**", "", "ghcr.io/a/${X}", [NOTE], id="all below a path"),
        pytest.param("ghcr.io/a/**", "", "ghcr.io/b/${X}", [UNAPPROVED, NOTE], id="another path"),
        pytest.param("ghcr.io/a/**", "", "ghcr.io/${X}/b", [UNRESOLVED], id="some paths"),
        pytest.param("ghcr.io/a/*", "", "ghcr.io/a/${X}", [UNRESOLVED], id="one level"),
        pytest.param("ghcr.io/a", "", "ghcr.io/a:${X}", [NOTE], id="its tag"),
        pytest.param(
            '{registry: ghcr.io, tag: "v*"}', "", "ghcr.io/a:${X}", [UNRESOLVED], id="some tags"
        ),
        pytest.param(
            "{registry: ghcr.io, digest: required}", "", "ghcr.io/a:${X}", [UNRESOLVED], id="digest"
        ),
        pytest.param('"*"', "ghcr.io", "ghcr.io/${X}", [UNAPPROVED, NOTE], id="denied"),
        pytest.param('"*"', "ghcr.io/evil", "ghcr.io/${X}", [UNRESOLVED], id="some are denied"),
        pytest.param('"*"', "GHCR", "ghcr.io/b:${X}", [NOTE], id="another repository is denied"),
        pytest.param('"*"', "quay.io/evil", "ghcr.io/${X}", [NOTE], id="elsewhere"),
        pytest.param(
            H, "ghcr.io/evil", f"{H}/ghcr.io/${{X}}", [UNRESOLVED], id="denied through Harbor"
        ),
        pytest.param(
            H, "ghcr.io/evil", f"{H}/gcr.io/${{X}}", [NOTE], id="another registry through Harbor"
        ),
    ],
)
def test_a_placeholder_that_decides_is_an_error(
    allow: str, deny: str, image: str, expected: list[tuple[str, str]]
) -> None:
    """It is a note only if every image that it may become has the same verdict."""
    by = linter(allow, deny.replace("GHCR", "ghcr.io/evil"))
    assert told(image, by) == expected


NO_EVIL = """\
id: no-evil
summary: s
severity: error
check: forbidden-image
parameters: {images: [ghcr.io/evil/**]}
why: w
remedy: r
examples: {bad: [ghcr.io/evil/a], good: [nginx]}
"""


def test_a_rule_of_the_policy_is_not_evaded() -> None:
    """What a rule forbids by name may hide in a placeholder."""
    own = load_rules([Source("no-evil.yaml", NO_EVIL.encode())])
    by = Linter(linter("ghcr.io, quay.io")._policy, {**RULES, **own}, catalogue())
    assert told("ghcr.io/${X}/a", by) == [UNRESOLVED]
    assert told("ghcr.io/evil/a:${X}", by) == [("no-evil", "error"), NOTE]
    assert told("ghcr.io/good/${X}", by) == [UNRESOLVED]
    assert told("quay.io/${X}/a", by) == [NOTE]


def test_in_charts_it_stays_a_note() -> None:
    """Templates are judged when they are rendered."""
    assert NOTE in told("'ghcr.io/a:{{ .Values.tag }}'", linter(), chart="charts/a")
    assert UNAPPROVED not in told("'ghcr.io/a:{{ .Values.tag }}'", linter(), chart="charts/a")


def test_library_is_not_added_to_what_may_be_a_path() -> None:
    """``docker.io/${X}`` is an official image only if X has no slash."""
    text = POLICY.replace("ALLOW", H).replace("DENY", "")
    text = text.replace("projects:", "library: add\n  projects:")
    policy = parse_policy(Source("imagelint.yaml", text.encode()), RULES)
    by = Linter(policy, RULES, catalogue())
    assert fixed("docker.io/${X}:1", by) == "docker.io/${X}:1"
    assert fixed("docker.io/a:${X}", by) == f"{H}/docker.io/library/a:${{X}}"


def test_a_retired_path_is_known_only_with_its_repository() -> None:
    """The tag does not matter for it."""
    by = linter('"*"')
    assert ("retired-registry", "warning") in told("gcr.io/google_containers/pause:${V}", by)
    assert told("gcr.io/${X}/pause:1", by) == [NOTE]


def test_a_baseline_knows_it_after_its_fix() -> None:
    """It has one name upstream."""
    by = linter()
    assert by.upstream(f"{H}/ghcr.io/a:${{X}}", "prod") == by.upstream("ghcr.io/a:${X}", "prod")
    assert by.upstream("ghcr.io/a:${X}", "prod") == "ghcr.io/a:${X}"
    assert by.upstream(f"${{A:-{H}/ghcr.io/a:1}}", "prod") == by.upstream(
        "${A:-ghcr.io/a:1}", "prod"
    )
    assert by.upstream("$(params.a)", "prod") == "$(params.a)"
