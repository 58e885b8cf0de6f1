"""The command line: names of commands, exit codes, and the handling of errors.

Each command is a module of ``cli/commands/``, imported on first use, so that
``imagelint --version`` imports only click.

Exit codes: 0 nothing found; 1 findings at or above ``--fail-on``; 2 usage, policy, or a file
that cannot be read or written; 130 interrupted; 141 the reader of stdout has gone.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

import click
from click.core import ParameterSource

from imagelint.model.errors import ImagelintError, did_you_mean, internal_error, with_traceback
from imagelint.model.source import one_line
from imagelint.model.version import VERSION

__all__ = ["cli", "main"]

_COMMANDS = (
    *("check", "fix", "images", "explain", "rules", "workloads", "policy", "exceptions"),
    *("baseline", "init", "krm", "completion"),
)
_EXIT_ERROR = 2
_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141


_PREFIX = "IMAGELINT"
_TRUE = ("1", "true", "t", "yes", "y", "on")


class _Context(click.Context):
    """Reports which options the environment sets, so that none changes a verdict unnoticed."""

    has_told = False

    def invoke(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command."""
        self.tell()
        return super().invoke(*args, **kwargs)

    def tell(self) -> None:
        """Print the report once, also if a value is invalid."""
        for option in () if self.has_told else self.command.params:
            name = option.name or ""
            if self.get_parameter_source(name) is ParameterSource.ENVIRONMENT:
                variable = f"{self.auto_envvar_prefix}_{name.upper()}"
                click.echo(f"note: the environment's {variable} sets {option.opts[-1]}", err=True)
        self.has_told = True


def _prepared(command: click.Command) -> click.Command:
    """Make a command and its subcommands report environment values; ``--help`` has none."""
    if command.context_class is not _Context:
        help_option = command.get_help_option

        def get_help_option(ctx: click.Context) -> click.Option | None:
            option = help_option(ctx)
            if option is not None:
                option.allow_from_autoenv = False
            return option

        command.get_help_option = get_help_option  # type: ignore[method-assign]
        command.context_class = _Context
        for one in getattr(command, "commands", {}).values():
            _prepared(one)
    return command


class _Commands(click.Group):
    """Imports a command on first use, and turns every error into a line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"imagelint.cli.commands.{cmd_name}")
        return _prepared(module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest which one was probably meant."""
        name = args[0]
        if name not in _COMMANDS and (name == "-" or not name.startswith("-")):
            advice = did_you_mean(name, _COMMANDS, "the commands are")
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
        debug = debug or os.environ.get(f"{_PREFIX}_DEBUG", "").lower() in _TRUE
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            if isinstance(context := getattr(error, "ctx", None), _Context):
                context.tell()
            with suppress(OSError):  # stderr may have no reader
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
        """Run the command; a closed stdout is not reported as an error."""
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
    """Discard what a stream cannot write, so that it does not raise again at Python's exit."""
    try:
        stream.flush()
    except (OSError, ValueError):
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError):  # not a real stream
            return


def _report(error: Exception, *, debug: bool) -> None:
    """Print the lines of an error, which depend on its kind."""
    if isinstance(error, ImagelintError):
        lines = [one_line(line) for line in error.lines]
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        lines = [one_line(f"{place}{error.strerror or error}")]
    else:
        click.echo(f"error: {internal_error(error, debug=debug)}", err=True)
        return
    if debug:
        lines[-1] = with_traceback(lines[-1], error).removesuffix("\n")
    for line in lines:
        click.echo(f"error: {line}", err=True)


@click.group(
    cls=_Commands,
    context_settings={"auto_envvar_prefix": _PREFIX, "help_option_names": ["-h", "--help"]},
)
@click.version_option(
    VERSION, prog_name="imagelint", message="%(prog)s %(version)s", allow_from_autoenv=False
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, /, *, debug: bool) -> None:
    """Find and fix container images that the policy does not allow.

    imagelint reads Kubernetes manifests (files, folders, or - for stdin), checks every image
    against a policy, and rewrites images so that they are pulled through Harbor.

    \b
      imagelint check              lint the current folder
      imagelint fix --diff         show the changes as a diff
      imagelint fix                fix in place
      imagelint images             list every image, its place and its verdict
      imagelint explain unapproved-registry
      helm template . | imagelint check -

    Each option can be set by an environment variable, such as IMAGELINT_CHECK_FAIL_ON.
    """
    if debug:  # as if it followed the command
        ctx.default_map = {name: {"debug": True} for name in _COMMANDS}


_prepared(cli)


def main() -> None:
    """Run the command line.

    Imported modules live until the end, and the exit frees everything else, so neither is searched
    for garbage: at exit alone that would take 2 ms of a short run.
    """
    _check_streams()
    gc.freeze()
    try:
        cli(prog_name="imagelint")
    finally:
        gc.freeze()


def _check_streams() -> None:
    """Replace a closed stderr, so that no file gets its descriptor; fail if stdout is closed."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    if sys.stdout is None:
        click.echo("error: standard output is closed", err=True)
        sys.exit(_EXIT_ERROR)
