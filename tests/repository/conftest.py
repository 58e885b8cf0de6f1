"""A repository with one image that must be fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, POLICY

if TYPE_CHECKING:
    from tests.support.project import Project


@pytest.fixture
def repository(project: Project) -> Project:
    """A git repository with a policy and a Pod in ``app``."""
    project.write("imagelint.yaml", POLICY)
    project.write("app/a.yaml", BAD)
    project.git("init", "-q")
    return project
