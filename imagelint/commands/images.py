"""``imagelint images``: the inventory of every place that holds an image."""

from __future__ import annotations

from typing import Any

import click

from imagelint.commands.options import Target, input_options, output_options, request, targets
from imagelint.commands.output import emit, exit_code, say
from imagelint.formats import INVENTORIES

__all__ = ["command"]


@click.command("images")
@input_options
@output_options(INVENTORIES)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    **options: Any,  # noqa: ANN401 - checked by click
) -> None:
    """List every image with its place and verdict.

    The verdict is that of all environments which apply. The exit code is 0, or 2 if a file
    cannot be read: an inventory judges nobody.
    """
    from imagelint.run import Run  # noqa: PLC0415 - not needed for --help

    chosen = targets(formats, output)
    run = Run(request(options))
    say(run.notices)
    report = run.report(run.results())
    written = emit(report, chosen, INVENTORIES)
    say(f"error: {line}" for line in report.errors)
    ctx.exit(exit_code(report, None, failed=not written))
