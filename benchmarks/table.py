"""Results as people read them: a text of at most 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.inputs import Input
    from benchmarks.measure import Series
    from benchmarks.results import Bound, Row

__all__ = ["BEGIN", "END", "head", "markdown", "render"]

BEGIN: Final = "<!-- Made by `benchmarks/run --update-readme`. -->"
END: Final = "<!-- The end of what is made. -->"
_NAME: Final = 48
_MB: Final = 1_000_000


def head(about: dict[str, Any]) -> str:
    """Return what was measured with: machine, programs, settings."""
    builds = [
        f"{one['name']} {one['version']} on Python {one['python']}" for one in about["imagelint"]
    ]
    present = [f"{name} {version}" for name, version in about["peers"].items() if version]
    missing = [name for name, version in about["peers"].items() if not version]
    lines = [
        f"{', '.join(builds)}; {about['system']}, {about['cpus']} CPUs",
        *_wrapped("peers: ", present),
        *([f"missing, not measured: {', '.join(missing)}"] if missing else []),
        (
            f"{about['repeat']} repetition{'s' * (about['repeat'] != 1)} by turns; time is the"
            " least (and the median) of whole processes, CPU"
        ),
        "is user's and system's, peak the largest resident set of any one process",
    ]
    if about["quick"]:
        lines.append("quick: the inputs are too small for the bounds to mean anything")
    return "\n".join(lines) + "\n"


def _wrapped(label: str, words: list[str]) -> Iterator[str]:
    line = label
    for number, word in enumerate(words):
        piece = word + (", " if number < len(words) - 1 else "")
        if len(line) + len(piece) > 96:
            yield line.rstrip()
            line = " " * len(label)
        line += piece
    yield line.rstrip()


def render(row: Row, *, quick: bool) -> str:
    """Return one row."""
    lines = [f"{row.id}: {row.title}"]
    if row.skipped:
        return f"{lines[0]}\n  not measured: {row.skipped}\n"
    lines += [f"  {_sizes(one)}" for one in row.inputs]
    lines += [f"  {remark}" for remark in row.remarks]
    lines += [f"  FAILED: {reason}" for reason in row.failed]
    lines.append(f"    {'':{_NAME}}{'time':>9} {'median':>9} {'CPU':>9} {'peak':>8}")
    lines += [f"    {_line(series)}" for series in row.series]
    if row.bounds:
        lines.append(f"    {'':{_NAME}}{'bound':>18} {'measured':>12}")
    lines += [f"    {_bound(bound, quick=quick)}" for bound in row.bounds]
    return "\n".join(lines) + "\n"


def _sizes(one: Input) -> str:
    tally = one.tally
    size = f"{tally.bytes / _MB:.1f} MB" if tally.bytes >= _MB else f"{tally.bytes / 1000:.1f} kB"
    files = f"{tally.files:,} file{'s' * (tally.files != 1)}"
    return (
        f"{one.name}: {files}, {size}, {tally.documents:,} document{'s' * (tally.documents != 1)}"
    )


def _line(series: Series) -> str:
    name = series.command.name
    if series.note:
        return f"{name:{_NAME}} {series.note[: 96 - _NAME]}"
    mark = ">" if series.timed_out else ""
    cpu = "-" if series.timed_out else _seconds(series.cpu)  # of what was killed, not all is known
    return (
        f"{name:{_NAME}}{mark + _seconds(series.best):>9} {_seconds(series.median):>9}"
        f" {cpu:>9} {series.peak / _MB:>5.0f} MB"
    )


def _seconds(number: float) -> str:
    return f"{number:.3f} s" if number < 10 else f"{number:.1f} s"


def _bound(bound: Bound, *, quick: bool) -> str:
    unit = f" {bound.unit}" if bound.unit else ""
    limit = "no bound" if bound.limit is None else f"{bound.relation} {bound.limit:.4g}{unit}"
    digits = 3 if bound.measured < 0.1 else 2 if bound.measured < 10 else 1
    measured = f"{'<' * bound.approximate}{bound.measured:.{digits}f}{unit}"
    return f"{bound.what:{_NAME}}{limit:>18} {measured:>12}  {_mark(bound, quick=quick)}"


def _mark(bound: Bound, *, quick: bool) -> str:
    if quick or bound.limit is None:
        return "-"
    if bound.is_aim:
        return "ok (aim)" if bound.is_met else "missed (aim)"
    return "ok" if bound.is_met else "MISSED"


def markdown(text: str) -> str:
    """Return the text as it stands in the README, between its markers."""
    return f"{BEGIN}\n\n```text\n{text}```\n\n{END}\n"
