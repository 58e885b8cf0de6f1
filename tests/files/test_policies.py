from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.model.errors import FileError, ImagelintError, PolicyError, UsageError
from imagelint.rules.built_in import RULES
from tests.support.needs import needs_git
from tests.support.project import POLICY, Project
from tests.support.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def names(found: files.Found) -> list[str]:
    return [file.shown for file in found.files]


def reasons(found: files.Found) -> dict[str, str]:
    return {one.path: one.reason for one in found.skipped}


# --- policies --------------------------------------------------------------------------


@pytest.fixture
def policies(project: Project) -> files.Policies:
    return files.Policies(RULES, str(project.root))


def test_without_a_policy_the_built_in_one_serves(
    project: Project, policies: files.Policies
) -> None:
    governing = policies.for_file(str(project.root / "k/a.yaml"))
    assert governing.is_built_in
    assert governing.folder == str(project.root)
    assert len(governing.stamp.sha256) == 64


def test_a_policy_is_found_from_the_file_upwards(
    project: Project, policies: files.Policies
) -> None:
    project.write("k/imagelint.yaml", POLICY)
    governing = policies.for_file(str(project.root / "k/deep/er/a.yaml"))
    assert governing.stamp.path == "k/imagelint.yaml"
    assert governing.match_path(str(project.root / "k/deep/a.yaml")) == "deep/a.yaml"
    assert policies.for_file(str(project.root / "a.yaml")).is_built_in


def test_the_search_ends_at_the_repository(project: Project) -> None:
    project.write("imagelint.yaml", POLICY)
    inner = project.root / "inner"
    (inner / ".git").mkdir(parents=True)
    found = files.Policies(RULES, str(inner))
    assert found.for_folder(str(inner)).is_built_in


@needs_git
def test_a_submodule_brings_no_policy_of_its_own(tmp_path: Path) -> None:
    """Seen from the repository that has it; inside of it, it is a repository like any other."""
    inner, outer = Repository.new(tmp_path / "inner"), Repository.new(tmp_path / "outer")
    for one in (inner, outer):
        (one.root / "imagelint.yaml").write_text(POLICY)
        one.git("add", ".")
        one.git("commit", "-qm", "policy")
    outer.git("submodule", "add", "-q", str(inner.root), "sub")
    sub = outer.root / "sub"
    rules = RULES
    with pytest.raises(PolicyError, match=r"^sub/imagelint\.yaml: .*below imagelint\.yaml"):
        files.Policies(rules, str(outer.root)).for_folder(str(sub))
    inside = files.Policies(rules, str(sub)).for_folder(str(sub / "k"))
    assert inside.folder == str(sub)
    outer.git("worktree", "add", "-q", str(tmp_path / "tree"))
    tree = files.Policies(rules, str(tmp_path)).for_folder(str(tmp_path / "tree" / "k"))
    assert tree.folder == str(tmp_path / "tree")


def test_a_policy_below_another_is_refused_and_both_are_named(
    project: Project, policies: files.Policies
) -> None:
    project.write("imagelint.yaml", POLICY)
    project.write("a/b/imagelint.yaml", POLICY)
    assert policies.for_folder(str(project.root / "a")).stamp.path == "imagelint.yaml"
    with pytest.raises(PolicyError, match=r"^a/b/imagelint.yaml: .*below imagelint.yaml.*extends"):
        policies.for_folder(str(project.root / "a/b/c"))


def test_an_option_overrides_what_is_found(project: Project) -> None:
    project.write("imagelint.yaml", "broken")
    project.write("ci/other.yaml", POLICY)
    rules = RULES
    found = files.Policies(rules, str(project.root), "ci/other.yaml")
    governing = found.for_file(str(project.root / "k/a.yaml"))
    assert governing.stamp.path == "ci/other.yaml"
    assert governing.folder == str(project.root)


@pytest.mark.parametrize(
    ("content", "error"), [(None, FileError), ("nonsense: 1\n", PolicyError), ("", PolicyError)]
)
def test_a_policy_that_cannot_be_used(
    project: Project, content: str | None, error: type[ImagelintError]
) -> None:
    if content is not None:
        project.write("p.yaml", content)
    found = files.Policies(RULES, str(project.root), "p.yaml")
    with pytest.raises(error, match=r"^p.yaml"):
        found.for_folder(str(project.root))


# --- excluding -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("globs", "left"),
    [
        ([], ["a.yaml", "v/b.yaml", "v/w/c.yaml"]),
        (["v/**"], ["a.yaml"]),
        (["v/"], ["a.yaml"]),
        (["v"], ["a.yaml"]),
        (["./v"], ["a.yaml"]),
        (["v/*"], ["a.yaml", "v/w/c.yaml"]),
        (["**/w/**"], ["a.yaml", "v/b.yaml"]),
        (["*.yaml", "v/w/c.yaml"], ["v/b.yaml"]),
        (["**"], []),
    ],
)
def test_exclude(
    project: Project, policies: files.Policies, globs: list[str], left: list[str]
) -> None:
    for name in ("a.yaml", "v/b.yaml", "v/w/c.yaml"):
        project.write(name, "")
    exclusion = files.Exclusion(policies, globs, str(project.root))
    by_walk = files.find(["."], str(project.root), exclusion)
    by_name = files.find(["a.yaml", "v/b.yaml", "v/w/c.yaml"], str(project.root), exclusion)
    assert names(by_walk) == names(by_name) == left
    assert {one.reason for one in by_name.skipped} <= {"excluded by --exclude"}


def test_a_folder_that_is_excluded_counts_once(project: Project, policies: files.Policies) -> None:
    project.write("imagelint.yaml", POLICY + 'exclude: ["v/**", "**/x.yaml"]\n')
    for name in ("v/a.yaml", "v/w/b.yaml", "s/x.yaml", "s/y.yaml"):
        project.write(name, "")
    exclusion = files.Exclusion(policies, [], str(project.root))
    found = files.find(["."], str(project.root), exclusion)
    assert names(found) == ["imagelint.yaml", "s/y.yaml"]
    excluded = {"s/x.yaml": "excluded by imagelint.yaml", "v": "excluded by imagelint.yaml"}
    assert {**reasons(found), **excluded} == reasons(found)
    assert files.find(["v"], str(project.root), exclusion).warnings


def test_what_is_excluded_needs_no_policy_that_serves(
    project: Project, policies: files.Policies
) -> None:
    project.write("imagelint.yaml", POLICY + 'exclude: ["fixtures/**"]\n')
    project.write("fixtures/imagelint.yaml", "broken")
    project.write("fixtures/a.yaml", "")
    exclusion = files.Exclusion(policies, [], str(project.root))
    found = files.find([".", "fixtures/a.yaml"], str(project.root), exclusion)
    assert names(found) == ["imagelint.yaml"]


@pytest.mark.parametrize(
    ("globs", "left"),
    [
        (["x/**"], ["../a.yaml", "../t/x/d.yaml", "b.yaml", "imagelint.yaml"]),
        (["x/*.yaml"], ["../a.yaml", "../t/x/d.yaml", "b.yaml", "imagelint.yaml"]),
        (["../t/**"], ["../a.yaml", "b.yaml", "imagelint.yaml", "x/c.yaml"]),
        (["../**/x/"], ["../a.yaml", "b.yaml", "imagelint.yaml", "x/c.yaml"]),
        (["../*/x/*"], ["../a.yaml", "b.yaml", "imagelint.yaml", "x/c.yaml"]),
        (["**/x/**"], ["../a.yaml", "b.yaml", "imagelint.yaml"]),
    ],
)
def test_globs_are_seen_from_the_working_folder(
    project: Project, globs: list[str], left: list[str]
) -> None:
    """Whatever the way there: from ``..`` down to it and below, or up and down again."""
    project.write("s/imagelint.yaml", POLICY)
    for name in ("a.yaml", "s/b.yaml", "s/x/c.yaml", "t/x/d.yaml"):
        project.write(name, "")
    cwd = str(project.root / "s")
    exclusion = files.Exclusion(files.Policies(RULES, cwd), globs, cwd)
    found = files.find([".."], cwd, exclusion)
    assert sorted(os.path.relpath(one.path, cwd) for one in found.files) == left


def test_a_bad_glob_is_a_usage_error(project: Project, policies: files.Policies) -> None:
    with pytest.raises(UsageError, match="--exclude: "):
        files.Exclusion(policies, ["a**b"], str(project.root))


# --- what a walk has seen ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(["a.yaml"], "imagelint.yaml", id="nothing that decides: not looked for"),
        pytest.param(["a.yaml", "imagelint.yaml"], "s/imagelint.yaml", id="a policy"),
        pytest.param(["IMAGELINT.yaml"], "s/imagelint.yaml", id="perhaps one, whatever its case"),
        pytest.param([".git"], "s/imagelint.yaml", id="a repository: looked at"),
    ],
)
def test_a_policy_is_looked_for_unless_a_walk_has_seen_that_there_is_none(
    project: Project, policies: files.Policies, seen: list[str], expected: str
) -> None:
    project.write("imagelint.yaml", POLICY)
    project.write("s/imagelint.yaml", "extends: ../imagelint.yaml\nversion: 1\n")
    policies.for_folder(str(project.root))
    policies.hear(str(project.root / "s"), seen)
    assert policies.for_folder(str(project.root / "s")).shown == expected


def test_what_a_walk_has_seen_says_nothing_where_the_folder_above_is_unknown(
    project: Project, policies: files.Policies
) -> None:
    project.write("s/imagelint.yaml", POLICY)
    policies.hear(str(project.root / "s"), [])
    assert policies.for_folder(str(project.root / "s")).shown == "s/imagelint.yaml"
