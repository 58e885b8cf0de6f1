"""``imagelint fix``: repair files in place, show the repair as a diff, or filter stdin."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.commands.options import (
    Target,
    detail_of,
    detail_options,
    fail_on_option,
    input_options,
    jobs_option,
    output_options,
    request,
    severity_of,
    targets,
)
from imagelint.commands.output import EXIT_FINDINGS, emit, exit_code, look_of, print_bytes, say
from imagelint.text import Source, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.commands.output import Detail
    from imagelint.fixing import Repair
    from imagelint.report import FileResult
    from imagelint.run import Input, Run

__all__ = ["command"]

_STDIN = "-"
_NOTHING = b"# imagelint: there was nothing to repair\n"


class _Outcome:
    """What became of the inputs: results after the repair, and what was repaired."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.results: list[FileResult] = []
        self.repaired: list[tuple[Input, FileResult, bytes]] = []
        """Inputs as they were, with the bytes that they became."""
        self.seen: list[FileResult] = []
        """All files as they were."""


@click.command("fix")
@input_options
@jobs_option
@output_options()
@fail_on_option
@detail_options
@click.option("--diff", is_flag=True, help="Print the repair as a unified diff; write nothing.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    fail_on: str,
    *,
    diff: bool,
    **options: Any,  # noqa: ANN401 - checked by click
) -> None:
    """Rewrite images in place to come through Harbor.

    Only the bytes of the image change, and only where Harbor has a project for it. The
    report tells what is left. With - as PATH it is a filter: stdin repaired to stdout, the
    report on stderr.

    \b
      imagelint fix k8s/ --env prod
      imagelint fix --diff > harbor.patch
      helm template . | imagelint fix - | kubectl apply -f -
    """  # noqa: D301 - click wants the character itself
    from imagelint.fixing import repair_all, tried, write_file  # noqa: PLC0415 - not needed for --help
    from imagelint.run import Run  # noqa: PLC0415

    paths = options["paths"]
    is_filter = _STDIN in paths
    if is_filter and len(paths) > 1:
        message = "fix - is a filter: it takes no other PATH"
        raise click.UsageError(message)
    chosen = targets(formats, output)
    detail = detail_of(options)
    written = not (diff or is_filter)
    asked = request(options)._replace(inventory=detail.statistics, leftovers=written, fixes=True)
    run = Run(asked, tried)
    say(run.notices, detail)
    say(_clear_leftovers(run), detail)
    outcome = _repair(repair_all(run, write_file if written else _pretend), run, detail)
    if diff:
        _print_diff(outcome)
    elif is_filter:
        _print_repaired(outcome, run.stdin or b"")
    fixed = [before.path for _, before, _ in outcome.repaired] if written else []
    report = run.report(outcome.results, fixed)
    reported = emit(report, chosen, detail=detail, to_stderr=diff or is_filter)
    say(f"error: {line}" for line in report.errors)
    if not diff:
        from imagelint.commands.advice import advice  # noqa: PLC0415

        say(advice([before for _, before, _ in outcome.repaired], outcome.seen), detail)
    code = exit_code(report, severity_of(fail_on), failed=not reported)
    ctx.exit(max(code, EXIT_FINDINGS) if diff and outcome.repaired else code)


def _clear_leftovers(run: Run) -> Iterator[str]:
    """Remove what killed processes have left where the files are, and say so at once."""
    for folder in run.littered:
        for path in files.clear_leftovers(folder):
            name = one_line(files.displayed(path, os.getcwd()))
            yield f"note: removed {name}, which a killed process left behind"


def _pretend(_one: Input, _before: FileResult, _fixed: bytes) -> files.Steps:
    """Stand in for writing where the repair goes to stdout."""
    yield from ()


def _repair(repairs: Iterator[Repair], run: Run, detail: Detail) -> _Outcome:
    """Lint, repair, write and lint again."""
    from imagelint.commands.progress import track  # noqa: PLC0415 - not needed for --help

    outcome = _Outcome()
    for made in track(repairs, len(run.inputs), quiet=detail.quiet):
        outcome.seen.append(made.before)
        outcome.results.append(made.after or made.before)
        if made.fixed is not None:
            outcome.repaired.append((made.one, made.before, made.fixed))
    return outcome


def _print_diff(outcome: _Outcome) -> None:
    from imagelint.formats.unified import diff  # noqa: PLC0415

    look = look_of(sys.stdout)
    for one, before, fixed in outcome.repaired:
        # A patch has to name the file itself, not a link to it, and by its bytes.
        path = one.path if one.data is not None else os.path.realpath(one.path)
        name = files.named(path, os.getcwd())
        text = diff(Source(name, before.source.data), fixed, look)
        # A patch is exact, whatever the encoding of the terminal.
        encoding = (sys.stdout.encoding or "utf-8") if look.terminal else "utf-8"
        errors = "backslashreplace" if look.terminal else "surrogateescape"
        print_bytes(text.encode(encoding, errors), sys.stdout)


def _print_repaired(outcome: _Outcome, stdin: bytes) -> None:
    """Print all of stdin, repaired or, where that was not possible, as it came.

    Of nothing (``--allow-empty``) comes a comment: to Helm 4 an empty answer is a failure.
    """
    data = outcome.repaired[0][2] if outcome.repaired else stdin
    print_bytes(_NOTHING if files.is_blank(data) else data, sys.stdout)
