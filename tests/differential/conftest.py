"""The real decoders, for every module here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.differential.decoders import Decoders, build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Decoders:
    return build(_folder_of_the_run(tmp_path_factory))


def _folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for one program: below it, the workers of pytest-xdist have theirs."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
