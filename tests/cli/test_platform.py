"""``fixtures/platform``: a platform team and two product teams, and every command over it.

``repository/`` has the company's policy, those of the teams that extend it, and what is excused by
exceptions, comments and a baseline. What each command prints on a fixed day stands in
``golden/``; ``IMAGELINT_GOLDEN=write`` in the environment writes it anew, for review.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.project import CLEAN, FINDINGS, ROOT, Project

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = ROOT / "fixtures/platform"
GOLDEN = PLATFORM / "golden"
WRITE = os.environ.get("IMAGELINT_GOLDEN") == "write"
TODAY = "2026-06-15"
COMMANDS = {
    "check.txt": ("check",),
    "check.json": ("check", "--format", "json"),
    "check.concise.txt": ("check", "--format", "concise"),
    "check.sarif": ("check", "--format", "sarif"),
    "check.github.txt": ("check", "--format", "github"),
    "check.gitlab.json": ("check", "--format", "gitlab"),
    "check.junit.xml": ("check", "--format", "junit"),
    "check.md": ("check", "--format", "markdown"),
    "check-team.txt": ("check", "teams/shop"),
    "fix.diff": ("fix", "--diff"),
    "images.txt": ("images",),
    "images.json": ("images", "--format", "json"),
    "rules.txt": ("rules",),
    "explain-rule.txt": ("explain", "no-bitnami"),
    "explain-image.txt": ("explain", "bitnami/redis:7.4", "--env", "prod"),
    "show-policy.txt": ("check", "--show-policy", "teams/shop/prod/web.yaml"),
    "exceptions.txt": ("exceptions",),
    "exceptions.json": ("exceptions", "--format", "json"),
    "policy-check.txt": ("policy", "check"),
    "policy-check-team.txt": ("policy", "check", "teams/data/imagelint.yaml"),
    "policy-test.txt": ("policy", "test"),
    "policy-test-team.txt": ("policy", "test", "teams/shop/imagelint.yaml"),
    "policy-diff.txt": ("policy", "diff", "imagelint.yaml", "stricter.yaml", "platform"),
    "workloads-unknown.txt": ("workloads", "--unknown"),
    "baseline-write.txt": ("baseline", "write"),
    "baseline-grow.txt": ("baseline", "write", "--grow"),
    "baseline-prune.txt": ("baseline", "prune"),
}


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the repository, on the fixed day."""
    root = tmp_path / "repository"
    shutil.copytree(PLATFORM / "repository", root)
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("imagelint.run.given.time.strftime", lambda *_: TODAY)
    return Project(root)


@pytest.mark.parametrize("name", COMMANDS)
def test_golden(platform: Project, name: str) -> None:
    done = platform.run(*COMMANDS[name])
    assert "internal error" not in done.stderr, done.stderr
    text = done.stdout + "".join(f"stderr: {line}\n" for line in done.stderr.splitlines())
    text += f"exit {done.exit_code}\n"
    golden = GOLDEN / name
    if WRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(text.encode())
    assert text == golden.read_bytes().decode()


def test_every_golden_file_is_one_of_a_command() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(COMMANDS)


def report(platform: Project, style: str) -> dict[str, Any]:
    done = platform.run("check", "--format", style)
    assert done.exit_code == FINDINGS
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_the_teams_own_kind_is_listed(platform: Project) -> None:
    done = platform.run("workloads", "--policy", "teams/data/imagelint.yaml")
    rows = [row for row in done.stdout.split("\n\n") if "myco.com" in row]
    assert done.exit_code == CLEAN
    assert [re.split(r"\n? {2,}", row) for row in rows] == [
        [
            "Query.data.myco.com",
            "spec.engineImage",
            "spec.loader.(repository, tag)",
            "# our operator's README (teams/data/imagelint.yaml:5)",
        ],
        [
            "Notebook.data.myco.com",
            "not spec.containers[].image",
            "# the picture on the notebook's page (imagelint.yaml:24)",
        ],
    ]


SHOP = "teams/shop/imagelint.yaml"
UNMIRRORED = "The vendor's licence forbids a mirror (contract 4711)"
BEFORE_TAGS = "the last build from before we tagged"
REPORT, WEB, OLD = "prod/report.yaml", "prod/web.yaml", "staging/old.yaml"
EXCUSED = [
    # file, line, rule, by, reason, until, place
    ("platform/prod/ingress.yaml", 11, "unapproved-registry", "exception", UNMIRRORED),
    ("teams/data/prod/import.yaml", 13, "unapproved-registry", "exception", UNMIRRORED),
    (f"teams/shop/{REPORT}", 13, "floating-tag", "comment", "the report is to run last night's"),
    (f"teams/shop/{REPORT}", 13, "missing-digest", "comment", "rebuilt every night"),
    (f"teams/shop/{REPORT}", 16, "missing-digest", "comment", "rebuilt every night"),
    (f"teams/shop/{REPORT}", 19, "missing-digest", "comment", "rebuilt every night"),
    (f"teams/shop/{OLD}", 7, "floating-tag", "baseline", "known"),
    (f"teams/shop/{OLD}", 7, "missing-digest", "baseline", "known"),
    (f"teams/shop/{OLD}", 9, "floating-tag", "baseline", "known"),
    (f"teams/shop/{OLD}", 9, "missing-digest", "baseline", "known"),
    (f"teams/shop/{WEB}", 12, "floating-tag", "exception", "The last build from before we tagged"),
    (f"teams/shop/{WEB}", 12, "missing-digest", "comment", BEFORE_TAGS),
]  # fmt: skip
PLACES = {
    ("exception", "unapproved-registry"): "imagelint.yaml:",
    ("exception", "floating-tag"): f"{SHOP}:",
    ("baseline", "floating-tag"): "teams/shop/imagelint-baseline.json",
    ("baseline", "missing-digest"): "teams/shop/imagelint-baseline.json",
}


def test_all_that_was_excused_is_in_the_json(platform: Project) -> None:
    value = report(platform, "json")
    suppressed = value["suppressed"]
    assert len(suppressed) == value["summary"]["suppressed"] == len(EXCUSED)
    found = sorted(suppressed, key=lambda one: (one["path"], one["line"], one["rule"]))
    for one, (path, line, rule, by, reason) in zip(found, sorted(EXCUSED), strict=True):
        assert (one["path"], one["line"], one["rule"], one["by"]) == (path, line, rule, by)
        assert one["reason"].startswith(reason)
        assert one["until"] == ("2099-12-31" if reason == UNMIRRORED else None)
        assert one["place"].startswith(PLACES.get((by, rule), f"{path}:"))


def test_all_that_was_excused_is_in_the_sarif(platform: Project) -> None:
    results = report(platform, "sarif")["runs"][0]["results"]
    excused = [one for one in results if one.get("suppressions")]
    kinds = sorted(
        (
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
            one["ruleId"],
            one["suppressions"][0]["kind"],
        )
        for one in excused
    )
    assert kinds == sorted(
        (path, line, rule, "inSource" if by == "comment" else "external")
        for path, line, rule, by, _ in EXCUSED
    )
    assert all(one["suppressions"][0]["justification"] for one in excused)


def test_what_is_locked_is_not_talked_away(platform: Project) -> None:
    rules = [one["rule"] for one in report(platform, "json")["findings"]]
    assert rules.count("unused-ignore") == 4
    assert {"unapproved-registry", "no-bitnami", "expired-exception", "floating-tag"} <= {*rules}


@pytest.mark.parametrize(
    "more",
    [
        "environments: {prod: {allow: ['*']}}",
        "default: dev",
        "exclude: [prod/**]",
        "harbor: {host: h.io, projects: {}}",
        "rules: {unapproved-registry: off}",
        "environments: {prod: {rules: {unapproved-registry: note}}}",
        "ignore-fields: [{groups: [apps], kinds: [Deployment], fields: [spec.x], reason: r}]",
    ],
)
def test_no_team_loosens_what_the_company_has_locked(platform: Project, more: str) -> None:
    name = "teams/shop/imagelint.yaml"
    platform.write(name, f"version: 1\nextends: ../../imagelint.yaml\n{more}\n")
    done = platform.run("check", "teams/shop")
    assert done.exit_code not in {CLEAN, FINDINGS}
    assert done.stderr.startswith(f"error: {name}:3:")
    assert " is locked at imagelint.yaml:" in done.stderr


def test_what_fix_repairs_needs_no_second_time(platform: Project) -> None:
    platform.run("fix")
    done = platform.run("fix", "--diff")
    assert "+++" not in done.stdout
    assert "harbor.myco.com/ghcr.io/shop/sidecar:1" in platform.read(f"teams/shop/{WEB}")
    assert "repository: harbor.myco.com/quay.io/data/loader" in platform.read(
        "teams/data/prod/query.yaml"
    )
