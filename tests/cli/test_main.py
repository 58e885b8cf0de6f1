from __future__ import annotations

import json

import pytest

from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project, pod, rules_in

# --- exit codes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.yaml"], CLEAN),
        (["bad.yaml"], FINDINGS),
        (["good.yaml", "bad.yaml"], FINDINGS),
        ([], FINDINGS),
        (["*.yaml"], FINDINGS),
        (["bad.yaml", "--fail-on", "never"], CLEAN),
        (["bad.yaml", "--fail-on", "note"], FINDINGS),
        (["warn.yaml"], CLEAN),
        (["warn.yaml", "--fail-on", "warning"], FINDINGS),
        (["bad.yaml", "--env", "dev"], CLEAN),
        (["empty"], ERROR),
        (["empty", "good.yaml"], ERROR),
        (["empty", "--allow-empty"], CLEAN),
        (["emp*"], ERROR),
        (["emp*", "--allow-empty"], ERROR),
        (["*.yml", "good.yaml"], ERROR),
        (["missing.yaml", "--allow-empty"], ERROR),
        (["README.md"], CLEAN),
        (["missing.yaml"], ERROR),
        (["missing.yaml", "bad.yaml"], ERROR),
        (["missing.yaml", "bad.yaml", "--fail-on", "never"], ERROR),
        (["bad.yaml", "--env", "nope"], ERROR),
        (["bad.yaml", "--policy", "nope.yaml"], ERROR),
        (["bad.yaml", "--fail-on", "nope"], ERROR),
        (["bad.yaml", "--format", "nope"], ERROR),
        (["bad.yaml", "--exclude", "a**"], ERROR),
        (["bad.yaml", "--nope"], ERROR),
        (["bad.yaml", "--stdin-filename", "x"], ERROR),
        (["bad.yaml", "--exclude", "bad.yaml"], CLEAN),
    ],
)
def test_exit_codes_of_check(work: Project, arguments: list[str], code: int) -> None:
    work.write("good.yaml", GOOD)
    work.write("bad.yaml", BAD)
    work.write("warn.yaml", f"{GOOD}...\nstray: image\n")
    work.write("README.md", "# image: nginx\n")
    (work.root / "empty").mkdir()
    done = work.run("check", *arguments)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output


def test_findings_are_printed_although_something_else_went_wrong(work: Project) -> None:
    work.write("bad.yaml", BAD)
    done = work.run("check", "missing.yaml", "bad.yaml")
    assert "bad.yaml:8:12: error unapproved-registry" in done.stdout
    assert done.stderr == "error: missing.yaml: no such file or folder\n"


@pytest.mark.parametrize("command", ["check", "fix", "images"])
@pytest.mark.parametrize("path", ["empty", "missing", "missing.yaml", "empty/*.yaml", "**/*.json"])
def test_what_finds_nothing_to_look_at_is_not_clean(work: Project, command: str, path: str) -> None:
    (work.root / "empty").mkdir()
    work.write("empty/notes.md", "")
    done = work.run(command, path)
    assert done.exit_code == ERROR
    assert done.stderr.startswith(f"error: {path}: no ")
    assert "No findings" not in done.output


@pytest.mark.parametrize("command", ["check", "fix", "images"])
def test_an_empty_folder_may_be_meant(work: Project, command: str) -> None:
    (work.root / "empty").mkdir()
    done = work.run(command, "--allow-empty", "empty")
    assert done.exit_code == CLEAN
    assert done.stderr == "warning: empty: no manifests (.yaml, .yml, .json) found\n"


def test_what_is_excluded_is_not_missing(work: Project) -> None:
    work.write("empty/deep/a.yaml", BAD)
    assert work.run("check", "--exclude", "empty", "empty").exit_code == CLEAN
    assert work.run("check", "--exclude", "empty/deep", "empty").exit_code == CLEAN
    assert work.run("check", "--exclude", "empty/deep", "**/a.yaml").exit_code == CLEAN


# --- slips -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["chekc"], 'did you mean "check"?'),
        (["nonsense"], "the commands are check, fix, images, explain, rules"),
        (["bad.yaml"], "did you mean `imagelint check bad.yaml`?"),
        (["-"], "did you mean `imagelint check -`?"),
        (["check", "--fromat", "json"], "--format"),
        (["check", "--format", "jsno"], 'did you mean "json"?'),
        (["check", "--format", "nope"], "there are auto, text, concise, json"),
        (["check", "--format", "json="], "a file belongs behind the ="),
        (["check", "--format", "json", "--format", "text"], "cannot both go to stdout"),
        (["check", "--format", "json=x", "--format", "text=x"], "cannot both go to x"),
        (["check", "--format", "json=x", "--output", "y"], "a single --format NAME"),
        (["images", "--format", "jsn"], 'did you mean "json"?'),
        (["check", "bad.yaml", "--env", "prd"], "prod"),
        (["explain", "unaproved-registry"], 'did you mean "unapproved-registry"?'),
        (["fix", "-", "bad.yaml"], "it takes no other PATH"),
        (["init"], "--harbor"),
        (["init", "--harbor", "https://h.io"], "--harbor: "),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(
    work: Project, arguments: list[str], advice: str
) -> None:
    work.write("bad.yaml", BAD)
    done = work.run(*arguments)
    assert done.exit_code == ERROR
    assert advice in " ".join(done.stderr.split())
    assert done.stdout == ""


# --- policies --------------------------------------------------------------------------


def test_without_a_policy_one_line_says_so(project: Project) -> None:
    project.write("a.yaml", pod("harbor.myco.com/docker.io/nginx:1"))
    project.write("b.yaml", pod("harbor.myco.com/docker.io/nginx:1"))
    done = project.run("check", "--format", "json")
    assert done.exit_code == CLEAN
    assert done.stderr == (
        "note: no imagelint.yaml found, so the built-in policy decides;"
        " write your own with `imagelint init --harbor HOST`\n"
    )
    assert json.loads(done.stdout)["policy"]["path"] is None


def test_a_policy_below_another_ends_the_run(work: Project) -> None:
    work.write("sub/imagelint.yaml", POLICY)
    work.write("sub/a.yaml", GOOD)
    done = work.run("check")
    assert done.exit_code == ERROR
    assert done.stdout == ""
    assert done.stderr.startswith("error: sub/imagelint.yaml: this policy stands below imagelint")


def test_a_broken_policy_names_its_place(work: Project) -> None:
    work.write("imagelint.yaml", POLICY + "nonsense: 1\n")
    work.write("a.yaml", GOOD)
    done = work.run("check")
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: imagelint.yaml:14:1: ")


def test_paths_decide_relative_to_the_policy(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("dev/a.yaml", BAD)
    work.write("prod/a.yaml", BAD)
    monkeypatch.chdir(work.root / "dev")
    assert work.run("check").exit_code == CLEAN
    assert work.run("check", "../prod").exit_code == FINDINGS
    assert work.run("check", "--policy", "../imagelint.yaml").exit_code == CLEAN


def test_two_policies_in_one_run(project: Project) -> None:
    project.write("a/imagelint.yaml", POLICY)
    project.write("b/imagelint.yaml", POLICY.replace("allow: [h.io]", "allow: [quay.io]"))
    project.write("a/x.yaml", pod("quay.io/a/b:1"))
    project.write("b/x.yaml", pod("quay.io/a/b:1"))
    report = json.loads(project.run("check", "--format", "json").stdout)
    assert [finding["path"] for finding in report["findings"]] == ["a/x.yaml"]
    assert report["policy"] is None


def test_a_link_is_held_to_the_place_where_it_stands(work: Project) -> None:
    work.write("dev/a.yaml", BAD)
    (work.root / "prod").mkdir()
    (work.root / "prod/link.yaml").symlink_to("../dev/a.yaml")
    report = json.loads(work.run("check", "--format", "json").stdout)
    assert [finding["path"] for finding in report["findings"]] == ["prod/link.yaml"]


def test_a_file_of_several_names_is_reported_once(work: Project) -> None:
    work.write("prod/a.yaml", BAD)
    (work.root / "prod/link.yaml").symlink_to("a.yaml")
    report = json.loads(work.run("check", "--format", "json").stdout)
    assert len(report["findings"]) == report["summary"]["images"] == 1
    reason = "the same file under another name"
    assert {"path": "prod/link.yaml", "reason": reason} in report["skipped"]
    done = work.run("fix")
    assert done.exit_code == CLEAN
    assert (work.root / "prod/link.yaml").is_symlink()


# --- stdin -----------------------------------------------------------------------------


@pytest.mark.parametrize("stdin", ["", " \n\n", "\ufeff"])
@pytest.mark.parametrize("command", ["check", "fix", "images"])
def test_empty_stdin(work: Project, command: str, stdin: str) -> None:
    done = work.run(command, "-", stdin=stdin)
    assert done.exit_code == ERROR
    assert done.stdout == ""
    assert "nothing came on stdin" in done.stderr
    done = work.run(command, "-", "--allow-empty", stdin=stdin)
    assert done.exit_code == CLEAN


def test_stdin_and_its_name(work: Project) -> None:
    assert "<stdin>:8:12: error" in work.run("check", "-", stdin=BAD).stdout
    done = work.run("check", "-", "--stdin-filename", "prod/x.yaml", stdin=BAD)
    assert "prod/x.yaml:8:12: error" in done.stdout
    assert work.run("check", "-", "--stdin-filename", "dev/x.yaml", stdin=BAD).exit_code == CLEAN


def test_stdin_beside_files(work: Project) -> None:
    work.write("a.yaml", BAD)
    report = json.loads(work.run("check", "-", "a.yaml", "--format", "json", stdin=BAD).stdout)
    assert [finding["path"] for finding in report["findings"]] == ["<stdin>", "a.yaml"]


def test_an_excluded_name_on_stdin(work: Project) -> None:
    arguments = ("-", "--stdin-filename", "v/x.yaml", "--exclude", "v/**")
    done = work.run("check", *arguments, stdin=BAD)
    assert done.exit_code == CLEAN
    assert "Skipped 1: 1 excluded by --exclude." in done.stdout
    done = work.run("fix", *arguments, stdin=BAD)
    assert done.stdout == BAD


# --- formats ---------------------------------------------------------------------------


def test_several_formats_in_one_run(work: Project) -> None:
    work.write("a.yaml", BAD)
    done = work.run("check", "a.yaml", "--format", "json=r.json", "--format", "text")
    assert done.exit_code == FINDINGS
    assert done.stdout.startswith("a.yaml:8:12: error")
    assert rules_in(work.read("r.json")) == ["unapproved-registry"]


def test_output_names_the_file_of_the_only_format(work: Project) -> None:
    work.write("a.yaml", BAD)
    done = work.run("check", "a.yaml", "--format", "json", "--output", "r.json")
    assert done.stdout == ""
    assert rules_in(work.read("r.json")) == ["unapproved-registry"]
    work.run("check", "a.yaml", "--output", "r.txt")
    assert work.read("r.txt").startswith("a.yaml:8:12: error")


def test_a_report_that_cannot_be_written_hides_no_finding(work: Project) -> None:
    work.write("a.yaml", BAD)
    done = work.run("check", "a.yaml", "--format", "json=no/r.json", "--format", "text")
    assert done.exit_code == ERROR
    assert done.stdout.startswith("a.yaml:8:12: error")
    assert "no/r.json: No such file or directory" in done.stderr
