"""Programs and schemas of others that tests need and that do not come with pip.

``.ci/run`` puts them into ``.ci/tools``, which git ignores; IMAGELINT_TOOLS names another folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.project import ROOT

__all__ = ["TOOLS", "missing"]

TOOLS = Path(os.environ.get("IMAGELINT_TOOLS", ROOT / ".ci/tools"))


def missing(what: str) -> NoReturn:
    """Skip the test, but fail it in CI, where nothing may be missing."""
    reason = f"{what} is missing: .ci/run says how it is installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
