"""What the action makes of a run's files: outputs of the step, and blocks of the job summary.

Run by the action as ``python -I results.py outputs REPORT`` or ``block TITLE LANGUAGE FILE``;
prints to stdout. Needs nothing but Python.
"""

from __future__ import annotations

import json
import re
import sys

_COUNTS = ("errors", "warnings", "notes", "images")
_BLOCK_MAX = 200_000
"""Bytes; GitHub refuses a summary of more than 1 MiB."""


def outputs(report: str) -> str:
    """Return the lines for ``GITHUB_OUTPUT``: numbers and words of our own."""
    with open(report, encoding="utf-8") as file:
        summary = json.load(file)["summary"]
    lines = [f"{name}={int(summary[name])}" for name in _COUNTS]
    lines.append(f"fixable={'true' if int(summary['fixable']) else 'false'}")
    return "".join(f"{line}\n" for line in lines)


def block(title: str, language: str, name: str) -> str:
    """Return a file as a block of code that nothing in it can end."""
    with open(name, "rb") as file:
        data = file.read(_BLOCK_MAX + 1)
    text = data[:_BLOCK_MAX].decode("utf-8", "replace").rstrip("\n")
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    rest = "\n\nThis is the beginning; it is too long to show all of it." * (len(data) > _BLOCK_MAX)
    return f"\n### {title}\n\n{fence}{language}\n{text}\n{fence}{rest}\n"


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    made = outputs(arguments[1]) if arguments[0] == "outputs" else block(*arguments[1:])
    sys.stdout.buffer.write(made.encode("utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
