"""``imagelint check``: report what the policy does not allow."""

from __future__ import annotations

from typing import Any

import click

from imagelint.commands.options import (
    Target,
    fail_on_option,
    input_options,
    output_options,
    request,
    severity_of,
    targets,
)
from imagelint.commands.output import emit, exit_code, say

__all__ = ["command"]


@click.command("check")
@input_options
@output_options()
@fail_on_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    fail_on: str,
    **options: Any,  # noqa: ANN401 - checked by click
) -> None:
    """Report images that the policy does not allow.

    PATH is a file, a folder, a glob, or - for stdin; without any it is this folder.

    \b
      imagelint check k8s/ --env prod
      helm template . | imagelint check -
      imagelint check --format json=report.json --format text
    """  # noqa: D301 - click wants the character itself
    from imagelint.run import Run  # noqa: PLC0415 - not needed for --help

    chosen = targets(formats, output)
    run = Run(request(options))
    say(run.notices)
    report = run.report(run.results())
    written = emit(report, chosen)
    say(f"error: {line}" for line in report.errors)
    ctx.exit(exit_code(report, severity_of(fail_on), failed=not written))
