"""``imagelint check``: report what the policy does not allow."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

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
    EXIT_ERROR,
    annotated,
    emit,
    exit_code,
    hasher,
    print_text,
    say,
    skipped_lines,
    teller,
    track,
)
from imagelint.cli.rendering import rendered, rendering_options
from imagelint.run.run import Run, attempted

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    **options: Any,  # noqa: ANN401 - checked by click
) -> None:
    """Report images that the policy does not allow.

    PATH is a file, a folder, a glob, or - for stdin; default: the current folder.

    \b
      imagelint check k8s/ --env prod
      helm template . | imagelint check -
      imagelint check --format sarif=imagelint.sarif --format auto
      imagelint check --statistics --quiet
      imagelint check --show-policy prod/web.yaml
    """  # noqa: D301 - click wants the character itself
    chosen = targets(formats, output)
    detail = detail_of(options)
    show_policy, show_files = options.pop("show_policy"), options.pop("show_files")
    if show_policy is not None:
        from imagelint.cli.show import policy_lines  # noqa: PLC0415 - when asked for

        _print_lines(policy_lines(show_policy, request(options)))
        ctx.exit(EXIT_CLEAN)
    tell = teller(chosen, detail)
    asked = request(options)._replace(
        inventory=detail.statistics, tell=tell, line_hashes=hasher(chosen)
    )
    if asked.rendering is not None:
        asked = asked._replace(tell=None)  # findings of templates may be told otherwise
    run = Run(asked, None if show_files else attempted)
    say(run.notices, detail)
    if show_files:
        from imagelint.cli.show import file_lines  # noqa: PLC0415 - when asked for

        _print_lines(file_lines(run))
        if detail.verbose:
            say(skipped_lines(run.skipped))
        say(f"error: {line}" for line in run.errors)
        ctx.exit(EXIT_ERROR if run.errors else EXIT_CLEAN)
    results = track(rendered(run, asked, run.results()), len(run.inputs), quiet=detail.quiet)
    report = run.report(results)
    written = emit(report, chosen, detail=detail)
    say(f"error: {line}" for line in report.errors)
    say(run.remarks, detail)
    ctx.exit(exit_code(report, severity_of(fail_on), failed=not written))


def _print_lines(lines: Iterable[str]) -> None:
    print_text("".join(f"{line}\n" for line in lines), sys.stdout)
