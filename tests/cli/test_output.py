"""Which format a run speaks, and the page of a job in GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def actions(work: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A step of GitHub Actions in the working folder; returns its summary, not there yet."""
    work.write("prod/a.yaml", BAD)
    work.write("dev/b.yaml", GOOD)
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    return summary


def test_inside_of_actions_annotations_are_the_default(work: Project, actions: Path) -> None:
    done = work.run("check")
    assert done.exit_code == FINDINGS
    assert done.stdout.startswith("::error file=prod/a.yaml,line=8,")
    assert work.run("check", "--format", "auto").stdout == done.stdout
    assert work.run("check", "--format", "text").stdout.startswith("prod/a.yaml:8:12: error")
    assert work.run("check", "--format", "auto=x.txt").stdout == ""
    assert work.read("x.txt") == done.stdout
    assert work.run("images").stdout.startswith("VERDICT")
    assert actions.exists()


@pytest.mark.parametrize("value", ["", "false"])
@pytest.mark.usefixtures("actions")
def test_elsewhere_text_is_the_default(
    work: Project, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    assert work.run("check").stdout.startswith("prod/a.yaml:8:12: error")


def test_paths_are_those_of_the_repository(
    work: Project, actions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work.root / "prod")
    done = work.run("check", "--format", "auto", "--format", "sarif=x.sarif")
    assert done.stdout.startswith("::error file=prod/a.yaml,line=8,")
    assert "`prod/a.yaml:8:12`" in actions.read_text(encoding="utf-8")
    [result] = json.loads(work.read("prod/x.sarif"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "prod/a.yaml", "uriBaseId": "%SRCROOT%"}


def test_the_summary_is_appended(work: Project, actions: Path) -> None:
    actions.write_text("# before", encoding="utf-8")
    work.run("check")
    text = actions.read_text(encoding="utf-8")
    assert text.startswith("# before\n## imagelint\n\nFound 1 error in 2 images in 3 files;")
    assert text.count("`unapproved-registry`") == 1
    work.run("check", "--format", "text")
    assert actions.read_text(encoding="utf-8") == text
    work.run("check")
    assert actions.read_text(encoding="utf-8").count("## imagelint") == 2


def test_the_summary_keeps_under_its_limit(work: Project, actions: Path) -> None:
    limit = 1 << 20
    for number in range(300):
        work.write(f"prod/{number}.yaml", BAD)
    actions.write_bytes(b"x" * (limit - 20_000))
    done = work.run("check")
    assert done.stdout.count("::error file=") == 301
    data = actions.read_bytes()
    assert limit - 1000 < len(data) <= limit
    assert b"more findings did not fit here" in data
    done = work.run("check")
    assert "warning: the job summary of this step is full" in done.stderr
    assert actions.read_bytes() == data


def test_a_run_leaves_room_in_the_summary(work: Project, actions: Path) -> None:
    work.write("prod/a.yaml", "---\n".join([BAD] * 4000))
    work.run("check")
    data = actions.read_bytes()
    assert (1 << 19) - 1000 < len(data) <= 1 << 19
    assert b"more findings did not fit here" in data


@pytest.mark.usefixtures("actions")
class TestWhatEndsARun:
    def test_a_broken_policy_is_an_annotation_at_its_place(self, work: Project) -> None:
        work.write("imagelint.yaml", "version: 1\nharbour: {}\n")
        for command in ("check", "fix"):
            done = work.run(command)
            assert done.exit_code == ERROR
            assert done.stdout.startswith(
                "::error file=imagelint.yaml,line=2,col=1,title=imagelint::"
            )
            assert done.stderr.startswith("error: imagelint.yaml:2:1: ")
        assert work.run("check", "--format", "text").stdout == ""
        done = work.run("check", "--format", "text", "--format", "github=x.txt")
        assert done.stdout == ""
        assert work.read("x.txt").startswith("::error file=imagelint.yaml,line=2,")

    def test_so_is_a_crash(self, work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("imagelint.run.reporting.conclude", lambda _: 1 // 0)
        done = work.run("check")
        assert done.exit_code == ERROR
        assert done.stdout.startswith("::error title=imagelint::internal error (ZeroDivisionError")

    def test_and_a_file_that_cannot_be_read(self, work: Project) -> None:
        (work.root / "prod/loop.yaml").symlink_to("loop.yaml")
        done = work.run("check", "prod/loop.yaml")
        assert done.exit_code == ERROR
        assert done.stdout.startswith("::error file=prod/loop.yaml,title=imagelint::")

    def test_usage_has_no_place(self, work: Project) -> None:
        done = work.run("check", "--env", "nowhere: x")
        assert done.exit_code == ERROR
        assert done.stdout.startswith("::error title=imagelint::")

    def test_a_filter_and_a_patch_stay_clean(self, work: Project) -> None:
        work.write("imagelint.yaml", "version: 2\n")
        for options in (("-",), ("--diff",)):
            done = work.run("fix", *options, stdin=BAD)
            assert (done.exit_code, done.stdout) == (ERROR, "")
            assert "::error file=imagelint.yaml,line=1," in done.stderr


def test_a_summary_that_cannot_be_written_fails_nothing(
    work: Project, actions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(actions / "no/such.md"))
    done = work.run("check", "dev")
    assert done.exit_code == CLEAN
    assert done.stderr.startswith("warning: no job summary: ")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert work.run("check", "dev").stderr == ""


def test_a_sarif_report_that_is_cut_is_told(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagelint.formats.sarif.RESULTS_MAX", 1)
    work.write("prod/a.yaml", BAD)
    assert work.run("check", "--format", "sarif=x.sarif").stderr == ""
    work.write("prod/b.yaml", BAD)
    done = work.run("check", "--format", "sarif=x.sarif")
    assert done.stderr.startswith("warning: only the worst 1 of 2 results are in the SARIF report")
    assert len(json.loads(work.read("x.sarif"))["runs"][0]["results"]) == 1


def test_every_format_in_one_run(work: Project) -> None:
    work.write("prod/a.yaml", BAD)
    names = ("json", "github", "sarif", "gitlab", "junit", "markdown")
    done = work.run("check", "--format", "text", *(f"--format={name}=r.{name}" for name in names))
    assert done.exit_code == FINDINGS
    assert "unapproved-registry" in done.stdout
    assert all("unapproved-registry" in work.read(f"r.{name}") for name in names)


def test_fix_reports_what_is_left_in_any_format(work: Project) -> None:
    work.write("prod/a.yaml", BAD)
    assert json.loads(work.run("fix", "--format", "gitlab").stdout) == []
    work.write("prod/a.yaml", BAD.replace("nginx", "evil.io/nginx"))
    assert work.run("fix", "--format", "junit=x.xml").exit_code == FINDINGS
    assert 'failures="1"' in work.read("x.xml")
    assert work.run("check", "--format", "junit=no/x.xml").exit_code == ERROR
