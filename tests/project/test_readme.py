"""What the README promises: its table of rewrites, its rules, its policy, its commands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REWRITES = re.findall(r"^\| `([^`]+)` \| `(harbor\.[^`]+)` \|$", README, re.MULTILINE)

_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
STYLES = {
    "plain": _POD + "  - name: c\n    image: IMAGE  # comment\n",
    "single": _POD + "  - name: c\n    image: 'IMAGE'\n",
    "double": _POD + '  - name: c\n    image: "IMAGE"\n',
    "literal": _POD + "  - name: c\n    image: |-\n      IMAGE\n",
    "folded": _POD + "  - name: c\n    image: >-\n      IMAGE\n",
    "flow": _POD + "  - {name: c, image: IMAGE}\n",
    "crlf": (_POD + "  - name: c\n    image: IMAGE\n").replace("\n", "\r\n"),
    "json": json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "IMAGE"}]},
        }
    ),
}


def _imagelint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "imagelint", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def test_there_are_seven_rows() -> None:
    assert len(REWRITES) == 7


@pytest.mark.parametrize("style", STYLES)
def test_the_seven_rows_hold(style: str, tmp_path: Path) -> None:
    suffix = ".json" if style == "json" else ".yaml"
    for number, (written, _) in enumerate(REWRITES):
        text = STYLES[style].replace("IMAGE", written)
        (tmp_path / f"{number}{suffix}").write_bytes(text.encode())

    assert _imagelint(tmp_path, "fix", "--env", "prod", "--fail-on", "never").returncode == 0
    for number, (_, repaired) in enumerate(REWRITES):
        text = STYLES[style].replace("IMAGE", repaired)
        assert (tmp_path / f"{number}{suffix}").read_bytes() == text.encode()

    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert _imagelint(tmp_path, "fix", "--env", "prod", "--fail-on", "never").returncode == 0
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_table_of_rules_is_complete() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+)", README, re.MULTILINE)
    rules = RULES
    assert {name: severity for name, severity in rows if name in rules} == {
        rule.id: rule.severity.value for rule in rules.values()
    }


def test_the_policy_loads() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    policies = [block for block in blocks if block.startswith("version:")]
    assert len(policies) == 1
    source = Source("README.md", policies[0].encode())
    assert parse_policy(source, RULES).default.name == "prod"


def test_the_commands_exist(tmp_path: Path) -> None:
    block = re.search(r"^```\n(imagelint check .*?)^```", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    commands = re.findall(r"imagelint (?:check|fix|images|explain)[^#|\n]*", block.group(1))
    assert len(commands) >= 8
    Repository.new(tmp_path).commit()
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/pod.yaml").write_text(STYLES["plain"].replace("IMAGE", "nginx:1"))
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=tmp_path,
            input=STYLES["plain"].encode(),
            capture_output=True,
            check=False,
        )
        assert done.returncode in (0, 1), (command, done.stderr)


def test_the_pipes_are_those_that_are_tested() -> None:
    pipes = README[README.index("## On a pipe") : README.index("## Your policy")]
    passed_on = re.findall(r"--post-renderer-args (\S+)", pipes)
    plugin = (ROOT / "helm4-plugin/plugin.yaml").read_text(encoding="utf-8")
    assert passed_on[:4] == ["fix", "-", "--allow-empty", "--fail-on=never"]
    assert 'args: [fix, "-", --allow-empty, --fail-on, never]' in plugin
    function = re.search(r"^```yaml\n(.*?)^```", pipes, re.MULTILINE | re.DOTALL)
    assert function is not None
    tested = ROOT / "fixtures/overlays/repaired/imagelint-fn.yaml"
    assert _loaded(function.group(1)) == _loaded(tested.read_text(encoding="utf-8"))


def _loaded(text: str) -> object:
    return YAML(typ="safe").load(text)
