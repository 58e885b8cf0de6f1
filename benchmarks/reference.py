"""What a stream is measured against: fixed work on the same lines, by the same Python.

    python -I reference.py < stream.yaml

It takes each line apart, into its indent, its dashes, its key and its value, and counts the
keys. It reads no YAML and is no goal. What matters is that it stays the same: a bound of
``rows.py`` is a ratio to its time, so whoever changes it has to measure that bound anew.
"""

import re
import sys

LINE = re.compile(r"( *)((?:- +)*)(?:([^\s:]+):(?: +|$))?(.*)")


def main() -> None:
    """Print how many lines, how many different keys, and how deep."""
    counts: dict[tuple[int, str], int] = {}
    lines = 0
    with open(0, encoding="utf-8") as stream:
        for line in stream:
            lines += 1
            found = LINE.match(line.rstrip())
            if found is not None:
                indent, dashes, key, value = found.groups("")
                place = len(indent) + len(dashes), key or value
                counts[place] = counts.get(place, 0) + 1
    sys.stdout.write(f"{lines} {len(counts)} {max(counts)[0]}\n")


if __name__ == "__main__":
    main()
