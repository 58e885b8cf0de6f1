"""``--policy-from``: the policy of a commit decides, and what differs from it is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project
from tests.support.repository import QUIET, Repository

pytestmark = needs_git
OPEN = POLICY.replace("allow: [h.io]", 'allow: ["*"]')
EXCLUDING = POLICY + 'exclude: ["prod/**"]\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """``main`` has a strict policy and a bad file."""
    made = Repository.new(tmp_path / "project")
    made.write("imagelint.yaml", POLICY)
    made.write("prod/a.yaml", BAD)
    made.commit()
    monkeypatch.chdir(made.root)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return made


def check(*arguments: str, ref: str = "main") -> tuple[int, str, str]:
    """Return exit code, stdout and stderr."""
    done = Project(Path.cwd()).run("check", "--policy-from", ref, *arguments)
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.usefixtures("repository")
def test_nothing_to_say_where_it_is_the_same() -> None:
    code, _, said = check()
    assert (code, said) == (FINDINGS, "")


@pytest.mark.parametrize("loosened", [OPEN, EXCLUDING, "broken"])
def test_a_change_cannot_loosen_its_own_gate(repository: Repository, loosened: str) -> None:
    repository.write("imagelint.yaml", loosened)
    if loosened != "broken":
        assert Project(repository.root).run("check").exit_code == CLEAN
    for _ in range(2):
        code, found, said = check()
        assert code == FINDINGS
        assert "unapproved-registry" in found
        assert "warning: imagelint.yaml is changed since main; what main has decides" in said
        repository.git("checkout", "-q", "-B", "topic")
        repository.commit()


def test_the_difference_is_shown(repository: Repository) -> None:
    repository.write("imagelint.yaml", OPEN)
    _, _, said = check()
    assert "\n-    allow: [h.io]\n" in said
    assert '\n+    allow: ["*"]\n' in said


def test_a_policy_that_is_deleted_still_decides(repository: Repository) -> None:
    repository.git("rm", "-q", "imagelint.yaml")
    code, _, said = check()
    assert code == FINDINGS
    assert "imagelint.yaml is gone since main" in said


def test_a_policy_below_that_is_new_does_not_count(repository: Repository) -> None:
    repository.write("prod/imagelint.yaml", OPEN)
    assert Project(repository.root).run("check").exit_code == ERROR
    code, _, said = check()
    assert code == FINDINGS
    assert "prod/imagelint.yaml is new since main" in said


def test_without_a_policy_the_built_in_one_decides(repository: Repository) -> None:
    repository.git("rm", "-q", "imagelint.yaml")
    repository.commit()
    repository.write("imagelint.yaml", OPEN)
    code, found, said = check()
    assert code == FINDINGS
    assert "harbor.myco.com" in found
    assert "no imagelint.yaml found" in said
    assert "imagelint.yaml is new since main" in said


def test_the_policy_that_is_named(repository: Repository, tmp_path: Path) -> None:
    repository.write("policies/x.yaml", POLICY)
    repository.commit()
    repository.write("policies/x.yaml", OPEN)
    assert check("--policy", "policies/x.yaml")[0] == FINDINGS
    code, _, said = check("--policy", "policies/new.yaml")
    assert code == ERROR
    assert "policies/new.yaml: there is no such file in main" in said
    outside = tmp_path / "company.yaml"
    outside.write_text(OPEN, encoding="utf-8")
    assert check("--policy", str(outside))[0] == CLEAN


@pytest.mark.parametrize(("target", "code"), [("real.yaml", FINDINGS), ("../x.yaml", ERROR)])
def test_a_policy_that_is_a_link(repository: Repository, target: str, code: int) -> None:
    repository.git("mv", "imagelint.yaml", "real.yaml")
    (repository.root / "imagelint.yaml").symlink_to(target)
    repository.commit()
    repository.write("real.yaml", OPEN)
    assert check()[0] == code


def test_links_in_a_circle(repository: Repository) -> None:
    repository.git("rm", "-q", "imagelint.yaml")
    (repository.root / "imagelint.yaml").symlink_to("x.yaml")
    (repository.root / "x.yaml").symlink_to("imagelint.yaml")
    repository.commit()
    code, _, said = check()
    assert code == ERROR
    assert "too many links in main" in said


def test_a_repository_that_is_new_inside_has_no_say(repository: Repository) -> None:
    inner = Repository.new(repository.root / "prod/sub")
    inner.write("imagelint.yaml", OPEN)
    inner.write("b.yaml", BAD)
    assert Project(repository.root).run("check", "prod/sub").exit_code == CLEAN
    assert check("prod/sub")[0] == FINDINGS


def test_fix_uses_it_too(repository: Repository) -> None:
    repository.write("imagelint.yaml", OPEN)
    done = Project(repository.root).run("fix", "--policy-from", "main")
    assert done.exit_code == CLEAN
    assert repository.read("prod/a.yaml") == GOOD


@pytest.mark.usefixtures("repository")
def test_a_commit_that_is_missing() -> None:
    code, _, said = check(ref="origin/release")
    assert code == ERROR
    assert "fetch it (`git fetch origin release`)" in said


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:imagelint.yaml")
    os.unlink(repository.root / ".git/objects" / blob[:2] / blob[2:])
    program = repository.write(".git/program", f"#!/bin/sh\ntouch '{repository.root}/run'\n")
    program.chmod(0o755)
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": str(repository.root),
        "remote.origin.uploadPack": str(program),
    }.items():
        repository.git("config", key, value)
    code, _, said = check(ref="HEAD")
    assert code == ERROR
    assert "imagelint.yaml: cannot be read from HEAD: " in said
    assert not (repository.root / "run").exists()


def test_lines_of_a_policy_are_made_fit_for_a_terminal(repository: Repository) -> None:
    repository.write("imagelint.yaml", (POLICY + "# \x1b[2J\u202e").encode() + b"\xff\n")
    _, _, said = check()
    assert "\x1b" not in said
    assert "\u202e" not in said
