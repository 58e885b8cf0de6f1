"""``imagelint completion``: the script for completion in a shell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from imagelint.cli.output import print_text

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

__all__ = ["command"]

_PROGRAM = "imagelint"
_VARIABLE = "_IMAGELINT_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> None:
    """Print the completion script for a shell.

    It completes commands, options, formats, rules and environments.

    \b
      imagelint completion bash >> ~/.bashrc
      imagelint completion zsh >> ~/.zshrc       # below compinit
      imagelint completion fish > ~/.config/fish/completions/imagelint.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    complete: ShellComplete = kind(ctx.find_root().command, {}, _PROGRAM, _VARIABLE)
    # Not source(): for bash it runs the first bash on PATH and complains about its version.
    script = complete.source_template % complete.source_vars()
    print_text(f"{script.strip()}\n", sys.stdout)
