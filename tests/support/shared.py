"""Where the material is that lies beside the repository: vectors, corpora, the dossier.

It is no part of the project, so a test that reads it carries ``needs_shared``. Without the
material such a test is skipped; in CI it runs all the same and fails, so that a lost folder
cannot pass for success. ``IMAGELINT_SHARED=none`` says that it is not to be expected.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_GIVEN = os.environ.get("IMAGELINT_SHARED", "")
SHARED = Path(_GIVEN or Path(__file__).resolve().parents[3] / "shared")

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir() and (os.environ.get("CI") != "true" or _GIVEN == "none"),
    reason="the shared material is not here: set IMAGELINT_SHARED to its folder",
)


def read_jsonl(name: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file, named relative to the shared folder.

    Raises ``FileNotFoundError`` when it is missing; call it in a test, not while collecting.
    """
    # Not splitlines(): U+2028 and its like are no ends of lines in JSON Lines.
    lines = (SHARED / name).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]
