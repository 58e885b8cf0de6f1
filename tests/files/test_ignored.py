"""What git ignores: as it stands, as a commit has it, and where git does not answer."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from imagelint import files
from imagelint.files.commit import patterns_at_root
from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project
from tests.support.repository import QUIET, Repository

pytestmark = needs_git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with a policy and a folder ``gen`` that is ignored."""
    made = Repository.new(tmp_path / "project")
    made.write("imagelint.yaml", POLICY)
    made.write(".gitignore", "gen/\n")
    made.write("k8s/good.yaml", GOOD)
    made.commit()
    made.write("gen/bad.yaml", BAD)
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return made


def run(*arguments: str) -> tuple[int, str]:
    done = Project(Path.cwd()).run(*arguments)
    return done.exit_code, done.stdout + done.stderr


class TestOfACommit:
    """A change cannot hide what CI makes out of it, and lint the rest."""

    @pytest.mark.parametrize("place", [".gitignore", "k8s/.gitignore", "k8s/deep/.gitignore"])
    @pytest.mark.parametrize("pattern", ["rendered.yaml", "*", "/rendered.yaml", "rendered.*"])
    def test_a_change_hides_nothing(self, repository: Repository, place: str, pattern: str) -> None:
        repository.git("checkout", "-q", "-b", "topic")
        repository.write(place, f"gen/\n{pattern}\n!.gitignore\n")
        repository.commit()
        folder = "" if place == ".gitignore" else os.path.dirname(place) + "/"
        repository.write(f"{folder}rendered.yaml", BAD)
        assert run("check", ".")[0] == CLEAN
        code, output = run("check", "--policy-from", "main", ".")
        assert code == FINDINGS
        assert f"{folder}rendered.yaml:" in output

    def test_nor_does_one_that_is_not_committed(self, repository: Repository) -> None:
        repository.write("k8s/.gitignore", "*\n")
        repository.write("k8s/rendered.yaml", BAD)
        assert run("check", ".")[0] == CLEAN
        assert run("check", "--policy-from", "main", ".")[0] == FINDINGS

    def test_what_the_commit_ignores_stays_ignored(self, repository: Repository) -> None:
        assert run("check", "--policy-from", "main", ".")[0] == CLEAN
        repository.git("rm", "-q", ".gitignore")
        assert run("check", ".")[0] == FINDINGS
        assert run("check", "--policy-from", "main", ".")[0] == CLEAN

    def test_what_a_developer_ignores_for_himself(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        repository.write("k8s/a.own.yaml", BAD)
        repository.write("k8s/b.mine.yaml", BAD)
        assert run("check", "--policy-from", "main", ".")[0] == FINDINGS
        repository.write(".git/info/exclude", "*.own.yaml\n")
        settings = tmp_path / "config/git"
        settings.mkdir(parents=True)
        (settings / "ignore").write_text("*.mine.yaml\n")
        assert run("check", "--policy-from", "main", ".")[0] == CLEAN

    def test_a_submodule(self, repository: Repository, tmp_path: Path) -> None:
        upstream = Repository.new(tmp_path / "upstream")
        upstream.write(".gitignore", "gen/\n")
        upstream.commit()
        repository.git("submodule", "--quiet", "add", str(upstream.root), "sub")
        repository.commit()
        repository.write("sub/gen/bad.yaml", BAD)
        assert run("check", "--policy-from", "HEAD", ".")[0] == CLEAN
        inner = Repository(repository.root / "sub")
        inner.write(".gitignore", "gen/\nmore.yaml\n")
        inner.commit()
        inner.write("more.yaml", BAD)
        assert run("check", ".")[0] == CLEAN
        code, output = run("check", "--policy-from", "HEAD", ".")
        assert code == FINDINGS
        assert "sub/more.yaml" in output
        assert "sub/gen" not in output

    def test_a_repository_that_is_new(self, repository: Repository) -> None:
        inner = Repository.new(repository.root / "new")
        inner.write(".gitignore", "*\n")
        inner.write("bad.yaml", BAD)
        assert run("check", ".")[0] == CLEAN
        assert run("check", "--policy-from", "HEAD", ".")[0] == FINDINGS


def test_where_the_patterns_cannot_be_handed_over_nothing_is_ignored(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    code, output = run("check", "--policy-from", "HEAD", ".")
    assert code == FINDINGS
    assert "gen/bad.yaml" in output
    assert "the patterns of the commit cannot be written for git: No such file" in output
    assert repository.read("gen/bad.yaml") == BAD


PATTERNS = {
    "": "*.log.yaml\r\n# a word\n\n/root.yaml\nany/\n!keep.yaml\n\\#odd.yaml\nspace.yaml  \n/\n!\n",
    "a": "x.yaml\n/y.yaml\nb/z.yaml\n!root.log.yaml\n*.tmp.yaml\n**/deep.yaml\nmid/**/end.yaml\n",
    "a/b": "!x.yaml\n/any/\n!b.tmp.yaml\n\\!odd.yaml\n",
    "w[1]?*": "x.yaml\n/y.yaml\n",
    "ä ö": "x.yaml\n",
}
FOLDERS = (
    *("", "a", "a/b", "a/b/c", "a/mid", "a/mid/x", "any", "a/b/any", "a/any", "w[1]?*", "ä ö"),
    *("a/b/any/deep", "w1xy", "ä ö/c"),
)
NAMES = (
    *("x", "y", "z", "root", "keep", "a.log", "root.log", "b.tmp", "c.tmp", "deep", "end"),
    *("#odd", "!odd", "space"),
)


def test_patterns_of_a_commit_mean_what_they_mean_where_they_stand(repository: Repository) -> None:
    for folder, text in PATTERNS.items():
        repository.write(f"{folder}/.gitignore".lstrip("/"), text)
    repository.commit()
    for folder in FOLDERS:
        for name in NAMES:
            repository.write(f"{folder}/{name}.yaml".lstrip("/"), "")
    root = str(repository.root)
    as_they_stand = files.Ignored().below(root)
    at_commit = files.Ignored(files.AtCommit("HEAD", root).ignored).below(root)
    assert len(as_they_stand) > 40
    assert at_commit == as_they_stand
    shutil.rmtree(repository.root / "a")
    assert files.Ignored(files.AtCommit("HEAD", root).ignored).below(root) < as_they_stand


def test_what_is_deeper_stands_last() -> None:
    files_of_a_commit = [("a/b", b"!x\n"), ("", b"x\n"), ("a", b"x\n/y\n")]
    assert patterns_at_root(files_of_a_commit) == b"x\n/a/**/x\n/a/y\n!/a/b/**/x\n"


class TestWhereGitDoesNotAnswer:
    ADVICE = "git config --global --add safe.directory"

    @pytest.fixture(params=["owner", "missing", "moved", "headless", "dangling"])
    def refused(
        self,
        repository: Repository,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> str:
        """Have git refuse a repository or be missing, or the repository be elsewhere or broken."""
        if request.param == "owner":
            monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        elif request.param == "missing":
            monkeypatch.setenv("PATH", "/nowhere")
        elif request.param == "headless":
            (repository.root / ".git/HEAD").unlink()
        elif request.param == "dangling":
            shutil.rmtree(repository.root / ".git")
            (repository.root / ".git").symlink_to("/nowhere")
        else:
            shutil.rmtree(repository.root / ".git")
            repository.write(".git", "gitdir: /nowhere/of/a/worktree\n")
        return str(request.param)

    def test_the_run_says_so(self, refused: str) -> None:
        code, output = run("check", ".")
        assert code == FINDINGS
        assert "gen/bad.yaml:" in output
        assert output.count("warning: .: git does not answer for this repository, so") == 1
        assert (self.ADVICE in output) is (refused == "owner")
        assert ("git cannot be run" in output) is (refused == "missing")
        assert ("not a git repository: /nowhere" in output) is (refused == "moved")
        is_broken = refused in {"headless", "dangling"}
        assert ("not a git repository (or any" in output) is is_broken

    @pytest.mark.usefixtures("refused")
    def test_fix_leaves_alone_what_may_be_ignored(self, repository: Repository) -> None:
        repository.write("k8s/bad.yaml", BAD)
        for path in (".", "gen", "gen/*.yaml"):
            code, output = run("fix", path)
            assert code == FINDINGS
            assert "git does not say whether it ignores this file" in output
            assert "Rewrote" not in output
        assert repository.read("gen/bad.yaml") == repository.read("k8s/bad.yaml") == BAD
        assert run("fix", "gen/bad.yaml")[0] == CLEAN
        assert repository.read("gen/bad.yaml") == GOOD
        assert repository.read("k8s/bad.yaml") == BAD

    @pytest.mark.usefixtures("refused")
    def test_nor_does_it_rename_there_for_a_named_file(self, repository: Repository) -> None:
        kustomization = "resources: [bad.yaml]\nimages: [{name: nginx, newTag: '2'}]\n"
        repository.write("k8s/kustomization.yaml", kustomization)
        repository.write("k8s/bad.yaml", BAD)
        for paths in (["k8s/bad.yaml"], ["k8s/bad.yaml", "k8s"]):
            assert run("fix", *paths)[0] == FINDINGS
            assert repository.read("k8s/kustomization.yaml") == kustomization
            assert repository.read("k8s/bad.yaml") == BAD
        assert run("fix", "k8s/bad.yaml", "k8s/kustomization.yaml")[0] == CLEAN
        assert "name: h.io/hub/nginx" in repository.read("k8s/kustomization.yaml")

    @pytest.mark.usefixtures("refused")
    def test_names_hide_nothing_that_may_be_tracked(self, repository: Repository) -> None:
        repository.write("dist/bad.yaml", BAD)
        code, output = run("check", ".")
        assert code == FINDINGS
        assert "dist/bad.yaml:" in output

    def test_where_it_answers_all_is_as_ever(self, repository: Repository) -> None:
        repository.write("k8s/bad.yaml", BAD)
        repository.write("dist/bad.yaml", BAD)
        code, output = run("fix", ".")
        assert code == CLEAN
        assert "warning" not in output
        assert repository.read("k8s/bad.yaml") == GOOD
        assert repository.read("gen/bad.yaml") == repository.read("dist/bad.yaml") == BAD

    @pytest.mark.parametrize("option", ["--changed-since", "--policy-from"])
    def test_what_needs_it_fails_with_its_advice(
        self, repository: Repository, option: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run("check", option, "main", "k8s")[0] == CLEAN
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        code, output = run("check", option, "main", "k8s")
        assert code == ERROR
        assert f"{self.ADVICE} {repository.root}" in output


def test_outside_of_repositories_nothing_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    work.write("imagelint.yaml", POLICY)
    work.write(".gitignore", "gen/\n*.yaml\n")
    work.write("gen/bad.yaml", BAD)
    done = work.run("fix", ".")
    assert done.exit_code == CLEAN
    assert "warning" not in done.stderr
    assert work.read("gen/bad.yaml") == GOOD


def test_a_broken_repository_belongs_to_none_above_it(repository: Repository) -> None:
    """Else that one's patterns would be taken for those of the one below."""
    repository.write(".gitignore", "*.yaml\n")
    repository.write("inner/bad.yaml", BAD)
    repository.write("inner/.git/HEAD", "broken")
    code, output = run("check", "inner")
    assert code == FINDINGS
    assert "git does not answer" in output


def test_an_empty_folder_is_a_mark_and_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a container has it that must not see the history."""
    work = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    work.write("imagelint.yaml", POLICY)
    work.write("bad.yaml", BAD)
    done = work.run("fix", ".")
    assert (done.exit_code, "warning" in done.stderr) == (CLEAN, False)
    assert work.read("bad.yaml") == GOOD
