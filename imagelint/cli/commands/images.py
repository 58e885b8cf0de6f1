"""``imagelint images``: the inventory of every place that holds an image."""

from __future__ import annotations

from typing import Any

import click

from imagelint.cli.options import (
    Target,
    detail_of,
    detail_options,
    input_options,
    jobs_option,
    output_options,
    request,
    targets,
)
from imagelint.cli.output import emit, exit_code, say, track
from imagelint.cli.rendering import rendered, rendering_options
from imagelint.formats import INVENTORIES
from imagelint.run.linting import lint
from imagelint.run.run import Run

__all__ = ["command"]


@click.command("images")
@input_options
@jobs_option
@output_options(INVENTORIES)
@detail_options
@rendering_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    **options: Any,
) -> None:
    """List every image with its place and verdict.

    The verdict covers all environments that apply to the image. The exit code is 0, or 2 if a
    file cannot be read; verdicts do not change it.

    \b
      imagelint images k8s/
      imagelint images --format json | jq -r '.images[].image' | sort -u
      imagelint images --statistics
    """
    chosen = targets(formats, output)
    detail = detail_of(options)
    asked = request(options)
    run = Run(asked, lint)
    say(run.notices, detail)
    results = rendered(run, asked, run.results())
    report = run.report(track(results, len(run.inputs), quiet=detail.quiet))
    written = emit(report, chosen, INVENTORIES, detail=detail)
    say(f"error: {line}" for line in report.errors)
    ctx.exit(exit_code(report, None, failed=not written))
