"""``imagelint init``: write a commented policy to start from."""

from __future__ import annotations

import os
import sys

import click

from imagelint import files
from imagelint.cli.options import debug_option, harbor_host
from imagelint.cli.output import print_text
from imagelint.model.errors import UsageError
from imagelint.model.source import Source

__all__ = ["command", "policy_text"]

_BEGIN = "version:"
_EXCLUDED = 'exclude: ["**/testdata/**"]'
_NOTHING_EXCLUDED = "exclude: []".ljust(len(_EXCLUDED))
SCHEMA_NAME = ".imagelint.schema.json"
_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_NAME}
# What imagelint holds the container images of this repository to.
# `imagelint check` finds what breaks it, `imagelint fix` repairs what it can, and
# `imagelint explain IMAGE --env prod` says what decides about an image.
"""


@click.command("init")
@click.option("--harbor", metavar="HOST", help="The host of your Harbor.")
@click.option("--force", is_flag=True, help="Overwrite a policy that is there already.")
@click.option("--schema", is_flag=True, help="Write the schema alone, as after an upgrade.")
@debug_option
def command(
    harbor: str | None,
    *,
    force: bool,
    schema: bool,
    debug: bool,  # noqa: ARG001 - cli/main.py looks for it
) -> None:
    """Write imagelint.yaml, with comments, into this folder.

    It says what the built-in policy says, for your Harbor: change it as you need. Its first line
    names .imagelint.schema.json, written beside it, by which editors complete and check the file.

    \b
      imagelint init --harbor harbor.example.com
      imagelint init --harbor harbor.example.com:8443 --force
      imagelint init --schema
    """  # noqa: D301 - click wants the character itself
    from imagelint.rules.built_in import RULES  # noqa: PLC0415 - --help has no use for it

    cwd = os.getcwd()
    if schema:
        _write_schema(cwd)
        print_text(f"Wrote {SCHEMA_NAME}.\n", sys.stdout)
        return
    if harbor is None:
        message = "name your Harbor: imagelint init --harbor HOST"
        raise UsageError(message)
    rules = RULES
    policies = files.Policies(rules, cwd)
    _refuse_nested(policies, cwd)
    data = policy_text(harbor).encode()
    from imagelint.policy.policy import parse_policy  # noqa: PLC0415

    parse_policy(Source(files.POLICY_NAME, data), rules)
    place = os.path.join(cwd, files.POLICY_NAME)
    if os.path.lexists(place) and not force:
        message = f"{files.POLICY_NAME} is there already; --force overwrites it"
        raise UsageError(message)
    files.write_new(place, files.POLICY_NAME, data, overwrite=force)
    _write_schema(cwd)
    written = f"Wrote {files.POLICY_NAME}, and {SCHEMA_NAME} for editors."
    print_text(f"{written} Now try: imagelint check\n", sys.stdout)


def _write_schema(cwd: str) -> None:
    """Copy the schema beside the policy: a path into an installation is this machine's alone."""
    place = os.path.join(cwd, SCHEMA_NAME)
    files.write_new(place, SCHEMA_NAME, files.schema_text().encode(), overwrite=True)


def policy_text(harbor: str) -> str:
    """Return the built-in policy, comments and all, for another Harbor.

    Raises ``UsageError`` for what is no host.
    """
    example = files.default_policy_source(harbor_host(harbor)).data.decode()
    text = _HEAD + example[example.index(_BEGIN) :]
    return text.replace(_NOTHING_EXCLUDED, _EXCLUDED)


def _refuse_nested(policies: files.Policies, cwd: str) -> None:
    """Stop where a policy would stand below another one, which ends every run."""
    parent = os.path.dirname(cwd)
    if parent == cwd or os.path.lexists(os.path.join(cwd, ".git")):
        return
    above = policies.for_folder(parent)
    if not above.is_built_in:
        message = f"{above.shown} governs this folder already: change that one"
        raise UsageError(message)
