"""``imagelint workloads``: which kinds are known to hold images, and which may hold some."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import input_options, request
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, look_of, print_text, say
from imagelint.formats import workloads_json, workloads_text
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.guesses import guesses_in
from imagelint.model.errors import ImagelintError
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from imagelint.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.guesses import Guess

__all__ = ["command"]

_FORMATS = ("text", "json")


class _Command(click.Command):
    """The command, or ``learn`` if that is its first argument."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of the command that the arguments name."""
        if args[:1] != ["learn"]:
            return super().make_context(info_name, args, parent, **extra)
        from imagelint.cli.commands.learn import command as learn  # noqa: PLC0415 - another command

        return learn.make_context(f"{info_name} learn", args[1:], parent, **extra)


@click.command("workloads", cls=_Command)
@input_options
@click.option("--unknown", is_flag=True, help="Print likely images in places that are not known.")
@click.option(
    "-f",
    "--format",
    "name",
    type=click.Choice(_FORMATS),
    default=_FORMATS[0],
    show_default=True,
    help="Output format.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    name: str,
    *,
    unknown: bool,
    **options: Any,
) -> None:
    """List the kinds that hold images, their fields and sources.

    With --unknown: print what looks like an image where imagelint does not know of one, also in
    annotations, environment variables, flags and ConfigMaps,
    as entries that you can paste into the policy's `workloads:`. Check that each is an image.

    `imagelint workloads learn PATH` writes such entries from CustomResourceDefinitions.

    \b
      imagelint workloads
      imagelint workloads --format json | jq -r '.workloads[].kinds[]'
      imagelint workloads --unknown k8s/
      imagelint workloads learn crds/
    """
    formats = workloads_json if name == "json" else workloads_text
    look = look_of(sys.stdout)
    if not unknown:
        if options["paths"]:
            message = "PATHs are searched with --unknown alone"
            raise click.UsageError(message)
        policy = _policies(options["policy"]).policy
        known = load_catalogue(files.catalogue_files()).with_entries(policy.workloads)
        print_text(formats.render(known.without_fields(policy.ignored_fields), look), sys.stdout)
        return

    run = Run(request(options))
    guesses = tuple(_guesses(run))
    print_text(formats.render_unknown(guesses, look), sys.stdout)
    say(f"error: {line}" for line in run.errors)
    ctx.exit(EXIT_ERROR if run.errors else EXIT_CLEAN)


def _policies(policy: str | None) -> files.GoverningPolicy:
    """Return the policy that applies to the working folder."""
    cwd = os.getcwd()
    return files.Policies(RULES, cwd, policy, None).for_folder(cwd)


def _guesses(run: Run) -> Iterator[Guess]:

    catalogue = load_catalogue(files.catalogue_files())
    for item in run.inputs:
        try:
            data = run.around.read(item)[0]
        except ImagelintError as error:
            run.errors += error.lines
            continue
        own = item.governing.policy
        known = catalogue.with_entries(own.workloads).with_embedded(own.embedded)
        if own.definitions:
            known = known.with_definitions(own.definitions)
        known = known.without_fields(own.ignored_fields)
        yield from guesses_in(Source(item.shown, data), known)
