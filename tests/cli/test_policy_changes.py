"""What a change of a policy changes: ``policy diff``, layers, and what ``check`` makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project, pod
from tests.support.repository import QUIET, Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("change", "code", "expected"),
    [
        (("", ""), CLEAN, "0 verdicts of 3 change.\n"),
        (
            ("[h.io]", "[h.io, docker.io]"),
            FINDINGS,
            ("PLACE  IMAGE  BEFORE  AFTER\n"
            "prod/a.yaml:8:12  nginx:1.25  error unapproved-registry in prod  no finding\n\n"
            "1 verdict of 3 changes.\n"),
        ),
        (
            ("default: prod", 'default: prod\nexclude: ["dev/**"]'),
            FINDINGS,
            "dev/b.yaml:8:12  nginx  no finding  left out\n\n1 verdict of 3 changes.\n",
        ),
        (
            ("default: prod", ("default: prod\nexceptions: [{rules: [unapproved-registry],"
             " reason: r, paths: [prod/*]}]")),
            FINDINGS,
            ("prod/a.yaml:8:12  nginx:1.25  error unapproved-registry in prod"
            "  error unapproved-registry in prod (suppressed)\n\n1 verdict of 3 changes.\n"),
        ),
        (
            ('{floating-tag: "off"}', "{missing-digest: note}"),
            FINDINGS,
            "3 verdicts of 3 change.\n",
        ),
    ],
)  # fmt: skip
def test_diff(work: Project, change: tuple[str, str], code: int, expected: str) -> None:
    work.write("new.yaml", POLICY.replace(*change))
    work.write("prod/a.yaml", BAD)
    work.write("prod/c.yaml", GOOD)
    work.write("dev/b.yaml", pod("nginx"))
    done = work.run("policy", "diff", "imagelint.yaml", "new.yaml", "prod", "dev")
    assert re.sub(" {2,}", "  ", done.stdout).endswith(expected)
    assert (done.exit_code, done.stderr) == (code, "")


def test_diff_where_a_file_cannot_be_read(work: Project) -> None:
    done = work.run("policy", "diff", "imagelint.yaml", "imagelint.yaml", "missing.yaml")
    assert done.exit_code == ERROR
    assert done.stderr.count("missing.yaml") == 1
    assert work.run("policy", "diff", "imagelint.yaml", "none.yaml").exit_code == ERROR


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """``main`` has a policy over a base, a baseline and two bad files."""
    made = Repository.new(tmp_path / "project")
    made.write("policies/base.yaml", POLICY)
    made.write("imagelint.yaml", "version: 1\nextends: policies/base.yaml\n")
    made.write("prod/a.yaml", BAD)
    made.write("prod/old.yaml", pod("quay.io/old"))
    monkeypatch.chdir(made.root)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    assert Project(made.root).run("baseline", "write", "prod/old.yaml").exit_code == CLEAN
    made.commit()
    return made


def run(repository: Repository, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr."""
    done = Project(repository.root).run(*arguments)
    return done.exit_code, done.stdout, done.stderr


LOOSE = POLICY.replace("allow: [h.io]", 'allow: ["*"]')


@needs_git
def test_diff_of_a_commit_and_the_working_folder(repository: Repository) -> None:
    diff = ("policy", "diff", "main:imagelint.yaml", "imagelint.yaml", "prod")
    assert run(repository, *diff) == (CLEAN, "0 verdicts of 2 change.\n", "")
    repository.write("policies/base.yaml", LOOSE)
    code, printed, said = run(repository, *diff)
    assert (code, said) == (FINDINGS, "")
    assert re.search(
        "prod/a.yaml:8:12 +nginx:1.25 +error unapproved-registry in prod +no finding", printed
    )
    code, _, said = run(repository, "policy", "diff", "nope:imagelint.yaml", "imagelint.yaml")
    assert code == ERROR
    assert "nope" in said


@needs_git
@pytest.mark.parametrize("ways", [("policies/base.yaml", LOOSE), ("imagelint-baseline.json", None)])
def test_a_change_gains_nothing_by_its_base_or_baseline(
    repository: Repository, ways: tuple[str, str | None]
) -> None:
    name, text = ways
    if text is None:
        assert run(repository, "baseline", "write", "--grow")[0] == CLEAN
    else:
        repository.write(name, text)
    assert run(repository, "check")[0] == CLEAN
    for _ in range(2):
        code, found, said = run(repository, "check", "--policy-from", "main", "--format", "text")
        assert code == FINDINGS
        assert "prod/a.yaml:8:12" in found
        assert "prod/old.yaml" not in found
        assert f"warning: {name} is changed since main; what main has decides" in said
        repository.git("checkout", "-q", "-B", "topic")
        repository.commit()


@needs_git
def test_a_new_baseline_does_not_count(repository: Repository) -> None:
    repository.git("rm", "-q", "imagelint-baseline.json")
    repository.commit()
    assert run(repository, "baseline", "write")[0] == CLEAN
    assert run(repository, "check")[0] == CLEAN
    code, _, said = run(repository, "check", "--policy-from", "main")
    assert code == FINDINGS
    assert "imagelint-baseline.json is new since main" in said


@needs_git
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("imagelint.yaml", "version: 1\nextends: policies/base.yaml\nexclude: [x]\n"),
        ("policies/base.yaml", f"{POLICY}# changed\n"),
        ("imagelint-baseline.json", '{"version": 1, "findings": []}\n'),
        ("imagelint-baseline.json", None),
    ],
)
def test_what_decides_concerns_its_files(
    repository: Repository, name: str, text: str | None
) -> None:
    def linted() -> bool:
        return "prod/a.yaml:8:12" in run(repository, "check", "--changed-since", "main")[1]

    assert not linted()
    if text is None:
        (repository.root / name).unlink()
    else:
        repository.write(name, text)
    assert linted()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            POLICY,
            ERROR,
            "team/imagelint.yaml: this policy stands below imagelint.yaml and does not",
        ),
        ("version: 1\nextends: ../imagelint.yaml\n", CLEAN, ""),
        ("version: 1\nextends: ../other.yaml\n", ERROR, "add `extends: ../imagelint.yaml`"),
        ("version: 1\nextends: between.yaml\n", CLEAN, ""),
        (
            "version: 1\nextends: gone.yaml\n",
            ERROR,
            "team/imagelint.yaml:2:10: extends: there is no",
        ),
        ("version: 1\nextends: circle.yaml\n", ERROR, "circle.yaml:2:10: extends: "),
    ],
)
def test_a_policy_below_another(work: Project, text: str, code: int, said: str) -> None:
    work.write("other.yaml", POLICY)
    work.write("team/between.yaml", "version: 1\nextends: ../imagelint.yaml\n")
    work.write("team/circle.yaml", "version: 1\nextends: imagelint.yaml\n")
    work.write("team/imagelint.yaml", text)
    work.write("team/prod/a.yaml", GOOD)
    done = work.run("check", "team/prod")
    assert done.exit_code == code, done.output
    assert said in done.stderr
