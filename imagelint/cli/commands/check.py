"""``imagelint check``: report what the policy does not allow."""

from __future__ import annotations

from typing import Any

import click

from imagelint.cli.options import (
    Target,
    complete_file,
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
from imagelint.cli.output import (
    EXIT_CLEAN,
    annotated,
    emit,
    exit_code,
    hasher,
    say,
    teller,
    track,
)
from imagelint.cli.rendering import rendered, rendering_options
from imagelint.run.linting import lint
from imagelint.run.run import Run

__all__ = ["command"]


@click.command("check")
@input_options
@jobs_option
@output_options()
@fail_on_option
@detail_options
@rendering_options
@click.option("--show-files", is_flag=True, help="List the files that would be linted, and exit.")
@click.option(
    "--show-policy",
    metavar="FILE",
    shell_complete=complete_file,
    help="Show which policy and environment a file gets, and why.",
)
@click.pass_context
@annotated
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    fail_on: str,
    **options: Any,
) -> None:
    """Report images that the policy does not allow.

    PATH is a file, a folder, a glob, or - for stdin; default: the current folder.

    \b
      imagelint check k8s/ --env prod
      helm template . | imagelint check -
      imagelint check --format sarif=imagelint.sarif --format auto
      imagelint check --statistics --quiet
      imagelint check --show-policy prod/web.yaml
    """
    chosen = targets(formats, output)
    detail = detail_of(options)
    show_policy, show_files = options.pop("show_policy"), options.pop("show_files")
    if show_policy is not None or show_files:
        from imagelint.cli import show  # noqa: PLC0415 - only for these two options

        asked = request(options)
        if show_policy is not None:
            show.show_policy(show_policy, asked)
            ctx.exit(EXIT_CLEAN)
        ctx.exit(show.show_files(asked, detail))
    tell = teller(chosen, detail)
    asked = request(options)._replace(
        inventory=detail.statistics, tell=tell, line_hashes=hasher(chosen)
    )
    if asked.rendering is not None:
        asked = asked._replace(tell=None)  # findings of templates may be told otherwise
    run = Run(asked, lint)
    say(run.notices, detail)
    results = track(rendered(run, asked, run.results()), len(run.inputs), quiet=detail.quiet)
    report = run.report(results)
    written = emit(report, chosen, detail=detail)
    say(f"error: {line}" for line in report.errors)
    say(run.remarks, detail)
    ctx.exit(exit_code(report, severity_of(fail_on), failed=not written))
