"""What the action makes of a run's files: outputs, annotations, blocks of the job summary.

Run by the action as ``python -I results.py COMMAND ARGUMENT...``; needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COUNTS = ("errors", "warnings", "notes", "images")
_KINDS = ("error", "warning", "notice")
_SHOWN = 10
"""Annotations of a kind that GitHub shows of a step."""
_ABOUT = "::notice title=imagelint::"
_SUMMARY_MAX = 1 << 20
"""Bytes; GitHub drops a larger summary of a step whole."""
_BLOCK_MAX = 200_000
_CUT = "\n\nThis is the beginning; it is too long to show all of it."


def head(event: str) -> str:
    """Return the commit of the pull request that an event is about; empty if it is of none."""
    try:
        with open(event, encoding="utf-8") as file:
            return str(json.load(file)["pull_request"]["head"]["sha"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def outputs(report: str) -> str:
    """Return the lines for ``GITHUB_OUTPUT``: numbers and words of our own."""
    with open(report, encoding="utf-8") as file:
        summary = json.load(file)["summary"]
    lines = [f"{name}={int(summary[name])}" for name in _COUNTS]
    lines.append(f"fixable={'true' if int(summary['fixable']) else 'false'}")
    return "".join(f"{line}\n" for line in lines)


def commands(own: str, found: str) -> str:
    """Return as many commands as GitHub shows, the action's own first, and how many are left out.

    All else that the file of findings says is in the log already.
    """
    annotations = [*_commands(own), *_commands(found)]
    counts = Counter(kind for kind, _ in annotations)
    room = dict.fromkeys(_KINDS, _SHOWN)
    more = sum(max(count - _SHOWN, 0) for count in counts.values())
    if more:
        room["notice"] -= 1
        more += counts["notice"] >= _SHOWN
    shown = []
    for kind, command in annotations:
        if room[kind]:
            room[kind] -= 1
            shown.append(command)
    if more:
        what = "1 more finding" if more == 1 else f"{more} more findings"
        about = f"{what}: GitHub shows {_SHOWN} annotations of a kind in a step; the log has them"
        shown.append(f"{_ABOUT}{about}")
    return "".join(f"{one}\n" for one in shown)


def _commands(name: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each command in a file, but for the line about the others."""
    with open(name, encoding="utf-8", errors="replace") as file:
        for line in file.read().split("\n"):
            match = re.match(rf"(?!{_ABOUT}\d)::({'|'.join(_KINDS)}) ", line)
            if match is not None:
                yield match[1], line


def block(title: str, language: str, name: str, room: int) -> str:
    """Return a file as a block of code that nothing in it can end, in at most ``room`` bytes.

    What is too long is cut; where not even its beginning has room, nothing is returned.
    """
    with open(name, "rb") as file:
        data = file.read(_BLOCK_MAX + 1)
    size = _BLOCK_MAX
    while size:
        text = data[:size].decode("utf-8", "replace").rstrip("\n")
        longest = max(map(len, re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        rest = _CUT * (len(data) > size)
        made = f"\n### {title}\n\n{fence}{language}\n{text}\n{fence}{rest}\n"
        if len(made.encode()) <= min(room, 2 * _BLOCK_MAX):
            return made
        size //= 2
    return ""


def _append_block(title: str, language: str, name: str) -> str:
    """Append a block to the job summary; return a line for the log if it has no room."""
    summary = os.environ["GITHUB_STEP_SUMMARY"]
    room = _SUMMARY_MAX - (os.path.getsize(summary) if os.path.exists(summary) else 0)
    made = block(title, language, name, room)
    with open(summary, "ab") as file:
        file.write(made.encode("utf-8"))
    return "" if made else f"The job summary of this step is full: no room for {title}\n"


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    name, *rest = arguments
    made = _COMMANDS[name](*rest)
    sys.stdout.buffer.write(made.encode("utf-8"))


_COMMANDS: dict[str, Callable[..., str]] = {
    "annotations": commands,
    "block": _append_block,
    "head": head,
    "outputs": outputs,
}


if __name__ == "__main__":
    main(sys.argv[1:])
