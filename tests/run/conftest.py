"""Fixtures of several test files: a folder with a policy, and Helm on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.charts import MAJORS, put_helm_on_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project


@pytest.fixture(params=MAJORS)
def rendering(
    request: pytest.FixtureRequest, work: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A folder with a policy, and each major version of Helm."""
    put_helm_on_path(request.param, tmp_path, monkeypatch)
    return work


@pytest.fixture
def helm(work: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder with a policy, and Helm 3, for what no version of Helm changes."""
    put_helm_on_path(MAJORS[0], tmp_path, monkeypatch)
    return work
