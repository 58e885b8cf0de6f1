"""``imagelint krm``: serve as a KRM function, for ``kustomize build`` and kpt."""

from __future__ import annotations

import os
import sys
from functools import partial

import click
from click.core import ParameterSource

from imagelint import files
from imagelint.cli.krm.resource_list import ResourceList, described
from imagelint.cli.options import (
    debug_option,
    environment_option,
    fail_on_option,
    policy_option,
    severity_of,
)
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, print_bytes, say
from imagelint.model.errors import FileError
from imagelint.model.source import Source, shown
from imagelint.repair.fixer import fixed
from imagelint.run.run import Request, Run

__all__ = ["command"]

_STDIN = "-"
_SHOWN = "<stdin>"


@click.command("krm")
@debug_option
@policy_option
@environment_option
@fail_on_option
@click.option("--check", is_flag=True, help="Report only; do not fix.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    /,
    policy: str | None,
    environment: str | None,
    fail_on: str,
    *,
    check: bool,
    debug: bool,
) -> None:
    """Run as a KRM function.

    Read a ResourceList (YAML or JSON) from stdin and write it to stdout, with fixed images and
    with `results`. Its functionConfig may set environment, policy (a file in this repository),
    failOn and fix (false: report only), under data or spec; command-line options override them.

    \b
      kustomize build --enable-alpha-plugins --enable-exec overlays/prod
      kpt fn eval --exec "imagelint krm"
    """
    data = files.read_stdin()
    settings = ResourceList(Source(_SHOWN, data)).settings()
    if ctx.get_parameter_source("fail_on") is ParameterSource.DEFAULT:
        fail_on = settings.fail_on or fail_on
    within = None
    if policy is None and settings.policy is not None:
        policy, within = settings.policy, _within(settings.policy)
    request = Request(
        (_STDIN,),
        environment or settings.environment,
        policy,
        within,
        debug=debug,
        stdin=data,
        stdin_is_here=True,
    )
    run = Run(request)
    say(run.notices)
    [item] = run.inputs
    examination, _ = run.linting.open(item)
    before = left = run.accepted(item, run.linting.attempt_at(item, examination))
    if before is not None and settings.fix and not check:
        after = run.guarded(item, partial(fixed, examination, before))
        if after is not None and after is not examination:
            left, _, errors = run.linting.attempt_at(item, after)
            run.errors += errors
    if before is None or left is None or run.errors:
        say(f"error: {line}" for line in run.errors)
        ctx.exit(EXIT_ERROR)
    made = ResourceList(left.source)
    results = made.results(None if left is before else before, left)
    print_bytes(made.with_results(results), sys.stdout)
    say(  # kustomize shows no results
        f"{one['severity']}: {described(one)}" for one in results if one["severity"] != "info"
    )
    failed = run.report([left]).has_at_least(severity_of(fail_on))
    ctx.exit(EXIT_FINDINGS if failed else EXIT_CLEAN)


def _within(policy: str) -> str:
    """Return the folder that must contain a policy named by a functionConfig.

    The tree names the policy, not the user: so it is the repository of the working folder, or that
    folder.
    """
    cwd = os.getcwd()
    root = files.repository_of(cwd) or cwd
    if files.leads_out(files.absolute(policy, cwd), root):
        message = "named by functionConfig, it is outside the repository, so it is not read"
        raise FileError(shown(policy), message)
    return root
