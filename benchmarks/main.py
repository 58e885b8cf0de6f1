"""The command line of ``benchmarks/run``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from typing import Any, Final

from benchmarks.bench import Bench
from benchmarks.builds import ROOT, Build, BuildError, installed, named
from benchmarks.inputs import Inputs
from benchmarks.peers import PEERS, version
from benchmarks.rows import ROWS, compare, failures
from benchmarks.table import BEGIN, END, head, markdown, render

__all__ = ["main"]

README: Final = os.path.join(ROOT, "benchmarks", "README.md")
_REPEAT: Final = 7
_QUICK_REPEAT: Final = 2


def main() -> int:
    """Measure; return 1 if a bound is missed, 2 if nothing could be measured."""
    asked = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was begun is tidied up
    try:
        builds = named(asked.imagelint) if asked.imagelint else [installed()]
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="imagelint-benchmark-") as scratch:
        bench = Bench(
            builds,
            Inputs(os.path.abspath(asked.keep or os.path.join(scratch, "inputs"))),
            scratch,
            asked.repeat or (_QUICK_REPEAT if asked.quick else _REPEAT),
            asked.timeout,
            asked.quick,
            _progress,
        )
        return _measure(bench, asked)


def _measure(bench: Bench, asked: argparse.Namespace) -> int:
    about = _about(bench)
    shown = [head(about)]
    print(shown[0], flush=True)
    rows = []
    for name, measured_row in ROWS.items():
        if asked.only and name not in asked.only:
            continue
        row = measured_row(bench)
        row.bounds += compare(row, bench.builds)
        row.failed += failures(row, bench.builds)
        _progress("")
        rows.append(row)
        shown.append(render(row, quick=bench.quick))
        print(shown[-1], flush=True)
    text = "\n".join(shown)
    if asked.markdown:
        print(markdown(text))
    if asked.update_readme:
        _update_readme(markdown(text))
    with open(asked.json, "w", encoding="utf-8") as out:
        json.dump({**about, "rows": [row.as_json() for row in rows]}, out, indent=2)
        out.write("\n")
    print(f"Wrote {asked.json}.")
    return int(any(row.failed or (row.is_missed and not bench.quick) for row in rows))


def _about(bench: Bench) -> dict[str, Any]:
    """Return what was measured with, for the table and for the JSON file."""
    return {
        "version": 1,
        "imagelint": [_build_json(build) for build in bench.builds],
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": _cpus(),
        "peers": {
            peer.name: version(peer.version) if shutil.which(peer.name) else None for peer in PEERS
        },
        "repeat": bench.repeat,
        "timeout": bench.timeout,
        "quick": bench.quick,
    }


def _build_json(build: Build) -> dict[str, Any]:
    return {
        "name": build.name,
        "argv": build.argv,
        "version": build.version,
        "python": build.python_version,
    }


def _cpus() -> int:
    """Return how many CPUs this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def _update_readme(made: str) -> None:
    with open(README, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(f"{END}\n")
    if not found:
        message = f"{README} has lost the comments between which the table stands"
        raise SystemExit(message)
    with open(README, "w", encoding="utf-8") as file:
        file.write(before + made + after)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", description="Measure imagelint beside its peers."
    )
    add = parser.add_argument
    add("--only", metavar="ROW", action="append", choices=ROWS, help=f"one of {', '.join(ROWS)}")
    add("--quick", action="store_true", help="small inputs, to see that everything runs")
    add("--repeat", metavar="N", type=_positive, help=f"{_REPEAT}, or {_QUICK_REPEAT} when quick")
    add("--timeout", metavar="SECONDS", type=float, default=120, help="for one process (120)")
    add("--imagelint", metavar="CMD", action="append", help="measure this one; repeat to compare")
    add("--keep", metavar="DIR", help="keep the inputs in this folder, for the next time")
    add("--json", metavar="FILE", default="benchmark.json", help="(benchmark.json)")
    add("--markdown", action="store_true", help="print the table as the README has it, too")
    add("--update-readme", action="store_true", help="put the table into benchmarks/README.md")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return number
