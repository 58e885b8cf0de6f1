"""A policy or rule file that is wrong: every mistake in it is listed at once, a line each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, ERROR, FINDINGS, POLICY, pod

if TYPE_CHECKING:
    from tests.support.project import Project

WRONG = "version: 1\nharbour: {}\nenvironments:\n  prod: {alow: []}\ndefault: prod\n"
LINES = [
    'error: imagelint.yaml:2:1: unknown key "harbour"; did you mean "harbor"?',
    'error: imagelint.yaml:4:9: environments.prod: the key "allow" is missing',
    'error: imagelint.yaml:4:10: environments.prod: unknown key "alow"; did you mean "allow"?',
]
RULE = "id: own\nsummary: s\nseverity: eror\ncheck: required-tg\nwhy: w\nremedy: r\n"


def starts(lines: list[str], wanted: list[str]) -> bool:
    return len(lines) == len(wanted) and all(map(str.startswith, lines, wanted))


@pytest.mark.parametrize("command", [["check"], ["fix"], ["images"], ["policy", "check"]])
def test_a_policy(work: Project, command: list[str]) -> None:
    work.write("imagelint.yaml", WRONG)
    work.write("a.yaml", BAD)
    result = work.run(*command)
    assert result.exit_code == ERROR
    assert starts(result.stderr.splitlines(), LINES), result.stderr
    assert result.stdout == ""


def test_what_a_policy_extends(work: Project) -> None:
    """The file that is wrong is explained, and no other one."""
    work.write("imagelint.yaml", "version: 1\nextends: base.yaml\nx: y\n")
    work.write("base.yaml", WRONG)
    work.write("a.yaml", BAD)
    lines = [line.replace("imagelint.yaml", "base.yaml") for line in LINES]
    assert starts(work.run("check").stderr.splitlines(), lines)


def test_a_rule_file(work: Project) -> None:
    work.write("imagelint.yaml", POLICY + "rule-files: [own.yaml]\n")
    work.write("own.yaml", RULE + "examples: {bad: [a], god: [b]}\n")
    work.write("a.yaml", BAD)
    result = work.run("check")
    assert result.exit_code == ERROR
    wanted = [
        'error: own.yaml:4:8: unknown check "required-tg"; did you mean "required-tag"?',
        'error: own.yaml:3:11: severity: unknown value "eror"; did you mean "error"?',
        'error: own.yaml:7:11: examples: the key "good" is missing',
        'error: own.yaml:7:22: examples: unknown key "god"; did you mean "good"?',
    ]
    assert starts(result.stderr.splitlines(), wanted), result.stderr


def test_each_is_an_annotation(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    work.write("imagelint.yaml", WRONG)
    work.write("a.yaml", BAD)
    places = ["line=2,col=1", "line=4,col=9", "line=4,col=10"]
    heads = [f"::error file=imagelint.yaml,{place}," for place in places]
    assert starts(work.run("check").stdout.splitlines(), heads)


@pytest.mark.parametrize("name", ["jsonschema", "referencing", "rpds"])
def test_who_has_no_mistakes_needs_no_schema(
    work: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Findings are no mistakes in the policy: jsonschema and what it brings are left alone."""
    monkeypatch.setitem(sys.modules, name, None)
    work.write("a.yaml", pod("quay.io/a:1"))
    assert work.run("check").exit_code == FINDINGS


def test_nothing_is_fetched(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema refers to itself alone; the policy's first line is a comment."""
    monkeypatch.setattr("socket.socket.connect", None)
    work.write("imagelint.yaml", f"# yaml-language-server: $schema=http://127.0.0.1:9/\n{WRONG}")
    work.write("a.yaml", BAD)
    assert len(work.run("check").stderr.splitlines()) == len(LINES)
