"""Programs of others that tests need, and what they need beside those, such as a schema.

Where one is missing its tests are skipped and say so; in CI they fail, so that a lost tool cannot
pass for success. ``.ci/run`` installs all of them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.project import ROOT

__all__ = ["TOOLS", "missing", "needs", "needs_git", "path_of"]

TOOLS = Path(os.environ.get("IMAGELINT_TOOLS", ROOT / ".ci/tools"))
"""Where ``.ci/run`` puts what belongs on no PATH; git ignores it."""

needs = pytest.mark.needs
"""Mark a test, or a module's tests, with the names of the programs that it runs."""

needs_git = needs("git")


def missing(what: str) -> NoReturn:
    """Skip the test that asks, but fail it in CI."""
    reason = f"{what} is missing: .ci/run says how it is installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def path_of(program: str) -> str:
    """Return where on PATH a program is."""
    return shutil.which(program) or missing(program)
