"""Look for inputs that break a law: ``python -m tests.fuzz.explore TARGET [SECONDS]``.

Needs atheris. What breaks a law is written to ``tests/fuzz/corpus/TARGET/`` as ``crash-…``: fix
the bug and keep the file, cut down and with a name that says what it is. ``--keep FOLDER``
collects inputs that reach new code, for the next run to begin with.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["imagelint"]):
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
WORDS = Path(__file__).parent / "words.txt"


def main() -> None:
    """Fuzz one target until the time is up or a law is broken."""
    parser = ArgumentParser(description="Look for inputs that break a law of imagelint.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    parser.add_argument("--keep", help="a folder to collect inputs in")
    options = parser.parse_args()
    seeds = CORPUS / options.target
    seeds.mkdir(parents=True, exist_ok=True)
    found = options.keep or mkdtemp(prefix="imagelint-fuzz-")
    arguments = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        f"-dict={WORDS}",
        f"-artifact_prefix={seeds}/",
        "-max_len=2000",
        "-timeout=20",
        "-rss_limit_mb=3000",
        "-verbosity=0",
        found,  # the first folder is written to
        str(seeds),
    ]
    atheris.Setup(arguments, TARGETS[options.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
