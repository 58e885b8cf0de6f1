"""``make fuzz``: generated streams against the real decoders, for as long as one likes."""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.differential.decoders import Decoders, build
from tests.differential.law import violations
from tests.differential.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCH = 500


def check(decoders: Decoders, seeds: Iterable[int], folder: Path) -> dict[str, list[str]]:
    """Return by seed how its stream breaks the law; such streams stay in ``folder``."""
    files = []
    for seed in seeds:
        files.append(folder / f"{seed}.yaml")
        files[-1].write_bytes(stream(seed))
    wrong = {}
    for file, verdicts in zip(files, decoders.read(files), strict=True):
        broken = violations(file.read_bytes(), *verdicts)
        if broken:
            wrong[file.stem] = broken
        else:
            file.unlink()
    return wrong


def main(minutes: float) -> int:
    """Check batch after batch until time is up; leave the streams that break the law."""
    folder = Path(tempfile.mkdtemp(prefix="imagelint-fuzz-"))
    decoders = build(folder)
    end = time.monotonic() + minutes * 60
    start = secrets.randbits(40)
    count = failed = 0
    while time.monotonic() < end:
        seeds = range(start + count, start + count + BATCH)
        for seed, broken in check(decoders, seeds, folder).items():
            failed += 1
            print(f"{folder}/{seed}.yaml", *broken, sep="\n  ", flush=True)  # noqa: T201 - a script
        count += BATCH
    print(f"{count} streams from seed {start}, {failed} against the law")  # noqa: T201 - a script
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
