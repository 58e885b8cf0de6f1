"""``imagelint rules``: every rule with its severity and what it finds."""

from __future__ import annotations

import sys

import click

from imagelint import files
from imagelint.commands.options import debug_option
from imagelint.commands.output import look_of, print_text

__all__ = ["command"]

_FIXABLE = "fixable"


@click.command("rules")
@debug_option
def command(*, debug: bool) -> None:  # noqa: ARG001 - cli.py looks for it
    """List the rules with their severity.

    \b
      imagelint rules
      imagelint explain floating-tag     # why, and what to do
    """  # noqa: D301 - click wants the character itself
    import textwrap  # noqa: PLC0415 - --help has no use for these

    from imagelint.rules import load_rules  # noqa: PLC0415

    rules = sorted(load_rules(files.rule_sources()).values(), key=lambda rule: rule.id)
    look = look_of(sys.stdout)
    name_width = max(len(rule.id) for rule in rules)
    lines = []
    for rule in rules:
        head = f"{rule.id:{name_width}}  {rule.severity.value:7}  "
        head += f"{_FIXABLE if rule.fixable else '':{len(_FIXABLE)}}  "
        lines += textwrap.wrap(
            rule.summary, look.width, initial_indent=head, subsequent_indent=" " * len(head)
        )
    print_text("\n".join(lines) + "\n", sys.stdout)
