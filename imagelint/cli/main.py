"""The command line: names of commands, exit codes, and what becomes of errors.

Each command is a module of ``cli/commands/``, imported when it is asked for, so that
``imagelint --version`` imports click and nothing else.

Exit codes: 0 nothing found; 1 findings at or above ``--fail-on``; 2 usage, policy, or a file
that cannot be read or written; 130 interrupted; 141 nobody reads what is printed.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from imagelint.model.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cli", "main"]

_COMMANDS = (
    *("check", "fix", "images", "explain", "rules", "workloads", "policy", "exceptions"),
    *("baseline", "init", "krm", "completion"),
)
_EXIT_ERROR = 2
_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141


class _Commands(click.Group):
    """Imports a command when it is needed, and turns every error into a line and a code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"imagelint.cli.commands.{cmd_name}")
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if name not in _COMMANDS and (name == "-" or not name.startswith("-")):
            advice = _nearest(name, _COMMANDS)
            if name == "-" or os.path.exists(name):
                advice = f"did you mean `imagelint check {name}`?"
            message = f"no command {name!r}; {advice}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command line and exit with its code."""
        extra["standalone_mode"] = False
        given = args[0] if args else extra.get("args")
        debug = "--debug" in (sys.argv[1:] if given is None else given)
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            with suppress(OSError):  # nobody may read it
                error.show()
            code = error.exit_code
        except click.Abort:
            code = _EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - never a traceback
            with suppress(OSError):
                _report(error, debug=debug)
            code = _EXIT_ERROR
        _abandon(sys.stderr)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command; a reader that went away is no error to talk about."""
        try:
            value = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _abandon(sys.stdout)
            ctx.exit(_EXIT_BROKEN_PIPE)
        except OSError:  # a full disk
            _abandon(sys.stdout)
            raise
        return value


def _abandon(stream: TextIO) -> None:
    """Keep what a stream cannot get rid of from raising again when Python shuts down."""
    try:
        stream.flush()
    except (OSError, ValueError):
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError):  # it is no real one
            return


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - only after a slip

    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"the commands are {', '.join(names)}"


def _report(error: Exception, *, debug: bool) -> None:
    """Print one line for an error: whose it is decides what the line says."""
    from imagelint.model.errors import described  # noqa: PLC0415 - only after an error

    click.echo(f"error: {described(error, debug=debug)}", err=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="imagelint", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, /, *, debug: bool) -> None:
    """Find and repair container images that a cluster must not run.

    imagelint reads Kubernetes manifests (files, folders, or - for stdin), holds every image
    in them to a policy, and rewrites them to come through Harbor.

    \b
      imagelint check              what is wrong in this folder
      imagelint fix --diff         what would be repaired, as a diff
      imagelint fix                repair it
      imagelint images             every image, its place and verdict
      imagelint explain unapproved-registry
      helm template . | imagelint check -
    """  # noqa: D301 - click wants the character itself
    if debug:  # as if it stood behind the command
        ctx.default_map = {name: {"debug": True} for name in _COMMANDS}


def main() -> None:
    """Run the command line.

    What is imported stays until the end, and the end frees all the rest: neither is searched for
    garbage, which at exit alone would take 2 ms of a short run.
    """
    _check_streams()
    gc.freeze()
    try:
        cli(prog_name="imagelint")
    finally:
        gc.freeze()


def _check_streams() -> None:
    """Occupy a closed stderr, lest a file be opened in its place; stop where stdout is closed."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    if sys.stdout is None:
        click.echo("error: standard output is closed", err=True)
        sys.exit(_EXIT_ERROR)
