"""Fixtures that all tests share, and how hypothesis runs."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.builds import kustomize
from tests.support.needs import path_of
from tests.support.project import POLICY, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tools import Tool

# Inside of GitHub Actions imagelint speaks to Actions; what tests run is to think itself elsewhere.
# Nor do options come from outside.
for _name in [*os.environ]:
    is_ours = _name.startswith("IMAGELINT_") and _name != "IMAGELINT_GOLDEN"
    if is_ours or _name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        os.environ.pop(_name)

# Hundreds of tests start Python. Where it may leave no bytecode beside the sources, which it would
# compile each time, it leaves it in a folder that goes with the run; workers inherit its name.
_BYTECODE: TemporaryDirectory[str] | None = None
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    _BYTECODE = TemporaryDirectory(prefix="imagelint-bytecode-")
    os.environ["PYTHONPYCACHEPREFIX"] = _BYTECODE.name

# The same examples on every run of CI, new ones on every run of a developer; no deadlines, since
# a slow machine is no bug.
settings.register_profile("development", deadline=None)
settings.register_profile("continuous-integration", deadline=None, derandomize=True, database=None)
settings.load_profile("continuous-integration" if os.environ.get("CI") == "true" else "development")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    if _BYTECODE is not None:
        _BYTECODE.cleanup()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for the programs that a test says it needs."""
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            path_of(program)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A new folder to work in; ``.git`` keeps the search for policies inside."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Project(root)


@pytest.fixture
def work(project: Project) -> Project:
    """A folder with a policy of its own."""
    project.write("imagelint.yaml", POLICY)
    return project


@pytest.fixture
def program(tmp_path: Path) -> Tool:
    """The real kustomize, with a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return kustomize(home)
