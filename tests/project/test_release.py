"""The supply chain: bounds and locks, workflows, reproducible builds, and SECURITY.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from tests.support.needs import needs
from tests.support.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
ACTION_LOCK = "action/requirements.lock"
LOCKS = ["requirements-dev.lock", ".ci/requirements.lock", ACTION_LOCK]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def tool(root: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of ``tools``."""
    command = [sys.executable, str(root / "tools" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# --- dependencies ------------------------------------------------------------------------


def requirements(heading: str) -> list[Requirement]:
    """Return what stands in a list of pyproject.toml."""
    block = re.search(rf"^{heading} = \[\n(.*?)^\]", PROJECT, re.MULTILINE | re.DOTALL)
    assert block is not None
    return [Requirement(text) for text in re.findall(r'^  "(.*?)",', block[1], re.MULTILINE)]


def locked(name: str) -> dict[str, list[tuple[str, str, int]]]:
    """Return the (version, marker, number of hashes) of each package of a lock."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pin = re.match(r"([\w.-]+)==(\S+)( ; [^-]*)?(?= )", line)
            assert pin is not None, line
            hashes = len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line))
            entry = (pin[2], pin[3] or "", hashes)
            found.setdefault(canonicalize_name(pin[1]), []).append(entry)
    return found


def test_both_bounds_and_the_lowest() -> None:
    wanted = requirements("dependencies")
    assert len(wanted) == 5
    for one in wanted:
        assert sorted(bound.operator for bound in one.specifier) == ["<", ">="]
    pins = [Requirement(pin) for pin in tool(ROOT, "lowest.py").stdout.splitlines()]
    assert [pin.name for pin in pins] == [one.name for one in wanted]
    for pin, one in zip(pins, wanted, strict=True):
        [exact] = pin.specifier
        assert str(one.specifier).split(",")[-1] == f">={exact.version}"


def test_the_lock_has_everything_by_its_hash() -> None:
    packages = locked("requirements-dev.lock")
    for one in requirements("dependencies") + requirements("dev"):
        for version, _, _ in packages[canonicalize_name(one.name)]:
            assert one.specifier.contains(version), f"{one} and the lock's {version}"
    build = re.search(r'^requires = \["(.*)"\]$', PROJECT, re.MULTILINE)
    assert build is not None
    assert canonicalize_name(Requirement(build[1]).name) in packages


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_no_hosts(name: str) -> None:
    packages = locked(name)
    assert all(hashes for entries in packages.values() for _, _, hashes in entries)
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "-index" not in text


def test_the_action_installs_what_was_tested_and_nothing_else() -> None:
    """What it needs to run and to be built, as the lock for development has it."""
    packages, tested = locked(ACTION_LOCK), locked("requirements-dev.lock")
    build = re.search(r'^requires = \["(.*)"\]$', PROJECT, re.MULTILINE)
    assert build is not None
    wanted = {canonicalize_name(one.name) for one in requirements("dependencies")}
    assert wanted | {canonicalize_name(Requirement(build[1]).name)} <= set(packages)
    for name, entries in packages.items():
        assert [version for version, _, _ in entries] == [version for version, _, _ in tested[name]]


def test_the_tools_of_ci_are_locked() -> None:
    wanted = (ROOT / ".ci/requirements.in").read_text(encoding="utf-8").split()
    assert {canonicalize_name(one) for one in wanted} <= set(locked(".ci/requirements.lock"))


# --- workflows ---------------------------------------------------------------------------


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("zizmor")
def test_zizmor() -> None:
    run("zizmor", "--offline", "--persona", "pedantic", ROOT / ".github")


@needs("actionlint")
def test_actionlint() -> None:
    run("actionlint", "-no-color", "-shellcheck=", *WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_are_given_one_by_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    workflow = YAML(typ="safe").load(text)
    assert workflow["permissions"] == {}
    assert "secrets." not in text
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"] <= 90


def test_who_may_write_runs_nothing_of_this_tree() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    for job in YAML(typ="safe").load(text)["jobs"].values():
        if "write" in job["permissions"].values():
            assert not any("checkout" in step.get("uses", "") for step in job["steps"])


def test_one_action_has_one_commit() -> None:
    pins: dict[str, set[str]] = {}
    for path in (*WORKFLOWS, *sorted((ROOT / "examples").glob("*.yaml"))):
        for name, commit in re.findall(r"uses: (\S+)@([0-9a-f]{40} # \S+)", path.read_text()):
            pins.setdefault(name, set()).add(commit)
    assert {name: commits for name, commits in pins.items() if len(commits) > 1} == {}


# --- releases ----------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a release is made of, in a folder of its own."""
    copy = tmp_path / "tree"
    ignored = shutil.ignore_patterns(
        *(".git", ".venv*", ".tools", "node_modules", ".hypothesis", ".*_cache", "__pycache__"),
        *("build", "dist"),
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    return copy


@pytest.mark.slow
@needs("bash")
def test_two_builds_have_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    built = []
    for number, time in enumerate((1_000_000_000, 1_700_000_000)):
        for path in tree.rglob("*"):
            os.utime(path, (time, time))
        out = tmp_path / str(number)
        done = subprocess.run(
            ["bash", tree / "tools/build.sh", out],
            env={**os.environ, "PYTHON": sys.executable, "SOURCE_DATE_EPOCH": "1600000000"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        built.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert built[0] == built[1]
    assert sorted(name.rpartition(".")[2] for name in built[0]) == ["gz", "whl"]


def test_the_tag_is_the_version(tree: Path) -> None:
    changelog = tree / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## [Unreleased]\n", encoding="utf-8")
    (tree / "imagelint/model/version.py").write_text('VERSION = "1.2.3"\n', encoding="utf-8")
    for tag, reason in {"v1.2.4": "the tag is v1.2.4", "v1.2.3": "no section [1.2.3]"}.items():
        done = tool(tree, "release.py", tag)
        assert done.returncode == 1
        assert reason in done.stderr
    changelog.write_text("# Changelog\n\n## [1.2.3] - 2030-01-01\n", encoding="utf-8")
    assert tool(tree, "release.py", "v1.2.3").returncode == 0


# --- SECURITY.md -------------------------------------------------------------------------

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("pointer", sorted(set(re.findall(r"`(tests/[^`]+)`", SECURITY))))
def test_a_promise_has_its_test(pointer: str) -> None:
    name, *parts = pointer.split("::")
    text = (ROOT / name).read_text(encoding="utf-8")
    for part in parts:
        assert re.search(rf"^ *(def|class) {re.escape(part)}\b", text, re.MULTILINE), part
