"""Bypasses by way of excuses: comments that ignore a rule, and a policy's exceptions.

What the twin's excuse covers is excused; the attack's looks the same and covers less than it
seems, or stands where it is no comment.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.bypass.cases import EVIL, GOOD, POLICY, UNAPPROVED, UNPARSABLE, json_pod, lint, pod
from tests.support.trees import catalogue

IGNORE = "# imagelint: ignore[unapproved-registry] why"
FILE = "# imagelint: ignore-file[unapproved-registry] why"


ARGS = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - args:\n"


class Excused(NamedTuple):
    """A comment that must not excuse the image; the twin's does."""

    id: str
    attack: str
    twin: str


COMMENTS = [
    Excused("another rule", pod(f"{EVIL} # imagelint: ignore[floating-tag] why"),
            pod(f"{EVIL} {IGNORE}")),
    Excused("a rule that begins alike", pod(f"{EVIL} # imagelint: ignore[unapproved] why"),
            pod(f"{EVIL} # imagelint: ignore[ unapproved-registry ] why")),
    Excused("all rules", pod(f"{EVIL} # imagelint: ignore[*] why"), pod(f"{EVIL} {IGNORE}")),
    Excused("no rule", pod(f"{EVIL} # imagelint: ignore why"), pod(f"{EVIL} {IGNORE}")),
    Excused("another line", pod(f"{GOOD} {IGNORE}", extra=f"  - image: {EVIL}\n"),
            pod(GOOD, extra=f"  - image: {EVIL} {IGNORE}\n")),
    Excused("two lines above", pod(extra=f"  {IGNORE}\n  - name: a\n    image: {EVIL}\n"),
            pod(extra=f"  - name: a\n    {IGNORE}\n    image: {EVIL}\n")),
    Excused("behind the image", pod(EVIL, extra=f"    {IGNORE}\n"), pod(f"{EVIL} {IGNORE}")),
    Excused("file, not at the top", pod(EVIL) + FILE, f"{FILE}\n{pod(EVIL)}"),
    Excused("file, behind a separator", pod(EVIL) + f"---\n{FILE}\n" + pod(),
            f"{FILE}\n---\n{pod(EVIL)}---\n{pod()}"),
    Excused("file, behind a key", pod(EVIL).replace("kind", f"{FILE}\nkind"),
            f"# a\n{FILE}\n{pod(EVIL)}"),
    Excused("file, at the top of a string", f'"{FILE}": a\n' + pod(EVIL), f"{FILE}\n{pod(EVIL)}"),
    Excused("in a literal", pod(EVIL, extra=f"    command:\n    - |\n      {IGNORE}\n"),
            pod(f"{EVIL} {IGNORE}")),
    Excused("in a literal above", f"x: |\n  {FILE}\n" + pod(EVIL),
            f"{FILE}\nx: |\n  a\n{pod(EVIL)}"),
    Excused("at the end of a literal", f"{ARGS}    - |\n     a\n     {IGNORE}\n    image: {EVIL}\n",
            f"{ARGS}    - |\n     a\n    {IGNORE}\n    image: {EVIL}\n"),
    Excused("in quotes", pod(extra=f'  - {{image: {EVIL}, name: " {IGNORE}"}}\n'),
            pod(extra=f'  - {{image: {EVIL}, name: "a"}} {IGNORE}\n')),
    Excused("in quotes over lines", pod(extra=f'  - {{image: {EVIL}, name: "a\n     {IGNORE}"}}\n'),
            pod(extra=f'  - {{image: {EVIL}, name: "a\n     b"}}\n').replace(EVIL, GOOD)),
    Excused("in single quotes", pod(extra=f"  - {{image: {EVIL}, name: 'it''s {IGNORE}'}}\n"),
            pod(extra=f"  - {{image: {EVIL}, name: 'it''s'}} {IGNORE}\n")),
    Excused("in a key", pod(extra=f'  - {{image: {EVIL}, " {IGNORE}": a}}\n'),
            pod(extra=f'  - {{image: {EVIL}, " a": a}} {IGNORE}\n')),
    Excused("in the image", pod(f'"{EVIL} {IGNORE}"').replace(":1 #", ":1#"),
            pod(f'"{EVIL}" {IGNORE}')),
    Excused("no comment without a blank", pod(f"{EVIL}{IGNORE}"), pod(f"{EVIL} {IGNORE}")),
    Excused("in JSON", json_pod(f'{EVIL}", "name": " {IGNORE}'), json_pod(GOOD)),
    Excused("on another line to YAML", pod(extra=f"  # a\x85  - image: {EVIL}\n  {IGNORE}\n"),
            pod(extra=f"  - image: {EVIL} {IGNORE}\n")),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in COMMENTS])
def test_comment(case: Excused) -> None:
    told = {finding.rule for finding in lint(case.attack).findings}
    assert told & {UNAPPROVED, "invalid-reference"}
    assert lint(case.twin).findings == ()


def lint_by(more: str, text: str, *, environments: str = "", today: str = "2026-06-15") -> set[str]:
    """Judge by the policy with more in it; return the rules of the findings."""
    rules = RULES
    policy = POLICY.decode().replace(
        "allow: [harbor.myco.com]", f"allow: [harbor.myco.com]{environments}"
    )
    parsed = parse_policy(Source("imagelint.yaml", (policy + more).encode()), rules)
    linter = Linter(parsed, rules, catalogue(), today=today)
    result = linter.lint(Source("a.yaml", text.encode()), "a.yaml")
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    ("more", "environments"),
    [
        ("locked: [rules.unapproved-registry]\n", ""),
        ("", "\n    unsuppressible: [unapproved-registry]"),
    ],
)
@pytest.mark.parametrize("text", [pod(f"{EVIL} {IGNORE}"), f"{FILE}\n{pod(EVIL)}"])
def test_comment_that_the_policy_forbids(more: str, environments: str, text: str) -> None:
    assert UNAPPROVED in lint_by(more, text, environments=environments)
    assert UNAPPROVED not in lint_by("", text)


BROKEN = f"# imagelint: ignore-file[unparsable-document] x\n{pod(GOOD)}x: [{EVIL}\n"
IN_DEV = BROKEN.replace("{name: web}", "{name: web, namespace: dev}")


@pytest.mark.parametrize(
    ("more", "environments"),
    [
        ("locked: [rules.unapproved-registry]\n", ""),
        ("", "\n    unsuppressible: [unapproved-registry]"),
        ("", '\n    unsuppressible: ["*"]'),
        ("", "\n    unsuppressible: [unparsable-document]"),
    ],
)
def test_an_image_that_nobody_can_read_is_no_way_around(more: str, environments: str) -> None:
    assert UNPARSABLE in lint_by(more, BROKEN, environments=environments)
    for text, allowed in ((BROKEN, ""), (IN_DEV, environments)):  # dev lets comments count
        assert UNPARSABLE not in lint_by("", text, environments=allowed)


def test_exceptions_excuse_what_nobody_can_read() -> None:
    """They are reviewed with the policy."""
    excused = "exceptions: [{rules: [unparsable-document], paths: [a.yaml], reason: why}]\n"
    sealed = '\n    unsuppressible: ["*"]'
    assert UNPARSABLE not in lint_by(excused, BROKEN, environments=sealed)


@pytest.mark.parametrize(
    "comment", ["# imagelint: ignore[unapproved-registry]", IGNORE[:-3] + "- "]
)
def test_comment_without_the_reason_that_the_policy_wants(comment: str) -> None:
    for text in (pod(f"{EVIL} {comment}"), pod(f"{EVIL} {comment}\u00a0")):
        assert UNAPPROVED in lint_by("ignores: {require-reason: true}\n", text)
    assert UNAPPROVED not in lint_by("ignores: {require-reason: true}\n", pod(f"{EVIL} {IGNORE}"))


HEAD = "exceptions:\n- {rules: [unapproved-registry], reason: why, "
EXCEPTIONS = [
    # an exception, an image that it must not excuse, one that it does
    ("images: [evil.example]", "evil.example.evil.io/a:1", "evil.example/a/b:1"),
    ("images: [evil.example]", "evil.example:443/a:1", "evil.example/a:1"),
    ("images: [evil.example]", "Evil.example/a:1", "evil.example/a:1"),
    ("images: [evil.example/team/*]", "evil.example/team/a/b:1", "evil.example/team/a:1"),
    ("images: [evil.example/team/*]", "evil.example/team-b/a:1", "evil.example/team/a:1"),
    ("images: [evil.example/team/**]", "evil.example/team:1", "evil.example/team/a/b:1"),
    ("images: [docker.io/nginx]", "docker.io/evil/nginx:1", "nginx:1"),
    ("images: [docker.io/nginx]", "nginx-evil:1", "index.docker.io/nginx:1"),
    ("images: [{registry: evil.example, tag: v1}]", "evil.example/a:v10", "evil.example/a:v1"),
    ('images: [{registry: evil.example, tag: "v1.*"}]', "evil.example/a:v10",
     "evil.example/a:v1.0"),
    ("images: [{registry: evil.example, digest: required}]", "evil.example/a:v1",
     "evil.example/a:v1@sha256:" + "a" * 64),
    ("images: [evil.example], environments: [dev]", EVIL, GOOD),
    ("images: [evil.example], containers: [mai]", EVIL, GOOD),
    ("images: [evil.example], objects: [Deployment/web]", EVIL, GOOD),
    ("images: [evil.example], paths: [prod/**]", EVIL, GOOD),
    ("images: [evil.example], until: 2026-06-14", EVIL, GOOD),
    ("images: [evil.example], until: 2026-06-15", "other.example/a:1", EVIL),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "attack", "twin"), EXCEPTIONS)
def test_exception(entry: str, attack: str, twin: str) -> None:
    more = f"{HEAD}{entry}}}\n"
    assert UNAPPROVED in lint_by(more, pod(attack))
    assert UNAPPROVED not in lint_by(more, pod(twin))


def test_exception_of_one_rule_excuses_no_other() -> None:
    more = 'exceptions:\n- {rules: [invalid-reference], reason: why, images: ["*"]}\n'
    assert UNAPPROVED in lint_by(more, pod(EVIL))
    assert UNAPPROVED not in lint_by(more.replace("invalid-reference", UNAPPROVED), pod(EVIL))
