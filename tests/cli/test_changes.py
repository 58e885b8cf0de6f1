"""``--changed-since``: what git says has changed, and what that concerns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project
from tests.support.repository import QUIET, Repository

pytestmark = needs_git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """``main`` has a policy and three bad files; HEAD is on the branch ``topic`` of it."""
    made = Repository.new(tmp_path / "project")
    made.write("imagelint.yaml", POLICY)
    for name in ("prod/a.yaml", "prod/b.yaml", "other/c.yaml"):
        made.write(name, BAD)
    made.commit()
    made.git("checkout", "-q", "-b", "topic")
    monkeypatch.chdir(made.root)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return made


def linted(*arguments: str, since: str = "main") -> list[str]:
    """Return the files that a run looks into."""
    done = Project(Path.cwd()).run(
        "images", "--format", "json", "--changed-since", since, *arguments
    )
    assert done.exit_code == CLEAN, done.stderr
    return sorted({image["path"] for image in json.loads(done.stdout)["images"]})


def refusal(*arguments: str, since: str = "main") -> str:
    """Return what a run says that cannot be done."""
    done = Project(Path.cwd()).run("check", "--changed-since", since, *arguments)
    assert done.exit_code == ERROR
    assert done.stdout == ""
    return done.stderr


@pytest.mark.usefixtures("repository")
def test_nothing_has_changed() -> None:
    done = Project(Path.cwd()).run("check", "--changed-since", "main")
    assert done.exit_code == CLEAN
    assert "4 not changed since main" in done.stdout


def test_commits_staged_unstaged_and_untracked_files_count(repository: Repository) -> None:
    repository.write("prod/committed.yaml", BAD)
    repository.commit()
    repository.write("prod/staged.yaml", BAD)
    repository.git("add", "--all")
    repository.write("prod/untracked.yaml", BAD)
    repository.write("prod/a.yaml", BAD + "# unstaged\n")
    assert linted() == [
        "prod/a.yaml",
        "prod/committed.yaml",
        "prod/staged.yaml",
        "prod/untracked.yaml",
    ]
    assert linted("prod/staged.yaml", "other") == ["prod/staged.yaml"]


def test_what_the_other_branch_did_meanwhile_does_not_count(repository: Repository) -> None:
    repository.git("checkout", "-q", "main")
    repository.write("prod/b.yaml", BAD + "# by others\n")
    repository.commit()
    repository.git("checkout", "-q", "topic")
    repository.write("prod/a.yaml", BAD + "# by us\n")
    assert linted() == ["prod/a.yaml"]


def test_an_untracked_file_that_is_ignored_but_named_counts(repository: Repository) -> None:
    repository.write(".gitignore", "*.tmp.yaml\n")
    repository.write("x.tmp.yaml", BAD)
    assert linted() == []
    assert linted("x.tmp.yaml") == ["x.tmp.yaml"]


def test_a_renamed_file_is_new_under_its_name(repository: Repository) -> None:
    repository.git("mv", "other/c.yaml", "prod/c.yaml")
    repository.commit()
    assert linted() == ["prod/c.yaml"]


def test_deleted_files_and_folders_are_no_error(repository: Repository) -> None:
    repository.git("rm", "-q", "-r", "prod")
    repository.commit()
    assert linted("prod", "prod/a.yaml", "other") == []
    done = Project(repository.root).run("check", "--changed-since", "main", "prod/never.yaml")
    assert done.exit_code == ERROR
    assert "prod/never.yaml: no such file or folder" in done.stderr


def test_a_file_that_was_only_touched_is_the_same(repository: Repository) -> None:
    path = repository.root / "prod/a.yaml"
    path.unlink()
    repository.write("prod/a.yaml", BAD)
    assert linted() == []


def test_a_file_that_became_a_link_has_changed(repository: Repository) -> None:
    (repository.root / "prod/a.yaml").chmod(0o755)
    (repository.root / "prod/b.yaml").unlink()
    (repository.root / "prod/b.yaml").symlink_to("a.yaml")
    assert linted("prod/b.yaml") == ["prod/b.yaml"]
    assert linted("prod/a.yaml") == []


def test_line_endings_that_git_converts_are_no_change(repository: Repository) -> None:
    repository.git("config", "core.autocrlf", "true")
    repository.git("rm", "-q", "-r", "--cached", ".")
    repository.git("reset", "-q", "--hard")
    (repository.root / "prod/a.yaml").unlink()
    repository.git("checkout", "-q", "prod/a.yaml")
    assert "\r\n" in repository.read("prod/a.yaml")
    assert linted() == []


@pytest.mark.parametrize("name", ["ä ö.yaml", "new\nline.yaml", '"quoted".yaml', "-dash.yaml"])
def test_odd_names(repository: Repository, name: str) -> None:
    repository.write(f"prod/{name}", BAD)
    repository.commit()
    assert len(linted()) == 1
    repository.git("checkout", "-q", "-b", "next")
    assert linted(since="topic") == []


def test_from_a_folder_inside(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("prod/a.yaml", BAD + "# changed\n")
    monkeypatch.chdir(repository.root / "prod")
    assert linted() == ["a.yaml"]
    assert linted("../other") == []


class TestWhatAFileIsHeldTo:
    def test_a_changed_policy_concerns_all_below(self, repository: Repository) -> None:
        repository.write("imagelint.yaml", POLICY + "# changed\n")
        assert linted() == ["other/c.yaml", "prod/a.yaml", "prod/b.yaml"]

    def test_a_new_policy_concerns_all_below(self, repository: Repository) -> None:
        repository.git("rm", "-q", "imagelint.yaml")
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        repository.write("prod/imagelint.yaml", POLICY)
        assert linted() == ["prod/a.yaml", "prod/b.yaml"]

    def test_a_deleted_policy_concerns_all_below(self, repository: Repository) -> None:
        repository.git("rm", "-q", "imagelint.yaml")
        assert linted() == ["other/c.yaml", "prod/a.yaml", "prod/b.yaml"]

    def test_the_policy_that_is_named_counts(self, repository: Repository, tmp_path: Path) -> None:
        repository.write("policies/x.yaml", POLICY)
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        assert linted("--policy", "policies/x.yaml") == []
        repository.git("rm", "-q", "imagelint.yaml")
        assert linted("--policy", "policies/x.yaml") == []
        repository.write("policies/x.yaml", POLICY + "# changed\n")
        assert len(linted("--policy", "policies/x.yaml", "prod")) == 2
        outside = tmp_path / "company.yaml"
        outside.write_text(POLICY, encoding="utf-8")
        assert linted("--policy", str(outside), "prod") == []

    def test_a_policy_of_a_commit_does_not_change(self, repository: Repository) -> None:
        repository.write("imagelint.yaml", POLICY + "# changed\n")
        assert linted("--policy-from", "main") == []

    def test_what_a_link_leads_to(self, repository: Repository) -> None:
        (repository.root / "dev").mkdir()
        (repository.root / "dev/link.yaml").symlink_to("../prod/hop.yaml")
        (repository.root / "prod/hop.yaml").symlink_to("a.yaml")
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        assert linted("dev") == []
        repository.write("prod/a.yaml", BAD + "# changed\n")
        assert linted("dev") == ["dev/link.yaml"]

    @pytest.mark.parametrize("change", ["gone", "new"])
    def test_a_chart_concerns_its_templates(self, repository: Repository, change: str) -> None:
        chart = repository.write("app/Chart.yaml", "name: app\n")
        repository.write("app/templates/deep/pod.yaml", BAD)
        repository.write("app/other.yaml", BAD)
        if change == "new":
            chart.unlink()
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        assert linted() == []
        if change == "new":
            repository.write("app/Chart.yaml", "name: app\n")
        else:
            chart.unlink()
        assert linted() == ["app/templates/deep/pod.yaml"]


class TestThePathAsItIsGiven:
    """A path names what the links in it lead to, so those are a part of what changes."""

    @pytest.fixture
    def both(self, repository: Repository) -> Repository:
        """Beside ``prod`` stand a folder with the same files and one with others."""
        for name in ("a.yaml", "b.yaml"):
            repository.write(f"copy/{name}", BAD)
            repository.write(f"dev/{name}", BAD + "# dev\n")
        repository.write("prod/x/gone.yaml", BAD)
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        return repository

    @pytest.mark.parametrize("target", ["dev", "copy", "./dev", "other/../dev", "dev/."])
    def test_a_folder_that_became_a_link(self, both: Repository, target: str) -> None:
        both.git("rm", "-q", "-r", "prod")
        (both.root / "prod").symlink_to(target)
        both.commit()
        assert linted("prod") == ["prod/a.yaml", "prod/b.yaml"]
        assert linted("prod/a.yaml") == ["prod/a.yaml"]
        assert linted("dev", "copy") == []
        assert linted("prod/x/gone.yaml", "prod/x", "dev") == []

    def test_a_link_that_became_another_one(self, both: Repository) -> None:
        (both.root / "live").symlink_to("copy")
        (both.root / "through").symlink_to("live")
        both.commit()
        both.git("branch", "-q", "-f", "main")
        assert linted("live", "through") == []
        (both.root / "live").unlink()
        (both.root / "live").symlink_to("prod")
        assert linted("live") == ["live/a.yaml", "live/b.yaml", "live/x/gone.yaml"]
        assert len(linted("through")) == 3
        assert linted("prod") == []

    def test_a_link_that_became_a_folder(self, both: Repository) -> None:
        (both.root / "live").symlink_to("copy")
        both.commit()
        both.git("branch", "-q", "-f", "main")
        (both.root / "live").unlink()
        both.write("live/a.yaml", BAD)
        assert linted("live") == ["live/a.yaml"]

    def test_links_outside_of_the_repository_are_no_change(
        self, both: Repository, tmp_path: Path
    ) -> None:
        (tmp_path / "far").symlink_to(both.root)
        assert linted(str(tmp_path / "far/prod")) == []
        both.write("prod/a.yaml", BAD + "# changed\n")
        assert len(linted(str(tmp_path / "far/prod"))) == 1

    def test_a_link_that_goes_round(self, both: Repository) -> None:
        (both.root / "live").symlink_to("live")
        both.commit()
        both.git("branch", "-q", "-f", "main")
        assert linted() == []


class TestWhatKustomizationsReach:
    @pytest.fixture
    def bases(self, repository: Repository) -> Repository:
        """An overlay of a base, beside which there is another one."""
        for name in ("one", "two"):
            repository.write(f"{name}/kustomization.yaml", "resources: [x.yaml]\n")
            repository.write(f"{name}/x.yaml", BAD)
        repository.write("live/kustomization.yaml", "resources: [../one]\n")
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        return repository

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("resources: [../one]\n# changed\n", []),
            ("resources: [../one]\nnamePrefix: a-\n", []),
            ("resources: []\n", []),
            ("resources: [../one, ../two]\n", ["two/x.yaml"]),
            ("resources: [../two]\n", ["two/x.yaml"]),
            ("bases: [./../one/.]\n", []),
            ("components: [../one]\n", ["one/x.yaml"]),
            ("resources: [../one]\npatches: [{path: ../other/c.yaml}]\n", ["other/c.yaml"]),
            ("resources: [../one]\nnamespace: live\n", ["one/x.yaml"]),
        ],
    )
    def test_what_is_newly_reached_counts(
        self, bases: Repository, text: str, expected: list[str]
    ) -> None:
        bases.write("live/kustomization.yaml", text)
        assert linted() == expected

    def test_the_namespace_of_a_component(self, bases: Repository) -> None:
        """It moves everything in the kustomizations that include the component."""
        kind = "kind: Component\n"
        bases.write("part/kustomization.yaml", kind)
        bases.write("more/kustomization.yaml", f"{kind}components: [../part]\n")
        bases.write("live/kustomization.yaml", "resources: [../one]\ncomponents: [../more]\n")
        assert linted() == []
        bases.commit()
        bases.git("branch", "-q", "-f", "main")
        bases.write("part/kustomization.yaml", f"{kind}namespace: live\n")
        assert linted() == ["one/x.yaml"]
        bases.commit()
        bases.git("branch", "-q", "-f", "main")
        assert linted() == []
        text = "resources: [../two]\n"
        bases.write("other/kustomization.yaml", text)
        assert linted() == ["two/x.yaml"]
        bases.commit()
        bases.git("branch", "-q", "-f", "main")
        bases.write("other/kustomization.yaml", f"{text}components: [../part]\n")
        assert linted() == ["two/x.yaml"]

    def test_a_new_overlay_and_one_above_it(self, bases: Repository) -> None:
        bases.write("new/kustomization.yaml", "resources: [../live]\n")
        assert linted() == ["one/x.yaml"]

    @pytest.mark.parametrize(
        ("path", "more", "expected"),
        [
            ("live", "", ["one/x.yaml"]),
            ("two", "", ["two/x.yaml"]),
            ("other", "", ["other/c.yaml"]),
            ("prod", "targetNamespace: a", ["prod/a.yaml", "prod/b.yaml"]),
            (".", "", ["one/x.yaml", "two/x.yaml"]),
            ("nowhere", "", []),
        ],
    )
    def test_what_flux_newly_builds_counts(
        self, bases: Repository, path: str, more: str, expected: list[str]
    ) -> None:
        text = (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
            f"metadata: {{name: a}}\nspec:\n  path: {path}\n  {more}\n"
        )
        bases.write("flux.yaml", text)
        assert linted() == expected
        bases.commit()
        bases.git("branch", "-q", "-f", "main")
        bases.write("flux.yaml", text.replace("name: a", "name: b"))
        assert linted() == []
        bases.write("flux.yaml", f"{text}  targetNamespace: other\n".replace(f"  {more}\n", ""))
        assert linted() == expected

    def test_a_kustomization_under_another_name(self, bases: Repository) -> None:
        bases.git("mv", "live/kustomization.yaml", "live/Kustomization")
        bases.commit()
        assert linted() == []


class TestSubmodules:
    @pytest.fixture
    def inner(self, repository: Repository, tmp_path: Path) -> Repository:
        upstream = Repository.new(tmp_path / "upstream")
        upstream.write("x.yaml", BAD)
        upstream.commit()
        repository.git("submodule", "--quiet", "add", str(upstream.root), "sub")
        repository.commit()
        repository.git("branch", "-q", "-f", "main")
        return Repository(repository.root / "sub")

    def test_as_it_was(self, inner: Repository) -> None:
        assert inner.read("x.yaml") == BAD
        assert linted() == []

    def test_at_another_commit_or_changed_itself(self, inner: Repository) -> None:
        inner.write("x.yaml", BAD + "# changed\n")
        assert linted() == ["sub/x.yaml"]
        inner.commit()
        assert linted() == ["sub/x.yaml"]
        inner.write("x.yaml", BAD)
        inner.write("new.yaml", BAD)
        assert linted() == ["sub/new.yaml"]

    def test_a_commit_that_is_not_there(self, inner: Repository) -> None:
        inner.git("checkout", "-q", "--orphan", "other")
        inner.write("new.yaml", BAD)
        inner.commit()
        inner.git("branch", "-q", "-D", "main")
        inner.git("remote", "remove", "origin")
        inner.git("reflog", "expire", "--expire=now", "--all")
        inner.git("gc", "-q", "--prune=now")
        assert linted() == ["sub/new.yaml", "sub/x.yaml"]

    def test_gitmodules_cannot_hide_it(self, repository: Repository, inner: Repository) -> None:
        repository.git("config", "-f", ".gitmodules", "submodule.sub.ignore", "all")
        inner.write("x.yaml", BAD + "# changed\n")
        inner.commit()
        assert linted() == ["sub/x.yaml"]


class TestWhatToFetch:
    @pytest.fixture
    def shallow(
        self, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Repository:
        """A clone of ``topic`` with one commit, as CI systems make them."""
        for number in range(3):
            repository.write("prod/a.yaml", BAD + f"# {number}\n")
            repository.commit()
        folder = tmp_path / "shallow"
        url = repository.root.as_uri()
        repository.git("clone", "-q", "--depth=1", "--branch=topic", url, str(folder))
        monkeypatch.chdir(folder)
        return Repository(folder)

    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize(
        ("since", "advice"),
        [
            ("nowhere", "fetch it (`git fetch origin nowhere`)"),
            ("origin/main", "fetch it (`git fetch origin main`)"),
            ("0" * 40, "there is no commit"),
            ("", "takes a branch, tag or commit"),
            ("--output=x", "takes a branch, tag or commit"),
            ("main:imagelint.yaml", "there is no commit"),
        ],
    )
    def test_a_ref_that_is_missing(self, since: str, advice: str) -> None:
        assert advice in refusal(since=since)

    def test_a_shallow_clone_without_the_ref(self, shallow: Repository) -> None:
        assert "fetch-depth: 0" in refusal(since="origin/main")
        shallow.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
        assert "git fetch --unshallow" in refusal(since="origin/main")
        shallow.git("fetch", "-q", "--unshallow")
        assert linted(since="origin/main") == ["prod/a.yaml"]

    def test_a_detached_head(self, repository: Repository) -> None:
        repository.write("prod/a.yaml", BAD + "# changed\n")
        repository.git("checkout", "-q", "--detach")
        repository.commit()
        assert linted() == ["prod/a.yaml"]
        assert linted(since="HEAD") == []
        assert linted(since="HEAD~1") == ["prod/a.yaml"]

    def test_no_commit_in_common(self, repository: Repository) -> None:
        repository.git("checkout", "-q", "--orphan", "island")
        repository.write("island.yaml", BAD)
        repository.commit()
        assert "no commit in common" in refusal()

    def test_no_commit_at_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(Repository.new(tmp_path / "empty").root)
        assert "there is no commit 'HEAD'" in refusal(since="HEAD")

    def test_no_repository(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert "in no git repository" in refusal()

    @pytest.mark.usefixtures("repository")
    def test_stdin(self) -> None:
        assert "cannot know what comes on stdin" in refusal("-")

    @pytest.mark.usefixtures("repository")
    def test_no_git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert "git cannot be run" in refusal()

    def test_a_repository_of_somebody_else(self, repository: Repository) -> None:
        (repository.root / ".git/config").write_text("[broken\n", encoding="utf-8")
        assert "bad config line 1" in refusal()


def test_the_repository_of_a_hook_is_not_taken_for_ours(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository.new(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))
    repository.write("prod/a.yaml", BAD + "# changed\n")
    assert linted() == ["prod/a.yaml"]


def test_a_repository_cannot_name_a_program_to_run(repository: Repository) -> None:
    program = repository.write("program", "#!/bin/sh\ntouch ran; cat\n")
    program.chmod(0o755)
    repository.write(".gitattributes", "* filter=x diff=x\n")
    repository.commit()
    for key in ("core.fsmonitor", "filter.x.clean", "diff.external", "diff.x.command"):
        repository.git("config", key, str(program))
    repository.git("config", "diff.x.textconv", str(program))
    (repository.root / "ran").unlink(missing_ok=True)
    repository.write("prod/a.yaml", BAD + "# changed\n")
    (repository.root / "prod/b.yaml").touch()
    assert linted("--policy-from", "main") == ["prod/a.yaml"]
    assert not (repository.root / "ran").exists()


def test_fix_repairs_only_what_has_changed(repository: Repository) -> None:
    repository.write("prod/a.yaml", BAD + "# changed\n")
    done = Project(repository.root).run("fix", "--changed-since", "main")
    assert done.exit_code == CLEAN
    assert repository.read("prod/a.yaml") == GOOD + "# changed\n"
    assert repository.read("prod/b.yaml") == BAD
    assert Project(repository.root).run("check").exit_code == FINDINGS
