"""The hooks, run by the real pre-commit in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.needs import needs, needs_git
from tests.support.project import BAD, GOOD, POLICY, pod
from tests.support.repository import QUIET, Repository

ROOT = Path(__file__).resolve().parents[2]
FIXABLE, FIXED = BAD, GOOD
ALLOWED = pod("h.io/x/y:1")
pytestmark = [
    pytest.mark.slow,  # each hook is built and installed, its dependencies included
    needs("pre-commit"),
    needs_git,
]


@dataclass(frozen=True)
class PreCommit:
    """A repository that uses the hooks, and the folder in which pre-commit installs them."""

    repository: Repository
    home: Path

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run pre-commit; return the exit code and what it prints."""
        done = subprocess.run(
            ["pre-commit", *arguments],
            cwd=self.repository.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        quiet = {"PRE_COMMIT_HOME": str(self.home), "PRE_COMMIT_COLOR": "never"}
        return {**os.environ, **QUIET, **quiet}

    def stage(self, name: str, content: str) -> None:
        self.repository.write(name, content)
        self.repository.git("add", name)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """This project as a repository of its own, as pre-commit would clone it."""
    copy = tmp_path_factory.mktemp("hooks") / "imagelint"
    ignored = shutil.ignore_patterns(
        *(".git", ".venv*", ".tools", "node_modules", ".hypothesis", ".*_cache", "__pycache__"),
        *("dist", "tests"),
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    made = Repository.new(copy)
    made.commit()
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def run(hooks: Repository, home: Path, tmp_path: Path) -> PreCommit:
    """A repository whose configuration names one hook, in the README's five lines."""
    made = Repository.new(tmp_path / "project")
    lines = [
        "repos:",
        f"  - repo: {hooks.root}",
        f"    rev: {hooks.git('rev-parse', 'HEAD')}",
        "    hooks:",
        "      - id: imagelint",
    ]
    made.write(".pre-commit-config.yaml", "\n".join(lines) + "\n")
    made.write("imagelint.yaml", POLICY)
    made.commit()
    return PreCommit(made, home)


@pytest.fixture
def fix(run: PreCommit) -> PreCommit:
    """The same with the other hook."""
    text = run.repository.read(".pre-commit-config.yaml")
    run.stage(".pre-commit-config.yaml", text.replace("id: imagelint", "id: imagelint-fix"))
    run.repository.commit()
    return run


def test_the_manifest_is_what_pre_commit_documents(tmp_path: Path) -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    done = subprocess.run(
        ["pre-commit", "validate-manifest", manifest],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_try_repo_runs_both_hooks(run: PreCommit, hooks: Repository) -> None:
    run.stage("prod/web.yaml", FIXABLE)
    run.stage("prod/notes.txt", FIXABLE)
    code, said = run("try-repo", str(hooks.root), "--all-files")
    assert code == 1
    assert "- hook id: imagelint\n- exit code: 1\n" in said
    assert "prod/web.yaml:8:12" in said
    assert "comes from docker.io, which prod does not allow" in said
    assert "- hook id: imagelint-fix\n- files were modified by this hook\n" in said
    assert "Rewrote 1 file: prod/web.yaml." in said
    assert run.repository.read("prod/web.yaml") == FIXED
    assert run.repository.read("prod/notes.txt") == FIXABLE


class TestCheck:
    def test_a_staged_file(self, run: PreCommit) -> None:
        run.stage("prod/web.yaml", FIXABLE)
        code, said = run("run")
        assert code == 1
        assert "prod/web.yaml:8:12" in said
        assert "comes from docker.io, which prod does not allow" in said
        assert "fix writes h.io/hub/nginx:1.25" in said
        assert run.repository.read("prod/web.yaml") == FIXABLE
        run.stage("prod/web.yaml", FIXED)
        assert run("run") == (0, f"imagelint{'.' * 64}Passed\n")

    def test_only_what_is_staged_counts(self, run: PreCommit) -> None:
        run.stage("prod/web.yaml", ALLOWED)
        run.repository.write("prod/web.yaml", FIXABLE)
        run.repository.write("prod/other.yaml", FIXABLE)
        code, said = run("run")
        assert code == 0, said
        assert run.repository.read("prod/web.yaml") == FIXABLE
        run.stage("prod/web.yaml", FIXABLE)
        run.repository.write("prod/web.yaml", ALLOWED)
        code, said = run("run")
        assert code == 1, said
        assert run.repository.read("prod/web.yaml") == ALLOWED

    def test_one_report_of_many_files(self, run: PreCommit) -> None:
        for number in range(40):
            run.stage(f"prod/{number}.yaml", FIXABLE)
        code, said = run("run")
        assert code == 1
        assert "Found 40 errors in 40 images in 40 files" in said

    def test_a_file_that_the_policy_excludes(self, run: PreCommit) -> None:
        run.repository.write("imagelint.yaml", POLICY + 'exclude: ["**/testdata/**"]\n')
        run.repository.commit()
        run.stage("testdata/web.yaml", FIXABLE)
        assert run("run")[0] == 0

    def test_crlf(self, run: PreCommit) -> None:
        run.stage("prod/web.yaml", FIXABLE.replace("\n", "\r\n"))
        code, said = run("run")
        assert code == 1
        assert "prod/web.yaml:8:12" in said

    def test_a_template_of_a_chart_is_no_error(self, run: PreCommit) -> None:
        run.stage("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n")
        run.stage("app/templates/web.yaml", pod("{{ .Values.image }}"))
        code, said = run("run", "--verbose")
        assert code == 0, said
        assert "app/templates/web.yaml:8:12" in said
        assert "helm template app" in said

    def test_a_policy_that_is_broken(self, run: PreCommit) -> None:
        run.stage("prod/web.yaml", ALLOWED)
        run.stage("imagelint.yaml", "version: 2\n")
        code, said = run("run")
        assert code == 1
        assert "- exit code: 2" in said
        assert "error: imagelint.yaml:1:1:" in said

    def test_as_the_hook_of_a_commit(self, run: PreCommit) -> None:
        assert run("install")[0] == 0
        run.stage("prod/web.yaml", FIXABLE)
        command = ["git", "commit", "-m", "bad"]
        done = subprocess.run(
            command,
            cwd=run.repository.root,
            env=run.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "docker.io, which prod does not allow" in done.stderr
        run.stage("prod/web.yaml", ALLOWED)
        subprocess.run(
            command, cwd=run.repository.root, env=run.environment, capture_output=True, check=True
        )


class TestFix:
    def test_a_staged_file(self, fix: PreCommit) -> None:
        fix.stage("prod/web.yaml", FIXABLE)
        code, said = fix("run")
        assert code == 1
        assert "- hook id: imagelint-fix\n- files were modified by this hook\n" in said
        assert "Rewrote 1 file: prod/web.yaml." in said
        assert fix.repository.read("prod/web.yaml") == FIXED
        assert fix.repository.git("show", ":prod/web.yaml") == FIXABLE.strip()
        fix.repository.git("add", "prod/web.yaml")
        assert fix("run") == (0, f"imagelint fix{'.' * 60}Passed\n")

    def test_crlf_stays(self, fix: PreCommit) -> None:
        fix.stage("prod/web.yaml", FIXABLE.replace("\n", "\r\n"))
        assert fix("run")[0] == 1
        assert fix.repository.read("prod/web.yaml") == FIXED.replace("\n", "\r\n")

    def test_what_is_not_staged_stays(self, fix: PreCommit) -> None:
        below = "---\n" + "# a comment\n" * 9
        fix.stage("prod/web.yaml", FIXABLE + below)
        fix.repository.write("prod/web.yaml", FIXABLE + below + pod("quay.io/a/b:1"))
        code, said = fix("run")
        assert code == 1
        assert "Unstaged files detected" in said
        assert fix.repository.read("prod/web.yaml") == FIXED + below + pod("quay.io/a/b:1")

    def test_a_repair_never_eats_what_is_not_staged(self, fix: PreCommit) -> None:
        changed = FIXABLE.replace("nginx:1.25", "nginx:1.26")
        fix.stage("prod/web.yaml", FIXABLE)
        fix.repository.write("prod/web.yaml", changed)
        code, said = fix("run")
        assert code == 1
        assert "Stashed changes conflicted with hook auto-fixes" in said
        assert fix.repository.read("prod/web.yaml") == changed

    @pytest.mark.parametrize(("between", "is_kept"), [(2, False), (3, True)])
    def test_an_unstaged_change_close_by_takes_every_repair_back(
        self, fix: PreCommit, between: int, *, is_kept: bool
    ) -> None:
        """pre-commit's patch has three lines of context, and is applied whole or not at all."""
        below = "---\n" + "# a comment\n" * 9
        lines = (FIXABLE + below).splitlines(keepends=True)
        image = next(at for at, line in enumerate(lines) if "image:" in line)
        lines[image + between + 1] = "# changed\n"
        changed = "".join(lines)
        fix.stage("prod/other.yaml", FIXABLE)
        fix.stage("prod/web.yaml", FIXABLE + below)
        fix.repository.write("prod/web.yaml", changed)
        code, said = fix("run")
        assert code == 1
        assert ("Stashed changes conflicted with hook auto-fixes" not in said) == is_kept
        repaired = changed.replace(FIXABLE, FIXED)
        assert fix.repository.read("prod/web.yaml") == (repaired if is_kept else changed)
        assert fix.repository.read("prod/other.yaml") == (FIXED if is_kept else FIXABLE)

    def test_a_template_of_a_chart(self, fix: PreCommit) -> None:
        fix.stage("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n")
        template = "{{- if .Values.on }}\n" + pod("{{ .Values.image }}") + "{{- end }}\n"
        fix.stage("app/templates/web.yaml", template)
        assert fix("run")[0] == 0
        assert fix.repository.read("app/templates/web.yaml") == template

    def test_what_cannot_be_repaired_fails(self, fix: PreCommit) -> None:
        fix.stage("prod/web.yaml", pod("registry.example.com:5000/app:1"))
        code, said = fix("run")
        assert code == 1
        assert "- exit code: 1" in said
        assert "comes from registry.example.com:5000, which" in said
