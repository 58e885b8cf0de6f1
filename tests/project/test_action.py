"""The GitHub Action: its metadata, and the shell of its steps on pushes and pull requests."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from imagelint.formats import FORMATS
from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, pod
from tests.support.repository import QUIET, Repository

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
OPEN = POLICY.replace("allow: [h.io]", 'allow: ["*"]')

needs_formats = pytest.mark.skipif(
    not {"github", "sarif"} <= FORMATS.keys(), reason="the formats github and sarif are missing"
)
pytestmark = needs_git


@dataclass
class Step:
    """What a step did."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def commands(self) -> list[str]:
        """What the runner takes for commands, between stops and resumptions."""
        found: list[str] = []
        word: str | None = None
        for line in re.split(r"\r\n|\r|\n", self.log):
            text = line.strip()
            if word is not None:
                word = None if text == f"::{word}::" else word
            elif text.startswith("::stop-commands::"):
                word = text.removeprefix("::stop-commands::")
            elif text.startswith(("::", "##[")):
                found.append(text)
        assert word is None
        return found


@dataclass
class Runner:
    """A runner with a workspace, on which the steps of the action are run."""

    workspace: Repository
    temp: Path
    event: str = "push"
    base: str = ""
    head: str = ""
    """The last commit of the pull request; by default what is checked out."""
    sha: str = ""
    """``GITHUB_SHA``; by default what is checked out, as ``actions/checkout`` does it."""
    variables: dict[str, str] = field(default_factory=dict)
    action: Path = ROOT

    def payload(self, head: str) -> dict[str, Any]:
        """What GitHub's event file says, as far as it matters here."""
        if self.event.startswith("pull_request"):
            pull_request = {"base": {"ref": "main", "sha": self.base}, "head": {"sha": head}}
            return {"action": "synchronize", "number": 7, "pull_request": pull_request}
        if self.event == "merge_group":
            return {"merge_group": {"base_sha": self.base, "head_sha": head}}
        return {"before": self.base, "after": head} if self.event == "push" else {"inputs": {}}

    def value(self, expression: str, payload: dict[str, Any], inputs: dict[str, str]) -> str:
        """Evaluate what a step hands to its shell: inputs, and names of the event."""
        for path in expression.removeprefix("${{ ").removesuffix(" }}").split(" || "):
            what, _, rest = path.partition(".")
            if what == "inputs":
                return inputs.get(rest.replace("-", "_"), str(ACTION["inputs"][rest]["default"]))
            found: Any = {"event": payload}
            for name in rest.split("."):
                found = found.get(name, {}) if isinstance(found, dict) else {}
            if found:
                return str(found)
        return ""

    def step(self, name: str, **inputs: str) -> Step:
        """Run the step's own shell; inputs have ``_`` for ``-``."""
        here = self.workspace
        commit = here.git("rev-parse", "HEAD") if (here.root / ".git").exists() else ""
        payload = self.payload(self.head or commit)
        event = self.temp / "event.json"
        event.write_text(json.dumps(payload), encoding="utf-8")
        environment = {**os.environ, **QUIET, **self.variables}
        for variable, expression in STEPS[name]["env"].items():
            environment[variable] = self.value(expression, payload, inputs)
        paths = {
            name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        for path in paths.values():
            path.write_bytes(b"")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=self.workspace.root,
            env={
                **environment,
                **{name: str(path) for name, path in paths.items()},
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_EVENT_NAME": self.event,
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_SHA": self.sha or commit,
                "GITHUB_WORKSPACE": str(self.workspace.root),
                "RUNNER_TEMP": str(self.temp),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        lines = paths["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return Step(
            done.returncode,
            done.stdout.decode("utf-8", "replace"),
            dict(line.split("=", 1) for line in lines),
            paths["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
        )

    def lint(self, **inputs: str) -> Step:
        return self.step("Lint", **inputs)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A push to a repository with a policy and a bad file; imagelint is that of these tests."""
    folder = tmp_path / "runner/imagelint/bin"
    folder.mkdir(parents=True)
    python = shlex.quote(sys.executable)
    root = shlex.quote(str(ROOT))
    for name, command in (
        ("imagelint", f"PYTHONPATH={root} exec {python} -m imagelint"),
        ("python", f"exec {python}"),
    ):
        (folder / name).write_text(f'#!/bin/sh\n{command} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    workspace = Repository.new(tmp_path / "workspace")
    workspace.write("imagelint.yaml", POLICY)
    workspace.write("prod/web.yaml", BAD)
    workspace.commit()
    return Runner(workspace, tmp_path / "runner")


@pytest.fixture
def request_(runner: Runner) -> Runner:
    """A pull request that has changed nothing yet."""
    runner.event = "pull_request"
    runner.base = runner.workspace.git("rev-parse", "HEAD")
    runner.workspace.git("checkout", "-q", "--detach")
    return runner


# --- the metadata ------------------------------------------------------------------------


def test_inputs_reach_the_shell_by_environment_only() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        assert "uses" not in step
    given = {text for step in STEPS.values() for text in step["env"].values()}
    assert {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]} <= given


def test_every_output_is_one_of_the_step() -> None:
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.lint.outputs.{name} }}}}"


# --- lint --------------------------------------------------------------------------------


@needs_formats
class TestLint:
    def test_a_push(self, runner: Runner) -> None:
        done = runner.lint()
        assert done.code == FINDINGS
        assert "prod/web.yaml:8:12" in done.log
        (command,) = done.commands
        assert command.startswith("::error file=prod/web.yaml,line=8,endLine=8,col=12,")
        assert done.outputs == {
            "errors": "1",
            "warnings": "0",
            "notes": "0",
            "images": "1",
            "fixable": "true",
        }
        assert "unapproved-registry" in done.summary

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("IMAGELINT_CHECK_FAIL_ON", "never"),
            ("IMAGELINT_CHECK_SHOW_FILES", "1"),
            ("_IMAGELINT_COMPLETE", "bash_source"),
        ],
    )
    def test_no_variable_loosens_it(self, runner: Runner, name: str, value: str) -> None:
        """A workflow's ``env``, or what a step before has put into ``GITHUB_ENV``."""
        runner.variables[name] = value
        done = runner.lint()
        assert done.code == FINDINGS
        assert name not in done.log
        assert "unapproved-registry" in done.log

    def test_clean(self, runner: Runner) -> None:
        runner.workspace.write("prod/web.yaml", GOOD)
        done = runner.lint()
        assert (done.code, done.commands) == (CLEAN, [])
        assert (done.outputs["errors"], done.outputs["fixable"]) == ("0", "false")

    @pytest.mark.parametrize(
        ("inputs", "code"),
        [
            ({"environment": "dev"}, CLEAN),
            ({"fail_on": "never"}, CLEAN),
            ({"paths": "prod/web.yaml\r\n\nprod\n"}, FINDINGS),
            ({"paths": "\n"}, FINDINGS),
            ({"paths": "missing.yaml"}, ERROR),
            ({"paths": "--help"}, ERROR),
            ({"policy": "missing.yaml"}, ERROR),
            ({"policy": "imagelint.yaml"}, FINDINGS),
            ({"fail_on": "sometimes"}, ERROR),
            ({"environment": "$(touch injected)"}, ERROR),
            ({"paths": "$(touch injected)`touch injected`"}, ERROR),
            ({"changed_only": "perhaps"}, ERROR),
            ({"policy_from": "elsewhere"}, ERROR),
            ({"paths": "empty"}, ERROR),
            ({"paths": "empty", "allow_empty": "true"}, CLEAN),
            ({"allow_empty": "true"}, FINDINGS),
            ({"allow_empty": "perhaps"}, ERROR),
            ({"render": "true"}, FINDINGS),
            ({"render": "perhaps"}, ERROR),
            ({"fix": "yes"}, ERROR),
            ({"sarif_file": "a\nfixable=true"}, ERROR),
        ],
    )
    def test_inputs(self, runner: Runner, inputs: dict[str, str], code: int) -> None:
        (runner.workspace.root / "empty").mkdir()
        done = runner.lint(**inputs)
        assert done.code == code, done.log
        assert not (runner.workspace.root / "injected").exists()

    def test_sarif(self, runner: Runner) -> None:
        done = runner.lint(sarif_file="out file.sarif")
        assert done.outputs["sarif"] == "out file.sarif"
        report = json.loads(runner.workspace.read("out file.sarif"))
        assert report["version"] == "2.1.0"
        assert "sarif" not in runner.lint(sarif_file="no/such/folder.sarif").outputs

    def test_a_suggested_repair(self, runner: Runner) -> None:
        done = runner.lint(fix="suggest")
        assert done.code == FINDINGS
        assert "### imagelint: suggested repair\n\n```diff\n--- a/prod/web.yaml\n" in done.summary
        assert runner.workspace.read("prod/web.yaml") == BAD
        runner.workspace.git("apply", done.outputs["patch"])
        assert runner.workspace.read("prod/web.yaml") == GOOD
        done = runner.lint(fix="suggest")
        assert (done.code, "patch" in done.outputs) == (CLEAN, False)

    def test_a_long_repair_is_cut(self, runner: Runner) -> None:
        runner.workspace.write("prod/web.yaml", "---\n".join([BAD + "# ```\n" * 9] * 2000))
        done = runner.lint(fix="suggest")
        assert "````diff\n" in done.summary
        assert "too long to show all of it" in done.summary
        assert len(done.summary.encode()) < 1024 * 1024

    def test_changed_only_on_a_push(self, runner: Runner) -> None:
        runner.base = runner.workspace.git("rev-parse", "HEAD")
        assert runner.lint(changed_only="true").code == CLEAN
        runner.base = "0" * 40  # a new branch
        done = runner.lint(changed_only="true")
        assert done.code == FINDINGS
        assert "everything is linted" in done.commands[0]

    @pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
    def test_events_without_a_base(self, runner: Runner, event: str) -> None:
        runner.event = event
        assert runner.lint(changed_only="true").code == FINDINGS


@needs_formats
class TestPullRequest:
    def test_only_what_it_changed(self, request_: Runner) -> None:
        assert request_.lint(changed_only="true").code == CLEAN
        assert request_.lint().code == FINDINGS
        request_.workspace.write("prod/new.yaml", BAD)
        request_.workspace.commit()
        done = request_.lint(changed_only="true")
        assert done.code == FINDINGS
        assert [one for one in done.commands if "file=" in one] == [
            one for one in done.commands if "file=prod/new.yaml" in one
        ]

    @pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "merge_group"])
    def test_it_cannot_loosen_its_own_gate(self, request_: Runner, event: str) -> None:
        request_.event = event
        request_.workspace.write("imagelint.yaml", OPEN)
        request_.workspace.commit()
        done = request_.lint()
        assert done.code == FINDINGS
        assert any("touches the policy" in one for one in done.commands)
        assert '+    allow: ["*"]' in done.log
        assert (
            "### imagelint: notes on this run\n\n```diff\nwarning: imagelint.yaml" in done.summary
        )
        assert '\n+    allow: ["*"]\n' in done.summary
        assert request_.lint(policy_from="head").code == CLEAN
        request_.event = "push"
        assert request_.lint().code == CLEAN

    def test_it_cannot_hide_what_is_rendered_in_ci(self, request_: Runner) -> None:
        request_.workspace.write("prod/web.yaml", GOOD)
        request_.workspace.write("prod/.gitignore", "rendered.yaml\n")
        request_.workspace.commit()
        request_.workspace.write("prod/rendered.yaml", BAD)
        done = request_.lint()
        assert done.code == FINDINGS
        assert "prod/rendered.yaml" in done.log
        assert request_.lint(policy_from="head").code == CLEAN

    def test_without_a_base_it_fails(self, request_: Runner) -> None:
        request_.base = ""
        assert request_.lint().code == ERROR

    def test_without_a_repository_it_fails(self, request_: Runner) -> None:
        (request_.workspace.root / ".git").rename(request_.temp / "gone")
        done = request_.lint()
        assert done.code == ERROR
        assert "no git repository" in done.log

    @pytest.mark.parametrize("depth", ["1", "2"])
    def test_a_shallow_checkout_is_deepened(self, request_: Runner, depth: str) -> None:
        origin = request_.workspace
        for number in range(3):
            origin.write("prod/new.yaml", BAD + f"# {number}\n")
            origin.commit()
        origin.git("branch", "-q", "topic")
        origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
        folder = origin.root.parent / "shallow"
        url = origin.root.as_uri()
        origin.git("clone", "-q", f"--depth={depth}", "--branch=topic", url, str(folder))
        request_.workspace = Repository(folder)
        done = request_.lint(changed_only="true")
        assert done.code == FINDINGS, done.log
        assert len([one for one in done.commands if "file=" in one]) == 1

    def test_where_nothing_can_be_fetched_it_says_so(self, request_: Runner) -> None:
        request_.base = "1" * 40
        done = request_.lint()
        assert done.code == ERROR
        assert f"there is no commit '{'1' * 40}' here" in done.log


STRICT = POLICY.replace('"off"', "error")


@pytest.fixture
def merged(runner: Runner) -> Runner:
    """The checkout of a pull request that GitHub has merged with a newer commit of the branch.

    The event names the commit that the branch was at when the pull request was opened. Since then
    somebody else has brought a bad file and a stricter policy into the branch.
    """
    here = runner.workspace
    here.write("prod/web.yaml", GOOD)
    here.git("branch", "-M", "main")
    runner.base = here.commit()
    here.git("checkout", "-q", "-b", "topic")
    here.write("prod/mine.yaml", pod("h.io/hub/nginx"))
    runner.head = here.commit()
    here.git("checkout", "-q", "main")
    here.write("prod/theirs.yaml", BAD)
    here.write("imagelint.yaml", STRICT)
    here.commit()
    here.git("checkout", "-q", "--detach")
    here.git("merge", "-q", "--no-ff", "-m", "Merge topic into main", "topic")
    runner.event = "pull_request"
    return runner


def annotated(done: Step) -> set[str]:
    """Return the files with annotations."""
    return {match[1] for one in done.commands if (match := re.search(r" file=([^,]+),", one))}


@needs_formats
class TestMerge:
    """What a pull request is compared with, and whose policy decides."""

    def test_what_it_was_merged_with_and_not_what_the_event_names(self, merged: Runner) -> None:
        done = merged.lint(changed_only="true")
        assert done.code == FINDINGS
        assert annotated(done) == {"prod/mine.yaml"}  # by the rule that main has made stricter
        assert "floating-tag" in done.log
        assert not any("touches the policy" in one for one in done.commands)
        assert annotated(merged.lint()) == {"prod/mine.yaml", "prod/theirs.yaml"}

    def test_in_the_shallowest_checkout(self, merged: Runner) -> None:
        origin = merged.workspace
        origin.git("update-ref", "refs/pull/7/merge", "HEAD")
        origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
        folder = origin.root.parent / "shallow"
        clone = Repository.new(folder)
        clone.git("remote", "add", "origin", origin.root.as_uri())
        clone.git("fetch", "-q", "--no-tags", "--depth=1", "origin", "refs/pull/7/merge")
        clone.git("checkout", "-q", "--detach", "FETCH_HEAD")
        merged.workspace = clone
        done = merged.lint()
        assert annotated(done) == {"prod/mine.yaml", "prod/theirs.yaml"}, done.log
        assert "floating-tag" in done.log
        assert clone.git("rev-parse", "--is-shallow-repository") == "true"
        assert annotated(merged.lint(changed_only="true")) == {"prod/mine.yaml"}

    def test_a_head_cannot_choose_its_base(self, merged: Runner) -> None:
        """Checked out is the head, a merge whose first parent has loosened the policy."""
        here = merged.workspace
        merged.sha = here.git("rev-parse", "HEAD")
        here.git("checkout", "-q", "-b", "loose", merged.base)
        here.write("imagelint.yaml", OPEN)
        here.write("prod/mine.yaml", BAD)
        here.commit()
        here.git("merge", "-q", "--no-ff", "-m", "Merge main into topic", "topic", "-X", "ours")
        merged.head = here.git("rev-parse", "HEAD")
        done = merged.lint()
        assert done.code == FINDINGS, done.log
        assert any("touches the policy" in one for one in done.commands)
        # Not even where the event is about that commit: its second parent is another.
        merged.sha = merged.head
        done = merged.lint()
        assert done.code == FINDINGS, done.log
        assert any("touches the policy" in one for one in done.commands)

    def test_nor_can_another_commit_that_is_checked_out(self, merged: Runner) -> None:
        """It says that it has merged the head; GitHub has made another one."""
        here = merged.workspace
        merged.sha = here.git("rev-parse", "HEAD")
        here.git("checkout", "-q", "--detach", merged.base)
        here.write("imagelint.yaml", OPEN)
        here.write("prod/mine.yaml", BAD)
        loose = here.commit()
        made = here.git(
            "commit-tree", f"{loose}^{{tree}}", "-p", loose, "-p", merged.head, "-m", ""
        )
        here.git("checkout", "-q", "--detach", made)
        done = merged.lint()
        assert done.code == FINDINGS, done.log
        assert any("touches the policy" in one for one in done.commands)

    def test_nor_can_a_ref_that_replaces_the_merge(self, merged: Runner) -> None:
        here = merged.workspace
        tree, first = here.git("rev-parse", "HEAD^{tree}"), here.git("rev-parse", "HEAD^1")
        here.git("checkout", "-q", "--detach", merged.base)
        here.write("imagelint.yaml", OPEN)
        loose = here.commit()
        made = here.git("commit-tree", tree, "-p", first, "-p", merged.head, "-m", "x")
        other = here.git("commit-tree", tree, "-p", loose, "-p", merged.head, "-m", "x")
        here.git("checkout", "-q", "--detach", made)
        here.git("replace", made, other)
        assert here.git("rev-parse", "HEAD^1") == loose
        done = merged.lint()
        assert done.code == FINDINGS, done.log
        assert not any("touches the policy" in one for one in done.commands)

    def test_a_checkout_of_the_head_is_compared_with_the_base_of_the_event(
        self, merged: Runner
    ) -> None:
        here = merged.workspace
        merged.sha = here.git("rev-parse", "HEAD")
        here.git("checkout", "-q", "--detach", merged.head)
        done = merged.lint(changed_only="true")
        assert (done.code, annotated(done)) == (CLEAN, set()), done.log
        here.write("prod/mine.yaml", BAD)
        here.commit()
        assert annotated(merged.lint(changed_only="true")) == {"prod/mine.yaml"}

    def test_a_review_is_of_a_pull_request_too(self, merged: Runner) -> None:
        merged.event = "pull_request_review"
        assert annotated(merged.lint(changed_only="true")) == {"prod/mine.yaml"}
        merged.workspace.write("imagelint.yaml", OPEN)
        assert any("touches the policy" in one for one in merged.lint().commands)

    def test_a_queue_names_its_base(self, merged: Runner) -> None:
        merged.base = merged.workspace.git("rev-parse", "HEAD^1")
        merged.event = "merge_group"
        assert annotated(merged.lint(changed_only="true")) == {"prod/mine.yaml"}

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"pull_request": {"head": null}}'])
    def test_an_event_that_says_nothing(self, tmp_path: Path, text: str) -> None:
        event = tmp_path / "event.json"
        event.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", str(ROOT / "action/results.py"), "head", str(event)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == b""


@needs_formats
class TestPush:
    @pytest.mark.parametrize("is_shallow", [False, True])
    def test_a_commit_that_is_gone(self, runner: Runner, *, is_shallow: bool) -> None:
        """Somebody has pushed with force: what was there before is nowhere."""
        here = runner.workspace
        runner.base = "1" * 40
        if is_shallow:
            folder = here.root.parent / "shallow"
            here.git("clone", "-q", "--depth=1", here.root.as_uri(), str(folder))
            runner.workspace = Repository(folder)
        done = runner.lint(changed_only="true")
        assert done.code == FINDINGS
        assert annotated(done) == {"prod/web.yaml"}
        assert "everything is linted" in done.commands[0]

    def test_a_commit_without_a_common_one(self, runner: Runner) -> None:
        here = runner.workspace
        runner.base = here.git("rev-parse", "HEAD")
        here.git("checkout", "-q", "--orphan", "other")
        here.write("notes.txt", "all anew")
        here.commit()
        done = runner.lint(changed_only="true")
        assert done.code == FINDINGS
        assert "everything is linted" in done.commands[0]

    def test_a_pull_request_has_no_such_way_out(self, runner: Runner) -> None:
        runner.event, runner.base = "pull_request", "1" * 40
        assert runner.lint(changed_only="true", policy_from="head").code == ERROR


@needs_formats
class TestLimits:
    """GitHub shows ten annotations of a kind, and drops a summary of more than 1 MiB whole."""

    @staticmethod
    def kinds(done: Step) -> dict[str, int]:
        return dict(Counter(re.split(r"[ :]", one[2:])[0] for one in done.commands))

    def test_ten_of_a_kind_and_the_rest_is_counted(self, runner: Runner) -> None:
        some = [BAD] * 13 + [pod("h.io/x")] * 12
        runner.workspace.write("imagelint.yaml", POLICY.replace('"off"', "warning"))
        runner.workspace.write("prod/web.yaml", "---\n".join(some))
        done = runner.lint()
        assert self.kinds(done) == {"error": 10, "warning": 10, "notice": 1}
        assert "::5 more findings: GitHub shows 10" in done.commands[-1]
        assert done.log.count(" error unapproved-registry: ") == 13
        assert done.log.count(" warning floating-tag: ") == 12

    def test_those_of_the_action_are_among_them(self, request_: Runner) -> None:
        here = request_.workspace
        some = [pod("h.io/x")] * 10
        here.write("imagelint.yaml", POLICY.replace('"off"', "warning"))
        here.write("prod/web.yaml", "---\n".join(some))
        request_.base = here.commit()
        assert self.kinds(request_.lint()) == {"warning": 10}
        here.write("imagelint.yaml", OPEN.replace('"off"', "warning"))
        here.commit()
        done = request_.lint()
        assert self.kinds(done) == {"warning": 10, "notice": 1}
        assert "touches the policy" in done.commands[0]
        assert "::1 more finding: " in done.commands[-1]

    def test_notes_make_room_for_the_number(self, runner: Runner) -> None:
        runner.workspace.write("imagelint.yaml", POLICY.replace('"off"', "note"))
        for count, more in ((10, 0), (11, 2)):
            runner.workspace.write("prod/web.yaml", "---\n".join([pod("h.io/x")] * count))
            done = runner.lint()
            assert self.kinds(done) == {"notice": 10}
            assert any("more finding" in one for one in done.commands) == bool(more)
        assert "::2 more findings: " in done.commands[-1]

    def test_the_summary_has_room_for_everything(self, request_: Runner) -> None:
        here = request_.workspace
        here.write("prod/web.yaml", "---\n".join([BAD + "# ```\n"] * 9000))
        here.write("imagelint.yaml", POLICY + "# \u2028 long\n" * 40_000)
        here.commit()
        done = request_.lint(fix="suggest")
        assert len(done.summary.encode()) < 1 << 20
        assert "more findings did not fit here; the log has all of them" in done.summary
        assert "### imagelint: notes on this run\n" in done.summary
        assert "### imagelint: suggested repair\n" in done.summary
        assert done.summary.count("too long to show all of it") == 2

    def test_a_block_that_has_no_room(self, tmp_path: Path) -> None:
        results = runpy.run_path(str(ROOT / "action/results.py"))
        file = tmp_path / "x"
        for data in (b"\xff" * 300_000, b"`" * 300_000, b"x\n" * 300_000):
            file.write_bytes(data)
            for room in (0, 100, 1000, 100_000, 1 << 20):
                made = results["block"]("T", "diff", str(file), room)
                assert len(made.encode()) <= room
                assert ("too long to show all" in made) == bool(made)
        file.write_bytes(b"short")
        assert results["block"]("T", "", str(file), 100) == "\n### T\n\n```\nshort\n```\n"


@needs_formats
class TestErrors:
    def test_a_broken_policy_is_an_annotation_at_its_place(self, runner: Runner) -> None:
        runner.workspace.write("imagelint.yaml", "version: 1\nharbour: {}\n")
        done = runner.lint()
        assert done.code == ERROR
        start = "::error file=imagelint.yaml,line=2,col=1,title=imagelint::"
        assert done.commands[0].startswith(start)
        assert all(one.startswith("::error file=imagelint.yaml,line=") for one in done.commands)

    def test_what_says_nothing_else_says_where_to_look(self, runner: Runner) -> None:
        broken = runner.temp / "imagelint/bin/imagelint"
        broken.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
        done = runner.lint()
        assert done.code == 137
        assert done.commands == [
            "::error title=imagelint::imagelint ended with exit code 137; the log says why"
        ]

    def test_findings_alone_are_no_error_of_ours(self, runner: Runner) -> None:
        assert "exit code" not in "".join(runner.lint().commands)


@needs_formats
@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_nothing_from_a_file_becomes_a_command(request_: Runner, event: str) -> None:
    request_.event = event
    workspace = request_.workspace
    evil = "::set-output name=x::y"
    workspace.write("imagelint.yaml", POLICY + f"#\n  {evil}\n".replace("  ::", "# \r::"))
    workspace.write(f"prod/{evil}.yaml", pod(f'"nginx\\n{evil}\\r::error::x"'))
    workspace.write("prod/\n::error::name.yaml", BAD)
    workspace.write("prod/##[error]x.yaml", f"{evil}\n")
    workspace.write("prod/text.yaml", BAD + f"---\n{evil}\n---\nkind: {{{{\n{evil}\n}}}}\n")
    workspace.write("prod/stop.yaml", pod(f'"x\\n::stop-commands::a\\n{evil}"') + f"\n{evil}\n")
    done = request_.lint(fix="suggest", sarif_file="x.sarif")
    assert done.code in (FINDINGS, ERROR)
    names = {re.split(r"[ :]", one.removeprefix("::"))[0] for one in done.commands}
    assert names <= {"error", "warning", "notice"}
    for one in done.commands:
        assert (
            one.startswith(("::error file=prod/", "::warning file=prod/", "::notice file=prod/"))
            or "title=imagelint" in one.partition("::")[2].partition("::")[0]
        )
    assert set(done.outputs) <= {
        *("errors", "warnings", "notes", "images", "fixable", "patch", "sarif")
    }


# --- install -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_installed_command_imports_nothing_from_the_workspace(runner: Runner) -> None:
    """A pull request may bring a ``venv.py`` or ``click.py``; none of it is run."""
    (runner.temp / "imagelint").rename(runner.temp / "unused")
    marker = runner.temp / "ran"
    for name in ("venv", "pip", "click", "imagelint", "json", "sitecustomize", "encodings"):
        runner.workspace.write(f"{name}.py", f"open({str(marker)!r}, 'w').close()\n")
    done = runner.step("Install imagelint")
    assert done.code == 0, done.log
    assert re.search(r"^imagelint \d+\.\d+", done.log, re.MULTILINE)
    if {"github", "sarif"} <= FORMATS.keys():
        done = runner.lint(fix="suggest")
        assert done.code == FINDINGS, done.log
        assert "patch" in done.outputs
    assert not marker.exists()


@pytest.mark.slow
def test_nothing_is_installed_but_by_its_hash(runner: Runner, tmp_path: Path) -> None:
    """Whoever puts another file behind a version gets nowhere."""
    runner.action = tmp_path / "action"
    shutil.copytree(ROOT / "action", runner.action / "action")
    lock = runner.action / "action/requirements.lock"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub("sha256:[0-9a-f]{8}", f"sha256:{'0' * 8}", text), encoding="utf-8")
    (runner.temp / "imagelint").rename(runner.temp / "unused")
    done = runner.step("Install imagelint")
    assert done.code != 0
    assert "DO NOT MATCH THE HASHES" in done.log
    lock.write_text(text + "six\n", encoding="utf-8")
    done = runner.step("Install imagelint")
    assert done.code != 0
    assert "six" in done.log


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("3.9", "has no Python 3.9"),
        ("3.99", "has no Python 3.99"),
        ("latest", "a version such as"),
        ("3.12; touch injected", "a version such as"),
        ("../../x", "a version such as"),
    ],
)
def test_a_python_that_cannot_be(runner: Runner, version: str, message: str) -> None:
    done = runner.step("Install imagelint", python_version=version)
    assert done.code == ERROR
    assert message in done.commands[0]


def test_a_python_of_the_tool_cache(runner: Runner, tmp_path: Path) -> None:
    """The newest patch release of the version that is asked for."""
    cache = tmp_path / "cache"
    for version in ("3.98.2", "3.98.10", "3.9.1"):
        python = cache / "Python" / version / "x64/bin/python3"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\n[ "$2" = -c ] && exit\necho used {version}; exit 7\n')
        python.chmod(0o755)
    runner.variables = {"RUNNER_TOOL_CACHE": str(cache)}
    done = runner.step("Install imagelint", python_version="3.98")
    assert done.code == 7
    assert "used 3.98.10" in done.log
