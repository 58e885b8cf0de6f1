"""``imagelint rules``: every rule with its severity and what it finds."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from imagelint import files
from imagelint.cli.options import debug_option, policy_option
from imagelint.cli.output import look_of, print_text
from imagelint.formats.drawn import columns, drawn
from imagelint.model.errors import ImagelintError
from imagelint.rules.built_in import RULES

__all__ = ["command"]


@click.command("rules")
@policy_option
@debug_option
def command(policy: str | None, **_options: Any) -> None:
    """List the rules and their severities, own rules included.

    \b
      imagelint rules
      imagelint explain floating-tag     # the reason, and what to do
    """
    known, cwd = RULES, os.getcwd()
    failed: ImagelintError | None = None
    try:
        known = files.Policies(known, cwd, policy).for_folder(cwd).rules
    except ImagelintError as error:
        failed = error  # a user who corrects a policy may need the name of a rule
    table = columns("RULE", "SEVERITY", "FIX", "FINDS")
    for rule in sorted(known.values(), key=lambda rule: rule.id):
        fixable = "fixable" if rule.fixable else ""
        table.add_row(rule.id, rule.severity.value, fixable, rule.summary)
    print_text(drawn(table, look_of(sys.stdout)), sys.stdout)
    if failed is not None:
        raise failed
