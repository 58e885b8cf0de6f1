"""What a stranger's checkout can have a run read or write: each attack with its harmless twin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.files.guard import open_inside, refuse_links
from imagelint.formats import FORMATS
from imagelint.model.errors import FileError
from tests.support.needs import needs
from tests.support.project import BAD, ERROR, FINDINGS, GOOD, Project
from tests.support.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs("git")

SECRET = "hunter2"  # noqa: S105 - no password of anybody
POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: hub}}
environments: {prod: {allow: [h.io]}}
default: prod
"""
LEADS_OUT = "a link that leads out of the repository, and is not followed"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository with a policy and a clean manifest; a secret stands beside it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(f"{BAD}# kind: Pod, image: {SECRET}\n")
    (outside / "config.json").write_text(f'{{"auth": "{SECRET}"}}\n')
    repository = Repository.new(tmp_path / "repo")
    repository.write("imagelint.yaml", POLICY)
    repository.write("k8s/good.yaml", GOOD)
    repository.commit()
    monkeypatch.chdir(repository.root)
    return Project(repository.root)


def link(work: Project, name: str, target: str, *, tracked: bool = True) -> None:
    place = work.root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    if tracked:
        Repository(work.root).commit()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("target", ["../../outside/secret.yaml", "/proc/self/environ"])
def test_a_tracked_link_that_leads_out_is_an_error(
    checkout: Project, form: str, target: str
) -> None:
    link(checkout, "k8s/x.yaml", target)
    done = checkout.run("check", "--format", form, ".")
    assert done.exit_code == ERROR
    assert done.stderr.count(f"error: k8s/x.yaml: {LEADS_OUT}") == 1
    assert SECRET not in done.output
    assert os.environ["PATH"] not in done.output


@pytest.mark.parametrize("command", ["images", "workloads", "check", "fix"])
def test_so_it_is_when_a_list_of_changed_files_names_it(checkout: Project, command: str) -> None:
    link(checkout, "k8s/x.yaml", "../../outside/secret.yaml")
    done = checkout.run(command, "k8s/x.yaml")
    assert done.exit_code == ERROR, done.output
    assert SECRET not in done.output
    assert (checkout.root / "../outside/secret.yaml").read_text().startswith(BAD)


def test_an_untracked_link_that_leads_out_is_skipped_and_listed(checkout: Project) -> None:
    """As Bazel and Nix leave them behind."""
    link(checkout, "k8s/x.yaml", "../../outside/secret.yaml", tracked=False)
    done = checkout.run("check", "--verbose", ".")
    assert done.exit_code == 0, done.output
    assert "k8s/x.yaml" in done.stderr
    assert "link out of the repository" in done.output
    assert SECRET not in done.output


def test_without_a_repository_it_is_an_error(tmp_path: Path, work: Project) -> None:
    (tmp_path / "elsewhere.yaml").write_text(BAD)
    (work.root / ".git").rmdir()
    (work.root / "k8s").mkdir()
    (work.root / "k8s/x.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    done = work.run("check", "k8s")
    assert done.exit_code == ERROR
    assert LEADS_OUT in done.stderr


def test_a_link_inside_is_followed_and_its_target_repaired(checkout: Project) -> None:
    checkout.write("base/bad.yaml", BAD)
    link(checkout, "k8s/x.yaml", "../base/bad.yaml")
    assert checkout.run("check", ".").exit_code == FINDINGS
    assert checkout.run("fix", "k8s").exit_code == 0
    assert (checkout.root / "k8s/x.yaml").is_symlink()
    assert (checkout.root / "base/bad.yaml").read_text() == GOOD


def test_what_the_user_names_may_be_anywhere(checkout: Project) -> None:
    assert checkout.run("check", "../outside/secret.yaml").exit_code == FINDINGS
    assert checkout.run("check", "../outside").exit_code == FINDINGS
    link(checkout, "far", "../outside", tracked=False)
    assert checkout.run("check", "far").exit_code == FINDINGS


def test_a_tracked_link_to_a_folder_outside_is_an_error(checkout: Project) -> None:
    link(checkout, "k8s/far", "../../outside")
    done = checkout.run("check", ".")
    assert done.exit_code == ERROR
    assert f"error: k8s/far: {LEADS_OUT}" in done.stderr
    link(checkout, "k8s/far", "../k8s")
    assert checkout.run("check", ".").exit_code == 0


@pytest.mark.parametrize("name", ["imagelint.yaml", "imagelint-baseline.json"])
def test_a_policy_or_baseline_that_leads_out_is_an_error(checkout: Project, name: str) -> None:
    link(checkout, name, "../outside/config.json")
    done = checkout.run("check", ".")
    assert done.exit_code == ERROR
    assert LEADS_OUT in done.stderr
    assert SECRET not in done.output


@pytest.mark.parametrize("key", ["extends: ../outside/config.json", "rule-files: [r/*.yaml]"])
def test_what_a_policy_names_stays_inside(checkout: Project, key: str) -> None:
    checkout.write("imagelint.yaml", f"{POLICY}{key}\n")
    link(checkout, "r/x.yaml", "../../outside/config.json")
    done = checkout.run("check", ".")
    assert done.exit_code == ERROR
    assert SECRET not in done.output


def test_a_policy_that_is_named_may_be_anywhere_and_brings_a_root(checkout: Project) -> None:
    outside = checkout.root.parent / "outside"
    (outside / "base.yaml").write_text(POLICY)
    (outside / "own.yaml").write_text("version: 1\nextends: base.yaml\n")
    assert checkout.run("check", "--policy", "../outside/own.yaml", ".").exit_code == 0
    (outside / "own.yaml").write_text("version: 1\nextends: ../repo/imagelint.yaml\n")
    done = checkout.run("check", "--policy", "../outside/own.yaml", ".")
    assert done.exit_code == ERROR
    assert LEADS_OUT in done.stderr


def test_differences_of_policies_do_not_follow_links(checkout: Project) -> None:
    link(checkout, "imagelint.yaml", "../outside/config.json")
    done = checkout.run("check", "--policy-from", "HEAD~", "k8s")
    assert SECRET not in done.output
    assert "imagelint.yaml is a link here; what HEAD~ has decides" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--format", "sarif=out", "."),
        ("check", "--format", "json", "--output", "out", "."),
        ("check", "--format", "json=deep/report.json", "."),
    ],
)
def test_no_report_is_written_through_a_link(checkout: Project, arguments: tuple[str, ...]) -> None:
    victim = checkout.root.parent / "outside/config.json"
    link(checkout, "out", "../outside/config.json")
    link(checkout, "deep", "../outside")
    before = victim.read_bytes()
    done = checkout.run(*arguments)
    assert done.exit_code == ERROR
    assert "not written: " in done.stderr
    assert victim.read_bytes() == before
    assert not (victim.parent / "report.json").exists()


def test_a_report_goes_where_no_link_is(checkout: Project) -> None:
    assert checkout.run("check", "--format", "json=report.json", ".").exit_code == 0
    assert checkout.run("check", "--format", "json=/dev/null", ".").exit_code == 0
    assert (checkout.root / "report.json").stat().st_size


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (".imagelint.schema.json", ("init", "--schema")),
        ("imagelint-baseline.json", ("baseline", "write", "--grow", ".")),
        ("imagelint.yaml", ("init", "--force", "--harbor", "h.example.com")),
    ],
)
def test_no_file_of_ours_is_written_through_a_link(
    checkout: Project, name: str, arguments: tuple[str, ...]
) -> None:
    victim = checkout.root.parent / "outside/victim"
    victim.write_text("PRECIOUS\n")
    link(checkout, name, "../outside/victim")
    assert checkout.run(*arguments).exit_code == ERROR
    assert victim.read_text() == "PRECIOUS\n"


def test_a_pipe_in_a_folder_does_not_wait(checkout: Project) -> None:
    os.mkfifo(checkout.root / "k8s/pipe.yaml")
    done = checkout.spawn("check", ".", timeout=60)
    assert done.returncode == 0


def test_where_a_file_lies_is_asked_of_the_open_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that becomes a link between the look and the opening."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "k8s", outside):
        folder.mkdir(parents=True)
        (folder / "a.yaml").write_text(SECRET)
    place = str(root / "k8s/a.yaml")
    assert files.read(place, "a", str(root))[0] == SECRET.encode()
    (root / "k8s").rename(root / "old")
    (root / "k8s").symlink_to(outside)
    with pytest.raises(FileError, match="leads out"):
        files.read(place, "a", str(root))
    readlink = os.readlink

    def without_proc(path: str) -> str:
        if path.startswith("/proc/"):
            raise OSError
        return readlink(path)

    monkeypatch.setattr("imagelint.files.guard.os.readlink", without_proc)
    with pytest.raises(FileError, match="leads out"):
        open_inside(place, "a", str(root))
    os.close(open_inside(str(root / "old/a.yaml"), "a", str(root)))


def test_the_folders_of_a_report_are_looked_at_within_the_repository(checkout: Project) -> None:
    (checkout.root.parent / "way").symlink_to(checkout.root)
    refuse_links(str(checkout.root.parent / "way/report.json"), "report.json")
    link(checkout, "deep", "k8s")
    with pytest.raises(FileError, match="deep is a link"):
        refuse_links(str(checkout.root / "deep/report.json"), "deep/report.json")


@pytest.mark.parametrize(
    ("size", "code"), [("1kB", ERROR), ("1 GiB", 0), ("50MB", 0), ("nonsense", ERROR)]
)
def test_what_a_walk_finds_has_a_largest_size(checkout: Project, size: str, code: int) -> None:
    checkout.write("k8s/large.yaml", GOOD + "#" * 2000 + "\n")
    done = checkout.run("check", "--max-file-size", size, ".")
    assert done.exit_code == code, done.output
    if size == "1kB":
        assert "k8s/large.yaml: larger than 1,000 bytes, and not read" in done.stderr
        assert checkout.run("check", "--max-file-size", size, "k8s/large.yaml").exit_code == 0


def test_fix_clears_nothing_away_where_a_link_leads_out(checkout: Project) -> None:
    """What a killed process of imagelint has left behind there is none of its business."""
    leftover = checkout.root.parent / "outside/.imagelint-0123456789abcdef"
    leftover.write_text("")
    link(checkout, "k8s/x.yaml", "../../outside/secret.yaml")
    assert checkout.run("fix", ".").exit_code == ERROR
    assert leftover.exists()
    assert checkout.run("fix", "../outside/secret.yaml").exit_code == 0
    assert not leftover.exists()


class TestNamedByTheUser:
    """What is typed may be anywhere, but where a link that git tracks leads there."""

    @pytest.mark.parametrize("path", ["far", "far/secret.yaml", "far/*.yaml", "far/../outside"])
    @pytest.mark.parametrize("command", ["check", "fix", "images", "workloads --unknown"])
    def test_no_path_is_led_out_by_a_tracked_link(
        self, checkout: Project, command: str, path: str
    ) -> None:
        secret = checkout.root.parent / "outside/secret.yaml"
        before = secret.read_text()
        link(checkout, "far", "../outside")
        done = checkout.run(*command.split(), path)
        assert done.exit_code == ERROR, done.output
        assert LEADS_OUT in done.stderr
        assert SECRET not in done.output
        assert secret.read_text() == before

    def test_nor_by_one_behind_a_link_of_the_user(self, checkout: Project) -> None:
        link(checkout, "k8s/far", "../../outside")
        link(checkout, "mine", "k8s", tracked=False)
        done = checkout.run("check", "mine/far/secret.yaml")
        assert (done.exit_code, SECRET in done.output) == (ERROR, False)
        done = checkout.run("check", "--stdin-filename", "mine/far/x.yaml", "-", stdin=GOOD)
        assert done.exit_code == ERROR
        assert checkout.run("check", "--show-policy", "mine/far/x.yaml").exit_code == ERROR

    def test_links_inside_and_links_of_the_user_are_followed(self, checkout: Project) -> None:
        checkout.write("base/bad.yaml", BAD)
        link(checkout, "near", "base")
        assert checkout.run("check", "near").exit_code == FINDINGS
        assert checkout.run("check", "near/bad.yaml").exit_code == FINDINGS
        assert checkout.run("fix", "near").exit_code == 0
        assert checkout.read("base/bad.yaml") == GOOD
        link(checkout, "far", "../outside", tracked=False)
        for path in ("far", "far/secret.yaml", "far/*.yaml"):
            assert checkout.run("check", path).exit_code == FINDINGS
        assert checkout.run("check", "--stdin-filename", "far/x", "-", stdin=GOOD).exit_code == 0

    @pytest.mark.parametrize("target", ["../../outside/config.json", "/proc/self/environ"])
    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "--policy", "ci/p.yaml", "."),
            ("policy", "check", "ci/p.yaml"),
            ("policy", "test", "ci/p.yaml"),
            ("policy", "diff", "ci/p.yaml", "imagelint.yaml"),
            ("explain", "--policy", "ci/p.yaml", "nginx"),
            ("rules", "--policy", "ci/p.yaml"),
            ("baseline", "write", "--policy", "ci/p.yaml"),
        ],
    )
    def test_no_policy_is_led_out_by_a_tracked_link(
        self, checkout: Project, arguments: tuple[str, ...], target: str
    ) -> None:
        link(checkout, "ci/p.yaml", target)
        done = checkout.run(*arguments)
        assert done.exit_code == ERROR
        assert f"error: ci/p.yaml: {LEADS_OUT}" in done.stderr
        assert SECRET not in done.output
        assert os.environ["PATH"] not in done.output

    def test_the_link_of_a_policy_may_be_the_users(self, checkout: Project) -> None:
        (checkout.root.parent / "outside/p.yaml").write_text(POLICY)
        link(checkout, "ci/p.yaml", "../imagelint.yaml")
        link(checkout, "p.yaml", "../outside/p.yaml", tracked=False)
        for name in ("p.yaml", "ci/p.yaml"):
            assert checkout.run("check", "--policy", name, ".").exit_code == 0

    def test_with_the_policy_of_a_commit_no_link_counts(self, checkout: Project) -> None:
        checkout.write("ci/p.yaml", POLICY)
        Repository(checkout.root).commit()
        link(checkout, "ci/p.yaml", "../../outside/config.json")
        done = checkout.run("check", "--policy", "ci/p.yaml", "--policy-from", "HEAD~", "k8s")
        assert done.exit_code == 0, done.output
        assert SECRET not in done.output


CASES = "version: 1\ncases:\n- {image: nginx, environment: prod, verdict: denied}\n"


@pytest.mark.parametrize("target", ["../outside/config.json", "/proc/self/environ", "/dev/zero"])
@pytest.mark.parametrize("option", [(), ("--cases", "imagelint-tests.yaml")])
def test_the_tests_of_a_policy_stay_inside(
    checkout: Project, option: tuple[str, ...], target: str
) -> None:
    link(checkout, "imagelint-tests.yaml", target)
    done = checkout.run("policy", "test", *option)
    assert done.exit_code == ERROR
    assert f"error: imagelint-tests.yaml: {LEADS_OUT}" in done.stderr
    assert SECRET not in done.output
    assert os.environ["PATH"] not in done.output


def test_the_tests_of_a_policy_may_be_a_link_inside_or_anywhere_if_named(checkout: Project) -> None:
    checkout.write("ci/cases.yaml", CASES)
    link(checkout, "imagelint-tests.yaml", "ci/cases.yaml")
    assert checkout.run("policy", "test").exit_code == 0
    (checkout.root.parent / "outside/cases.yaml").write_text(CASES)
    assert checkout.run("policy", "test", "--cases", "../outside/cases.yaml").exit_code == 0


LIST = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{policy: {}}}}}
items: []
"""


@pytest.mark.parametrize("policy", ["../outside/config.json", "/proc/self/environ", "ci/p.yaml"])
def test_the_policy_of_a_function_config_stays_inside(checkout: Project, policy: str) -> None:
    link(checkout, "ci/p.yaml", "../../outside/config.json", tracked=False)
    done = checkout.run("krm", stdin=LIST.format(policy))
    assert (done.exit_code, done.stdout) == (ERROR, "")
    assert "it is outside the repository, so it is not read" in done.stderr
    assert SECRET not in done.output
    (checkout.root.parent / "outside/p.yaml").write_text(POLICY)
    done = checkout.run("krm", "--policy", "../outside/p.yaml", stdin=LIST.format(policy))
    assert done.exit_code == 0, done.output


def test_the_policy_of_a_function_config_may_lie_above(
    checkout: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout.root / "k8s")
    assert checkout.run("krm", stdin=LIST.format("../imagelint.yaml")).exit_code == 0
