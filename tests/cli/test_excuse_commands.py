"""``imagelint exceptions`` and ``imagelint baseline``: what they list, write and refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagelint.files.policies import BASELINE_NAME
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project, pod

TODAY = "2026-06-15"
EXCEPTIONS = """\
exceptions:
  - rules: [unapproved-registry]
    images: [docker.io/library/nginx]
    environments: [prod]
    reason: The vendor delivers its chart with this image, and the mirror of it comes with the new
      cluster
    until: 2026-06-15
  - {rules: [floating-tag, missing-digest], paths: [old/**], reason: legacy, until: 2026-06-14}
  - rules: [unapproved-registry]
    objects: [Pod/*, {kind: Job, namespace: "ops-?"}]
    containers: [sidecar]
    reason: tools
"""
SHOWN = """\
imagelint.yaml:15: unapproved-registry
  for      images docker.io/library/nginx; environments prod
  reason   The vendor delivers its chart with this image, and the mirror of it
           comes with the new cluster
  until    2026-06-15: 1 day left
  used by  prod/a.yaml:8, prod/b.yaml:8, prod/c.yaml:8 and 1 more

imagelint.yaml:21: floating-tag, missing-digest
  for      paths old/**
  reason   legacy
  until    2026-06-14: expired 1 day ago
  used by  nobody

imagelint.yaml:22: unapproved-registry
  for      objects Pod/*, Job/* in ops-?; containers sidecar
  reason   tools
  until    it is removed
  used by  nobody
"""


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagelint.run.given.time.strftime", lambda *_: TODAY)


@pytest.fixture
def excusing(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A policy with three exceptions, the first of which four files need."""
    monkeypatch.setenv("COLUMNS", "80")
    project.write("imagelint.yaml", POLICY + EXCEPTIONS)
    for name in "abcd":
        project.write(f"prod/{name}.yaml", BAD)
    return project


def test_exceptions_as_text(excusing: Project) -> None:
    done = excusing.run("exceptions")
    assert (done.exit_code, done.stdout, done.stderr) == (CLEAN, SHOWN, "")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_exceptions_as_json(excusing: Project) -> None:
    done = excusing.run("exceptions", "--format", "json", "prod/b.yaml")
    listed = json.loads(done.stdout)
    assert listed["version"] == 1
    first, second, third = listed["exceptions"]
    assert first == {
        "place": "imagelint.yaml:15",
        "rules": ["unapproved-registry"],
        "images": ["docker.io/library/nginx"],
        "environments": ["prod"],
        "paths": [],
        "objects": [],
        "containers": [],
        "reason": "The vendor delivers its chart with this image, and the mirror of it comes with"
        " the new cluster",
        "until": "2026-06-15",
        "days_left": 1,
        "expired": False,
        "used_by": [
            {
                "path": "prod/b.yaml",
                "line": 8,
                "rule": "unapproved-registry",
                "image": "nginx:1.25",
            }
        ],
    }
    assert (second["days_left"], second["expired"], second["paths"]) == (0, True, ["old/**"])
    assert (third["until"], third["days_left"], third["used_by"]) == (None, None, [])
    assert (third["objects"], third["containers"]) == (["Pod/*", "Job/* in ops-?"], ["sidecar"])


def test_a_place_is_named_once_for_all_its_rules(project: Project) -> None:
    both = (
        "exceptions: [{rules: [unapproved-registry, floating-tag], paths: [prod/*], reason: r}]\n"
    )
    project.write("imagelint.yaml", POLICY.replace('"off"', "error") + both)
    project.write("prod/a.yaml", pod("nginx"))
    assert project.run("exceptions").stdout.endswith("  used by  prod/a.yaml:8\n")


def test_no_exceptions(work: Project) -> None:
    work.write("prod/a.yaml", GOOD)
    assert work.run("exceptions").stdout == "No exceptions.\n"
    assert json.loads(work.run("exceptions", "--format", "json").stdout)["exceptions"] == []
    assert work.run("exceptions", "missing").exit_code == ERROR


def known(project: Project) -> list[tuple[str, str, int]]:
    """Return path, image and count of what the baseline has."""
    value: dict[str, Any] = json.loads(project.read(BASELINE_NAME))
    assert value["version"] == 1
    return [(one["path"], one["image"], one["count"]) for one in value["findings"]]


@pytest.fixture
def old(work: Project) -> Project:
    """A repository whose two findings are in the baseline."""
    work.write("prod/a.yaml", BAD)
    work.write("prod/b.yaml", pod("quay.io/b:1"))
    done = work.run("baseline", "write")
    said = "imagelint-baseline.json: 2 findings known\n"
    assert (done.exit_code, done.stdout, done.stderr) == (CLEAN, "", said)
    return work


A, B = ("prod/a.yaml", "nginx:1.25", 1), ("prod/b.yaml", "quay.io/b:1", 1)


def test_what_is_known_does_not_fail(old: Project) -> None:
    assert known(old) == [A, B]
    assert old.run("check").exit_code == CLEAN
    old.write("prod/a.yaml", f"{BAD}---\n{BAD}")
    done = old.run("check", "--format", "json")
    assert done.exit_code == FINDINGS
    assert len(json.loads(done.stdout)["findings"]) == 1


def test_it_grows_only_when_told_to(old: Project) -> None:
    before = old.read(BASELINE_NAME)
    old.write("prod/c.yaml", BAD)
    done = old.run("baseline", "write")
    assert done.exit_code == ERROR
    assert done.stderr == (
        "error: imagelint-baseline.json does not know 1 finding: fix what is new, or accept it"
        " with --grow\n"
    )
    assert old.read(BASELINE_NAME) == before
    done = old.run("baseline", "write", "--grow")
    assert done.stderr == "imagelint-baseline.json: 3 findings known (1 added, 0 removed)\n"
    assert known(old) == [A, B, ("prod/c.yaml", "nginx:1.25", 1)]


def test_an_empty_baseline_does_not_grow_either(old: Project) -> None:
    old.write("prod/a.yaml", GOOD)
    old.write("prod/b.yaml", GOOD)
    assert old.run("baseline", "prune").exit_code == CLEAN
    assert known(old) == []
    old.write("prod/a.yaml", BAD)
    assert old.run("baseline", "write").exit_code == ERROR
    assert known(old) == []


def test_it_shrinks(old: Project) -> None:
    old.write("prod/a.yaml", GOOD)
    done = old.run("baseline", "prune")
    assert done.stderr == "imagelint-baseline.json: 1 finding known (0 added, 1 removed)\n"
    assert known(old) == [B]
    again = old.read(BASELINE_NAME)
    assert old.run("baseline", "prune").exit_code == CLEAN
    assert old.read(BASELINE_NAME) == again


def test_prune_takes_nothing_in(old: Project) -> None:
    old.write("prod/c.yaml", BAD)
    assert old.run("baseline", "prune").exit_code == CLEAN
    assert known(old) == [A, B]
    assert old.run("check").exit_code == FINDINGS


@pytest.mark.parametrize("command", [("write",), ("prune",)])
def test_what_was_not_linted_stays(old: Project, command: tuple[str, ...]) -> None:
    old.write("prod/a.yaml", GOOD)
    old.write("prod/b.yaml", GOOD)
    assert old.run("baseline", *command, "prod/a.yaml").exit_code == CLEAN
    assert known(old) == [B]


def test_what_is_gone_does_not_stay(old: Project) -> None:
    (old.root / "prod/a.yaml").unlink()
    assert old.run("baseline", "prune", "prod/b.yaml").exit_code == CLEAN
    assert known(old) == [B]
    (old.root / "prod/b.yaml").unlink()
    assert old.run("baseline", "prune").exit_code == CLEAN
    assert known(old) == []


def test_a_file_that_cannot_be_read_stays_known(old: Project) -> None:
    (old.root / "prod/a.yaml").unlink()
    (old.root / "prod/a.yaml").symlink_to("a.yaml")
    old.run("baseline", "prune")
    assert A in known(old)


def test_locked_rules_are_left_out(work: Project) -> None:
    work.write(
        "imagelint.yaml",
        POLICY.replace('"off"', "warning") + "locked: [rules.unapproved-registry]\n",
    )
    work.write("prod/a.yaml", pod("nginx"))
    assert work.run("baseline", "write").exit_code == CLEAN
    rules = [one["rule"] for one in json.loads(work.read(BASELINE_NAME))["findings"]]
    assert rules == ["floating-tag"]
    said = work.run("baseline", "write").stderr.splitlines()
    assert said == [
        "imagelint-baseline.json: 1 finding known (0 added, 0 removed)",
        "imagelint.yaml: 1 finding of locked rules left out",
    ]
    assert work.run("check").exit_code == FINDINGS


@pytest.mark.parametrize("locked", ["baseline", '"*"'])
def test_where_it_is_locked_none_is_written(work: Project, locked: str) -> None:
    work.write("imagelint.yaml", f"{POLICY}locked: [{locked}]\n")
    work.write("prod/a.yaml", BAD)
    done = work.run("baseline", "write")
    assert done.exit_code == ERROR
    assert "imagelint.yaml:14:10" in done.stderr
    assert not (work.root / BASELINE_NAME).exists()


def test_where_it_is_locked_none_counts(old: Project) -> None:
    old.write("imagelint.yaml", f"{POLICY}locked: [baseline]\n")
    for command in (("check",), ("baseline", "prune")):
        done = old.run(*command)
        assert done.exit_code == ERROR
        assert "no baseline may excuse anything here" in done.stderr


def test_it_stands_beside_the_policy_that_is_named(project: Project) -> None:
    project.write("policies/x.yaml", POLICY)
    project.write("prod/a.yaml", BAD)
    assert project.run("baseline", "write", "--policy", "policies/x.yaml").exit_code == CLEAN
    assert (project.root / "policies" / BASELINE_NAME).exists()
    assert project.run("check", "--policy", "policies/x.yaml").exit_code == CLEAN


def test_each_policy_has_its_own(work: Project) -> None:
    work.write("team/imagelint.yaml", "version: 1\nextends: ../imagelint.yaml\n")
    work.write("team/prod/a.yaml", BAD)
    work.write("prod/b.yaml", BAD)
    assert work.run("baseline", "write").exit_code == CLEAN
    assert known(work) == [("prod/b.yaml", "nginx:1.25", 1)]
    assert known(Project(work.root / "team")) == [("prod/a.yaml", "nginx:1.25", 1)]
    assert work.run("check").exit_code == CLEAN


def test_excuses_need_no_baseline(excusing: Project) -> None:
    done = excusing.run("baseline", "write", "prod")
    assert (done.exit_code, done.stderr) == (CLEAN, "imagelint.yaml: no findings to record\n")
    assert not (excusing.root / BASELINE_NAME).exists()


def test_of_several_policies_all_are_written_or_none(old: Project) -> None:
    old.write("new/imagelint.yaml", "version: 1\nextends: ../imagelint.yaml\n")
    old.write("new/prod/a.yaml", BAD)
    old.write("prod/c.yaml", BAD)
    assert old.run("baseline", "write", "new", "prod").exit_code == ERROR
    assert not (old.root / "new" / BASELINE_NAME).exists()


@pytest.mark.parametrize("command", ["write", "prune"])
def test_without_a_policy(project: Project, command: str) -> None:
    project.write("a.yaml", BAD)
    done = project.run("baseline", command)
    assert done.exit_code == (ERROR if command == "write" else CLEAN)
    assert not (project.root / BASELINE_NAME).exists()


def test_a_file_that_cannot_be_read_fails(old: Project) -> None:
    old.write("prod/c.yaml", b"\x00")
    (old.root / "prod/d.yaml").symlink_to("d.yaml")
    done = old.run("baseline", "write", "--grow", "prod", "missing")
    assert done.exit_code == ERROR
