"""Content that a checkout should hold and does not: an error where it counts, else a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project
from tests.support.repository import QUIET, Repository

pytestmark = needs_git

LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 150\n"
ANNEX = "/annex/objects/SHA256E-s150--00ff.yaml\n"
NOT_HERE = "a Git LFS pointer, whose content is not here"
OVERLAY = "resources: [{}]\n"
RULE = """\
id: ID
summary: no such image
severity: error
check: forbidden-image
parameters: {images: [quay.io/none/none]}
why: none
remedy: none
examples: {bad: [quay.io/none/none:1], good: [quay.io/some/some:1]}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with a policy and one good file."""
    made = Repository.new(tmp_path / "project")
    made.write("imagelint.yaml", POLICY)
    made.write("k8s/good.yaml", GOOD)
    made.commit()
    monkeypatch.chdir(made.root)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return made


def run(*arguments: str) -> tuple[int, str]:
    done = Project(Path.cwd()).run(*(arguments or ("check", ".")))
    return done.exit_code, done.stderr


class TestPointers:
    @pytest.mark.parametrize("text", [LFS, LFS.replace("\n", "\r\n"), ANNEX])
    @pytest.mark.parametrize("name", ["k8s/a.yaml", "k8s/a.json", "k8s/Kustomization"])
    def test_a_pointer_is_an_error(self, repository: Repository, name: str, text: str) -> None:
        repository.write(name, text)
        repository.commit()
        code, said = run()
        assert code == ERROR
        assert f"error: {name}: a Git " in said or f"error: {name}: a git-annex" in said
        assert run("check", name)[0] == ERROR
        assert run("fix", name)[0] == ERROR
        assert repository.read(name) == text

    def test_a_file_that_only_speaks_of_one_is_read(self, repository: Repository) -> None:
        lines = LFS.replace("\n", "\n    ")
        head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    "
        repository.write("k8s/a.yaml", f"{head}{lines}\n")
        repository.write("k8s/b.yaml", f"{LFS}---\n{BAD}")  # Git LFS takes it for none
        code, said = run()
        assert code == FINDINGS, said
        assert NOT_HERE not in said

    def test_not_so_if_nobody_wants_to_see_it(self, repository: Repository) -> None:
        repository.write("k8s/a.yaml", LFS)
        repository.commit()
        assert run("check", "--exclude", "k8s/a.yaml", ".")[0] == CLEAN
        assert run("check", "--changed-since", "HEAD", ".")[0] == CLEAN
        assert run("check", "k8s/good.yaml")[0] == CLEAN

    def test_a_named_file_that_is_no_manifest_may_be_one(self, repository: Repository) -> None:
        repository.write("logo.png", LFS)
        assert run("check", "logo.png", "k8s")[0] == CLEAN

    @pytest.mark.parametrize("name", ["imagelint.yaml", "imagelint-baseline.json", "base.yaml"])
    def test_nor_may_a_policy_be_one(self, repository: Repository, name: str) -> None:
        if name == "base.yaml":
            repository.write("imagelint.yaml", "version: 1\nextends: base.yaml\n")
        repository.write(name, LFS)
        code, said = run("check", "k8s")
        assert code == ERROR
        assert f"{name}: {NOT_HERE}" in said

    @pytest.mark.parametrize("place", ["k8s/pods.txt", "base/pods.yaml"])
    def test_what_a_kustomization_reaches(self, repository: Repository, place: str) -> None:
        """Whatever it is called, and outside of the PATHs."""
        repository.write("k8s/kustomization.yaml", OVERLAY.format(f"../{place}"))
        repository.write(place, LFS)
        code, said = run("check", "k8s")
        assert code == ERROR
        assert f"error: {place}: {NOT_HERE}" in said
        repository.write(place, GOOD)
        assert run("check", "k8s")[0] == CLEAN

    def test_a_kustomization_that_is_reached(self, repository: Repository) -> None:
        repository.write("k8s/kustomization.yaml", OVERLAY.format("../base"))
        repository.write("base/kustomization.yaml", LFS)
        code, said = run("check", "k8s")
        assert code == ERROR
        takes = "k8s/kustomization.yaml takes it in"
        assert f"error: base/kustomization.yaml: {NOT_HERE}" in said
        assert takes in said


class TestBrokenLinks:
    def test_a_tracked_one_is_an_error(self, repository: Repository) -> None:
        (repository.root / "k8s/a.yaml").symlink_to("gone.yaml")
        (repository.root / "k8s/b.yaml").symlink_to("../../gone.yaml")
        repository.commit()
        code, said = run()
        assert code == ERROR
        assert "error: k8s/a.yaml: broken link\n" in said
        assert "error: k8s/b.yaml: a link that leads out of the repository" in said
        assert "skipped" not in run("check", "--verbose", ".")[1]

    def test_whatever_it_is_called(self, repository: Repository) -> None:
        name = os.fsdecode(b"k8s/\xe9\n.yaml")
        try:
            (repository.root / name).symlink_to("gone.yaml")
        except OSError as error:
            pytest.skip(f"this file system wants UTF-8: {error}")
        repository.commit()
        code, said = run()
        assert code == ERROR
        assert said == "error: k8s/\\xe9\\n.yaml: broken link\n"

    def test_an_editors_lock_is_listed(self, repository: Repository) -> None:
        (repository.root / "k8s/.#good.yaml").symlink_to("me@host.17:1700000000")
        code, said = run("check", "--verbose", ".")
        assert code == CLEAN
        assert "note: skipped k8s/.#good.yaml: broken link\n" in said

    def test_one_that_a_kustomization_reaches(self, repository: Repository) -> None:
        repository.write("k8s/kustomization.yaml", OVERLAY.format("../base"))
        (repository.root / "base").symlink_to("nowhere")
        code, said = run("check", "k8s")
        assert code == ERROR
        assert "error: base: broken link; k8s/kustomization.yaml takes it in\n" in said


class TestSubmodules:
    @pytest.fixture
    def clone(
        self, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Repository:
        """A clone whose submodule ``k8s/sub`` is not checked out."""
        upstream = Repository.new(tmp_path / "upstream")
        upstream.write("x.yaml", BAD)
        upstream.write("kustomization.yaml", OVERLAY.format("x.yaml"))
        upstream.commit()
        repository.git("submodule", "--quiet", "add", str(upstream.root), "k8s/sub")
        repository.commit()
        folder = tmp_path / "clone"
        repository.git("clone", "-q", str(repository.root), str(folder))
        monkeypatch.chdir(folder)
        return Repository(folder)

    @pytest.mark.usefixtures("clone")
    @pytest.mark.parametrize("path", [".", "k8s"])
    def test_it_is_a_warning(self, path: str) -> None:
        code, said = run("check", path)
        assert code == CLEAN
        assert said.count("warning: k8s/sub: a submodule that is not checked out") == 1

    def test_not_so_if_it_is_here_or_excluded(self, clone: Repository) -> None:
        assert "submodule" not in run("check", "--exclude", "k8s/sub", ".")[1]
        clone.git("submodule", "--quiet", "update", "--init")
        code, said = run()
        assert code == FINDINGS
        assert "submodule" not in said

    def test_an_empty_folder_is_none(self, repository: Repository) -> None:
        (repository.root / "k8s/empty").mkdir()
        assert run() == (CLEAN, "")

    @pytest.mark.parametrize("path", ["sub", "sub/x.yaml", "sub/deeper"])
    def test_a_kustomization_that_reaches_it(self, clone: Repository, path: str) -> None:
        clone.write("k8s/kustomization.yaml", OVERLAY.format(path))
        code, said = run()
        assert code == ERROR
        assert f"error: k8s/{path}: in a submodule that is not checked out" in said

    def test_what_was_never_there_is_no_error(self, repository: Repository) -> None:
        """But for the note that kustomize cannot build it: it may be made before it is deployed."""
        repository.write("k8s/kustomization.yaml", OVERLAY.format("never"))
        assert run()[0] == CLEAN


class TestSparseCheckouts:
    @pytest.fixture
    def sparse(self, repository: Repository) -> Repository:
        """A repository of which all but ``k8s/`` is left out."""
        repository.write("prod/a.yaml", BAD)
        repository.write("prod/b.yaml", BAD)
        repository.write("prod/readme.md", "")
        repository.commit()
        repository.git("sparse-checkout", "set", "k8s")
        return repository

    def test_what_is_left_out_is_noted(self, sparse: Repository) -> None:
        assert not (sparse.root / "prod").exists()
        code, said = run()
        assert code == CLEAN
        assert (
            "note: .: a sparse checkout leaves out 2 manifests: prod/a.yaml, prod/b.yaml\n" in said
        )
        assert "sparse" not in run("check", "k8s")[1]
        assert "sparse" not in run("check", "--exclude", "prod/**", ".")[1]
        sparse.git("sparse-checkout", "disable")
        code, said = run()
        assert code == FINDINGS
        assert "sparse" not in said

    def test_what_a_kustomization_reaches(self, sparse: Repository) -> None:
        sparse.write("k8s/kustomization.yaml", OVERLAY.format("../prod/a.yaml"))
        code, said = run("check", "k8s")
        assert code == ERROR
        assert "error: prod/a.yaml: left out by a sparse checkout; k8s/kustom" in said

    @pytest.mark.parametrize(("glob", "expected"), [("prod/*.yml", ERROR), ("k8s/*.yml", CLEAN)])
    def test_a_rule_file_that_is_left_out(
        self, sparse: Repository, glob: str, expected: int
    ) -> None:
        """Also if the glob matches other rule files."""
        sparse.git("sparse-checkout", "disable")
        for name in ("k8s/one", "prod/one", "prod/two"):
            rule_id = name.replace("/", "-")
            sparse.write(f"{name}.yml", RULE.replace("ID", rule_id))
        policy = sparse.read("imagelint.yaml")
        sparse.write("imagelint.yaml", f'{policy}rule-files: ["{glob}"]\n')
        sparse.commit()
        sparse.git("sparse-checkout", "set", "--no-cone", "/*", "!/prod/two.yml", "!/prod/*.yaml")
        code, said = run()
        assert code == expected, said
        lost = "error: prod/two.yml: a sparse checkout leaves out this rule file"
        assert (lost in said) == (expected == ERROR)

    def test_a_policy_that_is_left_out_decides_nothing(self, sparse: Repository) -> None:
        sparse.git("sparse-checkout", "set", "--no-cone", "/k8s/good.yaml")
        for path in (".", "k8s/good.yaml"):
            code, said = run("check", path)
            assert code == ERROR
            assert "error: imagelint.yaml: a sparse checkout leaves out this policy" in said
        assert run("check", "--policy-from", "HEAD", "k8s")[0] == CLEAN
