"""The GitHub Action: its metadata, and the shell of its steps on pushes and pull requests."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
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
    variables: dict[str, str] = field(default_factory=dict)

    def step(self, name: str, **inputs: str) -> Step:
        """Run the step's own shell; inputs have ``_`` for ``-``."""
        environment = {**os.environ, **QUIET, **self.variables}
        for variable, expression in STEPS[name]["env"].items():
            one = expression.removeprefix("${{ inputs.").removesuffix(" }}")
            if one in ACTION["inputs"]:
                default = ACTION["inputs"][one]["default"]
                environment[variable] = inputs.get(one.replace("-", "_"), default)
            else:
                environment[variable] = self.base
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
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_EVENT_NAME": self.event,
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
