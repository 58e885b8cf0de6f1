"""Links to folders: what git tracks is judged where the link stands, and counts as a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagelint.files import walk
from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project
from tests.support.repository import QUIET, Repository

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_git


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository in which ``dev`` may run what ``prod`` may not."""
    repository = Repository.new(tmp_path / "project")
    repository.write("imagelint.yaml", POLICY.replace('"prod/**"', '"prod/**", "**/prod/**"'))
    repository.write("dev/x.yaml", BAD)
    repository.write("prod/x.yaml", GOOD)
    repository.commit()
    monkeypatch.chdir(repository.root)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return Project(repository.root)


def link(work: Project, name: str, target: str, *, tracked: bool = True) -> None:
    place = work.root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
    if tracked:
        Repository(work.root).commit()


def replaced(work: Project, *, tracked: bool = True) -> None:
    """Put a link to ``dev`` in the place of ``prod``."""
    (work.root / "prod/x.yaml").unlink()
    (work.root / "prod").rmdir()
    link(work, "prod", "dev", tracked=tracked)


WAYS = [(".",), ("**/*.yaml",), ("prod",), ("prod/x.yaml",), ("prod/*.yaml",), ()]


@pytest.mark.parametrize("paths", WAYS)
def test_every_way_to_name_it_gives_one_verdict(work: Project, paths: tuple[str, ...]) -> None:
    assert work.run("check", *paths).exit_code == CLEAN
    replaced(work)
    done = work.run("check", *paths)
    assert done.exit_code == FINDINGS, done.output
    assert done.stdout.count("prod/x.yaml:") == 1
    assert "dev/x.yaml:" not in done.stdout
    done = work.run("check", "--changed-since", "HEAD~", *paths)
    assert done.exit_code == FINDINGS, done.output
    assert "prod/x.yaml:" in done.stdout
    assert work.run("check", "--changed-since", "HEAD", *paths).exit_code == CLEAN


def test_a_link_that_leads_elsewhere_now_is_a_change(work: Project) -> None:
    work.write("other/x.yaml", GOOD)
    link(work, "live", "other")
    link(work, "apps/prod", "../live")
    (work.root / "live").unlink()
    link(work, "live", "dev")
    done = work.run("check", "--changed-since", "HEAD~", ".")
    assert done.exit_code == FINDINGS
    assert "apps/prod/x.yaml:" in done.stdout


def test_an_untracked_link_is_skipped_and_listed(work: Project) -> None:
    link(work, "k8s/prod", "../dev", tracked=False)
    done = work.run("check", "--verbose", ".")
    assert done.exit_code == CLEAN
    assert "k8s/prod: link to a folder" in done.stderr


def test_the_same_verdict_is_given_once(work: Project) -> None:
    work.write("prod/y.yaml", BAD)
    link(work, "apps/prod", "../prod")
    done = work.run("check", ".")
    assert done.exit_code == FINDINGS
    assert done.stdout.count("unapproved-registry") == 1


def test_links_behind_links_are_followed_and_no_circle_is(work: Project) -> None:
    link(work, "apps/all/prod", "../../dev")
    link(work, "everything", "apps")
    link(work, "dev/round", "..")
    link(work, "dev/self", ".")
    link(work, "apps/all/back", "..")
    link(work, "apps/there", "../mutual")
    link(work, "mutual/back", "../apps")
    listed = work.run("check", "--show-files", ".").stdout.split()
    assert [one for one in listed if one.startswith("apps/")] == ["apps/all/prod/x.yaml"]
    assert "everything/all/prod/x.yaml" in listed
    assert "mutual/back/all/prod/x.yaml" in listed
    assert len(listed) == len(set(listed)) == 6
    assert work.run("check", ".").exit_code == FINDINGS


def test_links_that_multiply_end(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        for name in "ab":
            (work.root / f"l{number}").mkdir(exist_ok=True)
            (work.root / f"l{number}" / name).symlink_to(f"../l{number + 1}")
    work.write("l12/x.yaml", GOOD)
    Repository(work.root).commit()
    monkeypatch.setattr(walk, "_LINKS_MAX", 100)
    done = work.run("check", ".")
    assert done.exit_code == ERROR
    assert done.stderr.count("links to folders, more than 100, are not followed from here") == 1
    assert work.run("check", "--exclude", "l[0-7]*/**", "l9").exit_code == CLEAN


def test_what_git_ignores_or_a_name_hides_is_so_behind_a_link(work: Project) -> None:
    work.write(".gitignore", "dev/gen/\nlocal.yaml\n")
    work.write("dev/x.yaml", GOOD)
    work.write("dev/gen/bad.yaml", BAD)
    work.write("dev/local.yaml", BAD)
    work.write("dev/node_modules/bad.yaml", BAD)
    link(work, "apps/prod", "../dev", tracked=False)
    Project(work.root).git("add", ".gitignore", "dev/x.yaml", "apps")
    for paths in ((".",), ("apps",)):
        done = work.run("check", *paths)
        assert done.exit_code == CLEAN, done.output
    Project(work.root).git("add", "-f", "dev/node_modules/bad.yaml", "dev/gen/bad.yaml")
    done = work.run("check", "apps")
    assert "apps/prod/node_modules/bad.yaml:" in done.stdout
    assert "apps/prod/gen/bad.yaml:" in done.stdout
    assert "local.yaml" not in done.stdout


def test_a_policy_excludes_it_by_the_links_name(work: Project) -> None:
    replaced(work)
    assert work.run("check", "--exclude", "prod", ".").exit_code == CLEAN
    assert work.run("check", "--exclude", "dev", ".").exit_code == FINDINGS


def test_fix_repairs_the_target_and_leaves_the_link(work: Project) -> None:
    replaced(work)
    done = work.run("fix", ".")
    assert done.exit_code == CLEAN, done.output
    assert (work.root / "prod").is_symlink()
    assert work.read("dev/x.yaml") == GOOD


def test_what_a_kustomization_selects_there_is_renamed_with_it(work: Project) -> None:
    images = "resources: [x.yaml]\nimages: [{name: nginx, newTag: '2'}]\n"
    work.write("dev/kustomization.yaml", images)
    replaced(work)
    done = work.run("fix", ".")
    assert done.exit_code == CLEAN, done.output
    assert work.read("dev/x.yaml") == GOOD
    assert "name: h.io/hub/nginx" in work.read("dev/kustomization.yaml")


def test_a_link_to_a_file_is_repaired_where_it_stands(work: Project) -> None:
    link(work, "prod/y.yaml", "../dev/x.yaml")
    done = work.run("fix", "--diff", ".")
    assert done.stdout.count("+    image: h.io/hub/nginx:1.25") == 1
    done = work.run("fix", ".")
    assert done.exit_code == CLEAN, done.output
    assert work.read("dev/x.yaml") == GOOD
    assert (work.root / "prod/y.yaml").is_symlink()


def test_a_repair_is_shown_under_one_name(work: Project) -> None:
    work.write("prod/x.yaml", BAD)
    link(work, "apps/prod", "../prod")
    done = work.run("fix", "--diff", ".")
    assert done.stdout.count("+    image: h.io/hub/nginx:1.25") == 1
    assert work.run("fix", ".").exit_code == CLEAN
    assert work.read("prod/x.yaml") == GOOD


def test_fix_leaves_alone_what_may_be_ignored_behind_a_link(work: Project) -> None:
    """In a repository inside, for which git does not answer."""
    work.write("inner/dev/x.yaml", BAD)
    link(work, "apps/prod", "../inner/dev")
    work.write("inner/.git/config", "")
    done = work.run("fix", "apps")
    assert done.exit_code == FINDINGS
    assert "git does not answer for this repository" in done.stderr
    assert work.read("inner/dev/x.yaml") == BAD
