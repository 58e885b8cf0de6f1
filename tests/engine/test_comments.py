"""Comments that excuse: where they count, what they say, and what they can never do."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.comments import find_ignores
from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io}}
environments:
  dev: {match: {paths: ["dev/**"]}, allow: [docker.io]}
  prod: {match: {paths: ["prod/**"]}, allow: [h.io]}
  vault: {match: {paths: ["vault/**"]}, allow: [h.io], unsuppressible: [unapproved-registry]}
  sealed: {match: {paths: ["sealed/**"]}, allow: [h.io], unsuppressible: ["*"]}
default: prod
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"


def lint(
    text: str | bytes, path: str = "prod/a.yaml", *, more: str = "", env: str | None = None
) -> FileResult:
    policy = parse_policy(Source("imagelint.yaml", (POLICY + more).encode()), RULES)
    data = text if isinstance(text, bytes) else text.encode()
    linter = Linter(policy, RULES, catalogue(), environment=env)
    return linter.lint(Source(path, data), path)


def said(result: FileResult) -> list[tuple[int, str]]:
    """Return the line and rule of each finding."""
    return [(result.source.position(one.span.start).line, one.rule) for one in result.findings]


def excused(result: FileResult) -> list[tuple[int, str, str]]:
    return [
        (result.source.position(one.finding.span.start).line, one.finding.rule, one.reason)
        for one in result.suppressed
    ]


UNAPPROVED = "unapproved-registry"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] until Q1\n", "until Q1"),
        (f"  - image: nginx:1 #imagelint:ignore[{UNAPPROVED}]\n", ""),
        (f"  - image: nginx:1  # see 12 # imagelint: ignore[{UNAPPROVED}]: so\n", "so"),
        (f"  - image: nginx:1  # imagelint: ignore[ {UNAPPROVED} ]  so\n", "so"),
        (f"  - name: a\n    # imagelint: ignore[{UNAPPROVED}] so\n    image: nginx:1\n", "so"),
        (f"  - name: a\n    # imagelint: ignore[{UNAPPROVED}] so\n    # x\n    image: n:1\n", "so"),
        (f"  # imagelint: ignore[{UNAPPROVED}] so\n  - image: nginx:1\n", "so"),
        (f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] a ] b\n", "a ] b"),
        (f"  - {{image: 'nginx:1'}}  # imagelint: ignore[{UNAPPROVED}] so\n", "so"),
    ],
)
def test_excuses_its_line_or_the_line_below(text: str, reason: str) -> None:
    result = lint(POD + text)
    assert said(result) == []
    assert [one.reason for one in result.suppressed] == [reason]
    assert all(one.by == "comment" for one in result.suppressed)


COMMENT = f"# imagelint: ignore[{UNAPPROVED}] so"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "text",
    [
        f"  - image: >- {COMMENT}\n      nginx:1\n",
        f"  - image: |- {COMMENT}\n      nginx:1\n",
        f"  - image: &a !!str >2- {COMMENT}\n      nginx:1\n",
        f"  - image: {COMMENT}\n      nginx:1\n",
        f"  - image: {COMMENT}\n      >-\n      nginx:1\n",
        f"  - image:\n      >- {COMMENT}\n      nginx:1\n",
        f"  - image: {COMMENT}\n      'nginx:1'\n",
        f"  - ? image {COMMENT}\n    : nginx:1\n",
        f"  - name: a\n    {COMMENT}\n    image: >-\n      nginx:1\n",
        f"  - name: a\n    {COMMENT}\n    # x\n    image:\n      nginx:1\n",
        f"  - name: a\n    image:\n      {COMMENT}\n      nginx:1\n",
        f"  {COMMENT}\n  - image: >-\n      nginx:1\n",
        f"  - {{image: {COMMENT}\n      nginx:1}}\n",
    ],
)
def test_excuses_a_value_that_begins_below_its_key_or_header(text: str, line_break: str) -> None:
    result = lint((POD + text).replace("\n", line_break))
    assert said(result) == []
    assert [(one.by, one.reason) for one in result.suppressed] == [("comment", "so")]


@pytest.mark.parametrize(
    "text",
    [
        # behind the header of another value; above a key whose value is no text; in the wrong name
        f"  - image: nginx:1\n    workingDir: >- {COMMENT}\n      /a\n",
        f"  - workingDir: >- {COMMENT}\n      /a\n    image: nginx:1\n",
        f"  - workingDir: {COMMENT}\n      /a\n    image: nginx:1\n",
        f"  - args: [] {COMMENT}\n    image:\n      nginx:1\n",
        f"  - env: {COMMENT}\n    - name: a\n    image: nginx:1\n",
        "  - image: >- # imagelint: ignore[floating-tag] so\n      nginx:1\n",
        "  - image: >- # imagelint: ignore\n      nginx:1\n",
    ],
)
def test_what_is_behind_another_header_is_reported(text: str) -> None:
    rules = [rule for _, rule in said(lint(POD + text))]
    assert sorted(rules) == [UNAPPROVED, "unused-ignore"]


def test_what_looks_like_a_header_in_a_text_is_no_comment() -> None:
    text = f"  - args:\n    - |\n      image: >- {COMMENT}\n        nginx:1\n    image: nginx:1\n"
    assert [rule for _, rule in said(lint(POD + text))] == [UNAPPROVED]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_any_line_break_and_encoding(line_break: str, encoding: str) -> None:
    text = POD + (
        "  - name: \u00e4\n"
        f"    # imagelint: ignore[{UNAPPROVED}] f\u00fcr jetzt\n"
        "    image: nginx:1\n"
    )
    if line_break == "\r" and encoding != "utf-8":
        pytest.skip("one odd thing at a time")
    bom = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    result = lint(bom + text.replace("\n", line_break).encode(encoding))
    assert said(result) == []
    assert excused(result) == [(8, UNAPPROVED, "f\u00fcr jetzt")]


@pytest.mark.parametrize(
    "text",
    [
        # two lines above; a blank line between; behind the content of another line
        f"  # imagelint: ignore[{UNAPPROVED}]\n  - name: a\n    image: nginx:1\n",
        f"  # imagelint: ignore[{UNAPPROVED}]\n\n  - image: nginx:1\n",
        f"  - name: a  # imagelint: ignore[{UNAPPROVED}]\n    image: nginx:1\n",
        f"  - image: nginx:1\n    # imagelint: ignore[{UNAPPROVED}]\n",
        # another rule, a rule in other words, no rule at all, no brackets
        "  - image: nginx:1  # imagelint: ignore[floating-tag]\n",
        "  - image: nginx:1  # imagelint: ignore[Unapproved-Registry]\n",
        "  - image: nginx:1  # imagelint: ignore[*]\n",
        "  - image: nginx:1  # imagelint: ignore[]\n",
        "  - image: nginx:1  # imagelint: ignore\n",
        f"  - image: nginx:1  # imagelint: ignore {UNAPPROVED}\n",
        f"  - image: nginx:1  # imagelint: ignore-file[{UNAPPROVED}]\n",
        f"  - image: nginx:1  # imagelint: skip[{UNAPPROVED}]\n",
    ],
)
def test_what_does_not_count_excuses_nothing_and_is_named(text: str) -> None:
    rules = [rule for _, rule in said(lint(POD + text))]
    assert sorted(rules) == [UNAPPROVED, "unused-ignore"]


@pytest.mark.parametrize(
    "text",
    [
        f'  - image: "nginx:1"\n    command: ["# imagelint: ignore[{UNAPPROVED}]"]\n',
        f"  - command:\n    - |\n      # imagelint: ignore[{UNAPPROVED}]\n    image: nginx:1\n",
        f"  - command:\n    - >-\n      # imagelint: ignore[{UNAPPROVED}]\n    image: nginx:1\n",
        f"  - image: nginx:1\n    args: ['a\n      # imagelint: ignore[{UNAPPROVED}]']\n",
        f"  - image: nginx:1\n    args: [a# imagelint: ignore[{UNAPPROVED}]\n",
    ],
)
def test_text_is_no_comment(text: str) -> None:
    rules = {rule for _, rule in said(lint(POD + text))}
    assert UNAPPROVED in rules
    assert "unused-ignore" not in rules


def test_text_of_a_document_that_holds_no_image_is_no_comment() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    # imagelint: ignore[floating-tag]\n"
    assert said(lint(f"{text}---\n{POD}  - image: h.io/a:1\n")) == []


def test_json_has_no_comments() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "nginx:1",'
        f' "name": "# imagelint: ignore[{UNAPPROVED}]"}}]}}}}'
    )
    assert said(lint(text)) == [(1, UNAPPROVED)]


@pytest.mark.parametrize("above", ["", "# a\n", "---\n", "--- # a\n", "%YAML 1.1\n---\n", "\n \n"])
def test_a_whole_file(above: str) -> None:
    head = f"# imagelint: ignore-file[{UNAPPROVED}, floating-tag] all of it\n"
    text = head + above + POD + "  - image: nginx\n  - image: redis:1\n"
    if above.startswith("%"):
        text = above + head + POD + "  - image: nginx\n  - image: redis:1\n"
    refused = [(1, "unparsable-document")] if above.startswith("%") else []
    assert said(lint(text)) == refused
    assert {rule for _, rule, _ in excused(lint(text))} == {UNAPPROVED, "floating-tag"}


def test_a_whole_file_only_from_its_top() -> None:
    text = f"{POD}  - image: nginx:1\n---\n# imagelint: ignore-file[{UNAPPROVED}]\n"
    assert said(lint(text)) == [(6, UNAPPROVED), (8, "unused-ignore")]


def test_each_rule_that_is_named_for_nothing_is_a_finding() -> None:
    text = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}, floating-tag, flaoting]\n"
    result = lint(text)
    messages = [one.message for one in result.findings]
    assert len(messages) == 2
    assert any("suppresses floating-tag, but there is no such finding" in one for one in messages)
    assert any('no rule "flaoting"' in one and "floating-tag" in one for one in messages)
    assert len(result.suppressed) == 1


@pytest.mark.parametrize(
    ("path", "why"),
    [("vault/a.yaml", "vault does not allow"), ("sealed/a", "sealed does not allow")],
)
def test_an_environment_that_cannot_be_talked_out_of_it(path: str, why: str) -> None:
    for place in (
        f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] please\n",
        f"  # imagelint: ignore[{UNAPPROVED}] please\n  - image: nginx:1\n",
    ):
        result = lint(POD + place, path)
        assert UNAPPROVED in {rule for _, rule in said(result)}
        assert not result.suppressed
        assert any(why in one.message for one in result.findings)
    whole = lint(f"# imagelint: ignore-file[{UNAPPROVED}] please\n{POD}  - image: nginx:1\n", path)
    assert UNAPPROVED in {rule for _, rule in said(whole)}


def test_other_rules_of_that_environment_can_be_excused() -> None:
    text = POD + "  - image: h.io/a:latest  # imagelint: ignore[floating-tag] x\n"
    assert said(lint(text, "vault/a.yaml")) == []
    assert "floating-tag" in {rule for _, rule in said(lint(text, "sealed/a.yaml"))}


def test_an_environment_is_excused_only_where_every_one_is() -> None:
    more = POLICY.replace('["vault/**"]', '["prod/**"]')
    policy = parse_policy(Source("imagelint.yaml", more.encode()), RULES)
    text = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] x\n"
    source = Source("prod/a.yaml", text.encode())
    result = Linter(policy, RULES, catalogue()).lint(source, "prod/a.yaml")
    assert [(one.rule, one.environment) for one in result.findings] == [(UNAPPROVED, "vault")]
    assert [one.finding.environment for one in result.suppressed] == ["prod"]


def test_a_reason_can_be_demanded() -> None:
    more = "ignores: {require-reason: true}\n"
    bare = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}]\n"
    assert said(lint(bare, more=more)) == [(6, UNAPPROVED), (6, "unused-ignore")]
    assert "requires a reason" in lint(bare, more=more).findings[1].message
    assert said(lint(bare.rstrip() + " because\n", more=more)) == []


def test_a_locked_rule_is_excused_by_nobody() -> None:
    text = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] x\n"
    result = lint(text, more=f"locked: [rules.{UNAPPROVED}]\n")
    assert said(result)[0] == (6, UNAPPROVED)
    assert "locks this rule" in result.findings[1].message


def test_what_is_excused_is_left_alone_by_fix() -> None:
    text = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] x\n  - image: redis:1\n"
    policy = parse_policy(Source("imagelint.yaml", POLICY.encode()), RULES)
    linter = Linter(policy, RULES, catalogue())
    source = Source("prod/a.yaml", text.encode())
    fixed = repaired(linter, source, linter.lint(source, "prod/a.yaml")).decode()
    assert fixed == text.replace("redis:1", "h.io/docker.io/redis:1")


def test_an_anchor_that_one_use_excuses_is_left_alone() -> None:
    text = POD + (f"  - image: &a nginx:1  # imagelint: ignore[{UNAPPROVED}] x\n  - image: *a\n")
    result = lint(text)
    assert said(result) == []  # the alias stands where its anchor stands


def test_env_does_not_make_a_comment_useless_that_another_environment_needs() -> None:
    text = POD + f"  - image: nginx:1  # imagelint: ignore[{UNAPPROVED}] x\n"
    assert said(lint(text, env="dev")) == []
    assert said(lint(text.replace(UNAPPROVED, "wrong-type"), env="dev")) == [(6, "unused-ignore")]
    text = POD + f"  - image: >- {COMMENT}\n      nginx:1\n"
    assert said(lint(text, env="dev")) == []


def test_many_comments_take_linear_time() -> None:
    """Each of a block of comments stands above the same line: found once, not once each."""
    text = POD + "  # imagelint: ignore[floating-tag] \u00e4\n" * 20_000 + "  - image: h.io/a\n"
    ignores = find_ignores(Source("a.yaml", text.encode()))
    assert {one.line for one in ignores.found} == {20_006}
