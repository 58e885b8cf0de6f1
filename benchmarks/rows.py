"""The rows: which work, which programs, and what must be true of them.

A row is a function from a :class:`Bench` to a :class:`Row`, and a line in ``ROWS``.
"""

from __future__ import annotations

import importlib
import os
import shutil
from typing import TYPE_CHECKING, Final

from benchmarks.bench import CHECK, imagelint_stops, peers
from benchmarks.generate import open_policy
from benchmarks.inputs import corpus
from benchmarks.measure import Command, Series, run_once, warm
from benchmarks.peers import PEERS, stops
from benchmarks.results import Bound, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.bench import Bench
    from benchmarks.builds import Build
    from benchmarks.inputs import Input

__all__ = ["ROWS", "STREAM", "compare", "failures"]

MB: Final = 1_000_000
_REFERENCE: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.py")
STREAM: Final = 2.4
"""A stream on one core: 1.3 times the ratio to ``reference.py`` when that was written, 1.85."""


# --- bounds --------------------------------------------------------------------------------


def _ratio(
    one: Series,
    other: Series,
    limit: float | None,
    relation: str = "at most",
    *,
    is_aim: bool = False,
    what: str | None = None,
) -> Iterator[Bound]:
    """Yield the bound on the ratio of two times; nothing where they cannot be compared."""
    if not (one.note or other.note or one.timed_out):
        yield Bound(
            what or f"{one.command.name} / {other.command.name}",
            relation,
            limit,
            one.best / other.best,
            is_aim,
            approximate=other.timed_out,
        )


def _memory(series: Series, largest: int) -> Iterator[Bound]:
    """Yield the bound on the memory of a process, by the largest single input."""
    limit = max(80, 4 * largest / MB + 60) if largest > MB else 80
    if not (series.note or series.timed_out):
        what = f"{series.command.name}: peak of a process"
        yield Bound(what, "at most", limit, series.peak / MB, unit="MB")


def _against_peers(row: Row, builds: list[Build]) -> Iterator[Bound]:
    named = {series.command.name: series for series in row.series}
    for build in builds:
        own = named[build.name]
        for peer in PEERS:
            if peer.name not in named:
                continue
            if peer.name == "grep":  # what merely reads is the limit of what can be had
                yield from _ratio(own, named[peer.name], None)
            elif peer.name == "kubeconform":
                yield from _ratio(own, named[peer.name], 0.85)
            else:
                yield from _ratio(own, named[peer.name], 1, "below")
        yield from _memory(own, max(one.tally.largest for one in row.inputs))


def failures(row: Row, builds: list[Build]) -> Iterator[str]:
    """Yield what no bound tells of: an imagelint or a reference that broke down or was ended."""
    names = ("reference", *(build.name for build in builds))
    for series in row.series:
        if series.command.name.startswith(names):
            if series.note:
                yield f"{series.command.name}: {series.note}"
            elif series.timed_out:
                yield f"{series.command.name}: not done in time"


def compare(row: Row, builds: list[Build]) -> Iterator[Bound]:
    """Yield how every further build does beside the first one, wherever both were measured."""
    named = {series.command.name: series for series in row.series}
    for build in builds[1:]:
        for name, series in named.items():
            other = named.get(name.replace(build.name, builds[0].name, 1))
            if other is not None and name.startswith(build.name):
                yield from _ratio(series, other, 1, is_aim=True)


# --- rows ----------------------------------------------------------------------------------


def _start_up(bench: Bench) -> Row:
    row = Row("start-up", "one small clean manifest with a policy beside it")
    tree = bench.inputs.get("clean", 1, wrong=0)
    bench.use(row, tree)
    name = next(name for name in os.listdir(tree.folder) if name != "imagelint.yaml")
    bare = {python: f"python -c pass{ending}" for python, ending in bench.pythons().items()}
    commands = [Command(bare[one], (one, "-c", "pass"), tree.folder) for one in bare]
    row.series = bench.run(
        [*commands, *bench.imagelint(tree.folder, *CHECK, name), *peers(tree.folder, name)],
        times=1 if bench.quick else 5,  # one busy moment may be all of so short a run
    )
    named = {series.command.name: series for series in row.series}
    for build in bench.builds:
        own = named[build.name]
        row.bounds += _ratio(own, named[bare[build.python]], None)
        if "yamllint" in named:
            row.bounds += _ratio(own, named["yamllint"], 0.9, "below")
        row.bounds += _memory(own, tree.tally.largest)
    return row


def _tree(bench: Bench, row: Row, tree: Input, *options: str) -> Row:
    """Measure everything on a tree, with its bounds."""
    bench.use(row, tree, *options)
    row.series = bench.run(
        [
            *peers(tree.folder, ".", ("grep",)),
            *bench.imagelint(tree.folder, *CHECK, *options, "."),
            *peers(tree.folder, ".", tuple(peer.name for peer in PEERS if peer.name != "grep")),
        ]
    )
    row.bounds += _against_peers(row, bench.builds)
    return row


def _mixed(bench: Bench) -> Row:
    row = Row("mixed", "a platform's repository of CRDs and manifests, generated")
    return _tree(bench, row, bench.inputs.get("mixed", bench.size(4_000, 60)))


def _corpus(bench: Bench) -> Row:
    row = Row("corpus", "the shared corpus: CRDs and manifests of 30 projects")
    tree = corpus("prometheus-operator+kube-prometheus" if bench.quick else "")
    if tree is None:
        row.skipped = "the shared corpus is not here: set IMAGELINT_SHARED to its folder"
        return row
    warm(tree.folder)
    # Nothing is written into the corpus, and no `imagelint.yaml` may stand above other inputs.
    policy = os.path.join(bench.scratch, "corpus-policy.yaml")
    with open(policy, "w", encoding="utf-8") as out:
        out.write(open_policy())
    return _tree(bench, row, tree, "--policy", policy)


def _catalogue(bench: Bench) -> Row:
    row = Row("catalogue", "large CRD and operator files, generated")
    return _tree(bench, row, bench.inputs.get("catalogue", bench.size(120 * MB, MB)))


def _workloads(bench: Bench) -> Row:
    row = Row("workloads", "files of a small Deployment and a Service each, one in ten to be fixed")
    return _tree(bench, row, bench.inputs.get("workloads", bench.size(10_000, 60)))


def _stream(bench: Bench) -> Row:
    row = Row("stream", "one rendered stream on stdin, one process and two")
    row.remarks.append("reference: benchmarks/reference.py, fixed work on the same lines")
    sizes = (bench.size(10 * MB, MB // 10), bench.size(100 * MB, MB // 2))
    for size in sizes:
        tree = bench.inputs.get("stream", size)
        row.inputs.append(tree)
        path, amount = os.path.join(tree.folder, "stream.yaml"), _megabytes(size)
        reference = {
            python: f"reference{ending}, {amount}" for python, ending in bench.pythons().items()
        }
        commands = [
            Command(name, (python, "-I", _REFERENCE), tree.folder, path, stops=stops)
            for python, name in reference.items()
        ]
        commands += [
            Command(
                f"{command.name}, {amount}, -j {jobs}",
                (*command.argv, "-j", str(jobs), "-"),
                command.cwd,
                path,
                stops=command.stops,
            )
            for jobs in (1, 2)
            for command in bench.imagelint(tree.folder, *CHECK)
        ]
        row.series += bench.run(commands)
        named = {series.command.name: series for series in row.series}
        for build in bench.builds:
            one, two = (named[f"{build.name}, {amount}, -j {jobs}"] for jobs in (1, 2))
            row.bounds += _ratio(one, named[reference[build.python]], STREAM)
            if not (one.note or two.note or one.timed_out or two.timed_out):
                # What comes before the first document is a fifth of a short stream's time.
                what, gain = f"{one.command.name} / -j 2", one.best / two.best
                row.bounds.append(Bound(what, "at least", 1.7, gain, is_aim=True))
            for series in (one, two):
                row.bounds += _memory(series, tree.tally.largest)
    return row


def _fix(bench: Bench) -> Row:
    row = Row("fix", "check and fix on a fresh copy each time, one image in ten to be fixed")
    tree = bench.inputs.get("workloads", bench.size(10_000, 60))
    bench.use(row, tree)
    copies = os.path.join(bench.scratch, "copies")
    copy = os.path.join(copies, "next")
    os.mkdir(copies)

    def prepare() -> None:
        # The disk is to be done with the copy. Nothing is removed before the row's end: for some
        # minutes ext4 steps over each number of a removed file when it makes a new one.
        if os.path.exists(copy):
            os.rename(copy, os.path.join(copies, str(len(os.listdir(copies)))))
        shutil.copytree(tree.folder, copy)
        os.sync()

    commands = [
        Command(
            f"{build.name} {verb}",
            (*build.argv, verb, "--format", "text", "."),
            copy,
            prepare=prepare,
            stops=imagelint_stops,
        )
        for build in bench.builds
        for verb in ("check", "fix")
    ]
    row.series = bench.run(commands)
    for check, fix in zip(row.series[::2], row.series[1::2], strict=True):
        row.bounds += _ratio(fix, check, 1.7)
        row.bounds += _memory(fix, tree.tally.largest)
    # The last thing run was fix, so the copy is clean now; if it is not, the times are of no use.
    left = run_once(bench.imagelint(copy, *CHECK, ".")[-1], bench.scratch, bench.timeout)
    if left.status != 0:
        row.failed.append(f"fix left findings: check after it exits {left.status}")
    shutil.rmtree(copies)
    return row


def _reports(bench: Bench) -> Row:
    row = Row("reports", "files of nearly a megabyte, one image in ten to be fixed, by format")
    tree = bench.inputs.get("rendered", bench.size(60 * MB, MB // 2))
    bench.use(row, tree)
    chosen = [["text"], ["json"], ["github"], ["sarif"]]
    chosen.append([f"sarif={os.path.join(bench.scratch, 'report.sarif')}", "github"])
    commands = []
    for formats in chosen:
        options = [part for one in formats for part in ("--format", one)]
        label = " and ".join(one.partition("=")[0] for one in formats)
        commands += [
            Command(f"{command.name}, {label}", command.argv, command.cwd, stops=command.stops)
            for command in bench.imagelint(tree.folder, "check", *options, ".")
        ]
    row.series = bench.run(commands)
    builds = len(bench.builds)
    for number, series in enumerate(row.series):
        row.bounds += _memory(series, tree.tally.largest)
        if number >= builds:
            row.bounds += _ratio(series, row.series[number % builds], 2, is_aim=True)
    return row


def _growth(bench: Bench) -> Row:
    row = Row("growth", "ten times the input, in files and in one stream")
    for kind, sizes in (
        ("workloads", (bench.size(1_000, 20), bench.size(10_000, 200))),
        ("stream", (bench.size(10 * MB, MB // 20), bench.size(100 * MB, MB // 2))),
    ):
        commands = []
        for size in sizes:
            tree = bench.inputs.get(kind, size)
            is_stream = kind == "stream"
            if is_stream:
                row.inputs.append(tree)
            else:
                bench.use(row, tree)
            path, stdin = (
                ("-", os.path.join(tree.folder, "stream.yaml")) if is_stream else (".", None)
            )
            amount = _megabytes(size) if is_stream else f"{size:,} files"
            for command in bench.imagelint(tree.folder, *CHECK, "-j", "1", path, stdin=stdin):
                name = f"{command.name}, {amount}"
                commands.append(
                    Command(name, command.argv, command.cwd, stdin, stops=command.stops)
                )
        several = bench.run(commands)
        row.series += several
        half = len(several) // 2
        for small, large in zip(several[:half], several[half:], strict=True):
            row.bounds += _ratio(large, small, 11)
            if not (small.note or large.note or large.timed_out):
                what = f"{large.command.name}: times the memory"
                row.bounds.append(Bound(what, "at most", 11, large.peak / small.peak))
    return row


def _megabytes(size: int) -> str:
    return f"{size / MB:g} MB"


def _hostile(bench: Bench) -> Row:
    row = Row("hostile", "what was made to hang a parser, against ordinary text of the same size")
    try:
        hostile = importlib.import_module("benchmarks.hostile")
    except ModuleNotFoundError:
        row.skipped = "benchmarks/hostile.py is not here"
        return row
    size = bench.size(MB, MB // 50)
    folder = os.path.join(bench.scratch, "hostile")
    os.makedirs(folder, exist_ok=True)
    makers = {"ordinary text": hostile.benign, **hostile.HOSTILE}
    names = list(makers)[:4] if bench.quick else list(makers)
    commands = []
    for number, name in enumerate(names):
        with open(os.path.join(folder, f"{number}.yaml"), "wb") as file:
            file.write(makers[name](size))
        commands += [
            Command(f"{command.name}, {name}", command.argv, folder, stops=command.stops)
            for command in bench.imagelint(folder, *CHECK, f"{number}.yaml")
        ]
    row.remarks.append(f"each file is of about {_megabytes(size)}")
    row.series = bench.run(commands)
    builds = len(bench.builds)
    for number, series in enumerate(row.series[builds:]):
        name = series.command.name.removeprefix("imagelint, ")
        ordinary = row.series[number % builds]
        row.bounds += _ratio(series, ordinary, 10, is_aim=True, what=f"{name} / ordinary text")
    shutil.rmtree(folder)
    return row


ROWS: Final[dict[str, Callable[[Bench], Row]]] = {
    "start-up": _start_up,
    "mixed": _mixed,
    "corpus": _corpus,
    "catalogue": _catalogue,
    "workloads": _workloads,
    "stream": _stream,
    "fix": _fix,
    "reports": _reports,
    "growth": _growth,
    "hostile": _hostile,
}
