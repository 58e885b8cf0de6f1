"""Check that a tag is the version of this tree, and that the changelog has a section about it.

::

    python tools/release.py v1.2.3
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(tag: str) -> int:
    """Say what is wrong with the tag; return the exit code."""
    source = (ROOT / "imagelint/model/version.py").read_text(encoding="utf-8")
    found = re.search(r'^VERSION = "([^"]+)"$', source, re.MULTILINE)
    assert found is not None, "imagelint/model/version.py has no VERSION"
    version = found[1]
    if tag != f"v{version}":
        sys.stderr.write(
            f"error: the tag is {tag}, the version in imagelint/model/version.py {version}\n"
        )
        return 1
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if f"\n## [{version}]" not in changelog:
        sys.stderr.write(f"error: CHANGELOG.md has no section [{version}]\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
