"""Options that several commands share, and the parsing of their values."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from imagelint import files
from imagelint.cli.rendering import rendering_of
from imagelint.formats import FORMATS
from imagelint.model.errors import ImagelintError, UsageError, did_you_mean
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.harbor import InvalidPattern, parse_harbor_host
from imagelint.rules.built_in import RULES
from imagelint.run.request import STDIN, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from click.shell_completion import CompletionItem


__all__ = [
    "AUTO",
    "USUAL",
    "Detail",
    "Target",
    "complete_file",
    "completed",
    "debug_option",
    "detail_of",
    "detail_options",
    "environment_option",
    "fail_on_option",
    "harbor_host",
    "harbor_option",
    "input_options",
    "jobs_option",
    "output_options",
    "request",
    "severity_of",
    "targets",
    "unknown",
]

F = TypeVar("F", bound="Callable[..., Any]")

AUTO = "auto"
"""The default format for the environment: ``github`` inside of GitHub Actions, else ``text``."""
_NEVER = "never"
_UNITS: Final = {
    "": 1,
    "b": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "ki": 1 << 10,
    "mi": 1 << 20,
    "gi": 1 << 30,
}
_FAIL_ON = ("error", "warning", "note", _NEVER)


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer ones
    """A number of bytes: ``50MB``, ``1 GiB``, ``4096``."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the bytes; fail with an example of a valid value."""
        if isinstance(value, int):
            return value
        text = str(value).replace(" ", "").lower()
        digits = text.rstrip("bgikm")
        unit = text[len(digits) :]
        unit = unit if unit == "b" else unit.removesuffix("b")
        if not digits.isascii() or not digits.isdigit() or unit not in _UNITS:
            self.fail(f"{value!r} is no size; write 50MB, 1GiB or a number of bytes", param, ctx)
        return int(digits[:20]) * _UNITS[unit]


class Target(NamedTuple):
    """A format and its destination; None is standard output."""

    format: str
    file: str | None


class Detail(NamedTuple):
    """How much is printed besides the findings."""

    quiet: bool = False
    verbose: bool = False
    statistics: bool = False


USUAL = Detail()


def unknown(name: str, names: Iterable[str], what: str) -> str:
    """Say that there is no such name, and suggest which one was probably meant."""
    return f"no {what} {name!r}; {did_you_mean(name, tuple(names), 'there are')}"


def completed(words: Iterable[str], incomplete: str) -> list[str]:
    """Return, for the shell, the words that begin with the text that is being typed."""
    return [word for word in words if word.startswith(incomplete)]


if TYPE_CHECKING:
    _TargetBase = click.ParamType[Target]
else:  # generic to type checkers, in newer versions of click
    _TargetBase = click.ParamType


class _TargetType(_TargetBase):
    """``NAME`` or ``NAME=FILE``."""

    name = "NAME[=FILE]"

    def __init__(self, formats: Iterable[str]) -> None:
        self._formats = (AUTO, *formats)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        """Read one ``--format``."""
        if isinstance(value, Target):
            return value
        name, equals, file = str(value).partition("=")
        if name not in self._formats:
            self.fail(unknown(name, self._formats, "format"), param, ctx)
        if equals and not file:
            self.fail(f"a file belongs behind the = in {value!r}", param, ctx)
        return Target(name, file or None)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete a format's name."""
        return click.Choice(self._formats).shell_complete(ctx, param, incomplete)


def _complete_environment(
    ctx: click.Context,
    _param: click.Parameter,
    incomplete: str,
) -> list[str]:
    """Complete an environment of the policy that governs this folder, or of ``--policy``."""
    cwd = os.getcwd()
    try:
        policies = files.Policies(RULES, cwd, ctx.params.get("policy"))
        environments = policies.for_folder(cwd).policy.environments
    except ImagelintError:  # the command itself reports it
        return []
    return completed((one.name for one in environments), incomplete)


def complete_file(
    ctx: click.Context,
    param: click.Parameter,
    incomplete: str,
) -> list[CompletionItem]:
    """Make the shell complete a file."""
    return click.Path().shell_complete(ctx, param, incomplete)


debug_option = click.option(
    "--debug", is_flag=True, help="Show the traceback of an error.", allow_from_autoenv=False
)
"""One environment variable sets it for all commands, like the option before the command."""
environment_option = click.option(
    "--env",
    "environment",
    metavar="NAME",
    help="Check every image against this environment only.",
    shell_complete=_complete_environment,
)
policy_option = click.option(
    "--policy",
    metavar="FILE",
    help="Use this policy instead of the nearest imagelint.yaml above each file.",
    shell_complete=complete_file,
)
harbor_option = click.option(
    "--harbor",
    metavar="HOST",
    help="Use this Harbor if no imagelint.yaml is found.",
)
changes_options = (
    click.option(
        "--policy-from",
        metavar="REF",
        help="Read policies and .gitignore from this commit, not from the working tree.",
    ),
    click.option(
        "--changed-since",
        metavar="REF",
        help="Lint only files that changed since HEAD left this branch or commit.",
    ),
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    default="error",
    show_default=True,
    help="The lowest severity that gives exit code 1.",
)


def input_options(function: F) -> F:
    """Add PATHs and all options that select what to examine."""
    for option in (
        debug_option,
        click.option(
            "--allow-empty",
            is_flag=True,
            help="Accept a folder without YAML or JSON, and empty stdin.",
        ),
        click.option(
            "--stdin-filename", metavar="FILE", help="The file name to use for stdin (PATH -)."
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Skip matching files; relative to the current folder. Repeatable.",
        ),
        click.option(
            "--max-file-size",
            type=Size(),
            default="50MB",
            show_default=True,
            metavar="SIZE",
            help="Do not read larger files, unless they are named.",
        ),
        *changes_options,
        harbor_option,
        policy_option,
        environment_option,
        click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_file),
    ):
        function = option(function)
    return function


jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Use N processes; 0, the default, chooses the number automatically.",
)


def detail_options(function: F) -> F:
    """Add the options for the level of detail; :func:`detail_of` reads the values."""
    for option in (
        click.option(
            "--statistics", is_flag=True, help="Count images by registry and environment."
        ),
        click.option(
            "-v", "--verbose", is_flag=True, help="Print why each file was skipped, on stderr."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Print only findings and errors."),
    ):
        function = option(function)
    return function


def detail_of(options: dict[str, Any]) -> Detail:
    """Remove the values of :func:`detail_options` from ``options`` and return them."""
    detail = Detail(*(options.pop(name) for name in Detail._fields))
    if detail.quiet and detail.verbose:
        message = "--quiet and --verbose contradict each other"
        raise click.UsageError(message)
    return detail


def output_options(formats: Mapping[str, str] = FORMATS) -> Callable[[F], F]:
    """Add ``--format`` and ``--output``."""

    def decorate(function: F) -> F:
        names = ", ".join((AUTO, *formats))
        function = click.option(
            "--output", metavar="FILE", help="Write the report to FILE (for a single --format)."
        )(function)
        return click.option(
            "--format",
            "formats",
            multiple=True,
            type=_TargetType(formats),
            help=f"Report format: {names}; NAME=FILE writes a file. Repeatable.  [default: {AUTO}]",
        )(function)

    return decorate


def request(options: Mapping[str, Any]) -> Request:
    """Create a request from the values of :func:`input_options`."""
    given = dict(options)
    harbor = given.get("harbor")
    host = None if harbor is None else harbor_host(harbor)
    given |= {"harbor": host, "rendering": rendering_of(given)}
    # A command without the option --allow-empty does not judge what it finds.
    asked = Request(**{"allow_empty": True, **given})
    cwd = os.getcwd()
    paths = (STDIN if files.is_stdin(files.absolute(one, cwd)) else one for one in asked.paths)
    return asked._replace(paths=tuple(paths))


def harbor_host(text: str) -> str:
    """Return the host in ``--harbor``; raises ``UsageError`` if it is not a host."""
    try:
        return parse_harbor_host(text)
    except InvalidPattern as error:
        message = f"--harbor: {error}"
        raise UsageError(message) from error


def targets(formats: tuple[Target, ...], output: str | None) -> tuple[Target, ...]:
    """Combine ``--format`` and ``--output``; at most one format goes to stdout."""
    chosen = formats or (Target(AUTO, None),)
    if output is not None:
        if len(chosen) > 1 or chosen[0].file is not None:
            message = "--output goes with a single --format NAME; otherwise write NAME=FILE"
            raise click.UsageError(message)
        chosen = (Target(chosen[0].format, output),)
    places = [target.file for target in chosen]
    for place in places:
        if places.count(place) > 1:
            where = "to stdout: write NAME=FILE" if place is None else f"to {place}"
            message = f"two formats cannot both go {where}"
            raise click.UsageError(message)
    return chosen


def severity_of(fail_on: str) -> Severity | None:
    """Return the severity in ``--fail-on``; None for never."""
    return None if fail_on == _NEVER else Severity(fail_on)
