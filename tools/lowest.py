"""Print the lowest versions that pyproject.toml allows at run time, as pins for pip.

::

    python tools/lowest.py > lowest.txt; pip install --constraint lowest.txt .
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_DEPENDENCIES = re.compile(r"^dependencies = \[\n(.*?)^\]", re.MULTILINE | re.DOTALL)
_BOUNDS = re.compile(r'^  "([A-Za-z0-9._-]+)>=([0-9.]+),<([0-9.]+)",$')


def pins(project: str) -> list[str]:
    """Return ``name==version`` for each dependency; each has to have a lower and an upper bound."""
    block = _DEPENDENCIES.search(project)
    assert block is not None, "there are no dependencies"
    found = []
    for line in block[1].splitlines():
        bounds = _BOUNDS.match(line)
        assert bounds is not None, f'not of the form "name>=X,<Y": {line}'
        found.append(f"{bounds[1]}=={bounds[2]}")
    return found


if __name__ == "__main__":
    sys.stdout.writelines(
        f"{pin}\n" for pin in pins((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    )
