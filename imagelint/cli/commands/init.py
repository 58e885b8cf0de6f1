"""``imagelint init``: write a commented policy to start from."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import debug_option, harbor_host
from imagelint.cli.output import print_text, say, track
from imagelint.kubernetes.catalogue.schemas import MARK
from imagelint.model.errors import ImagelintError, UsageError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.patterns.harbor import InvalidPattern, listed, parse_project_name
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from imagelint.run.linting import lint
from imagelint.run.request import Request
from imagelint.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.report import FileResult

__all__ = ["Seen", "command", "policy_text"]

_BEGIN = "version:"
_EXCLUDED = 'exclude: ["**/testdata/**"]'
_NOTHING_EXCLUDED = "exclude: []".ljust(len(_EXCLUDED))
_SEALED = 'unsuppressible: ["*"]'
SCHEMA_NAME = ".imagelint.schema.json"
_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_NAME}
# What imagelint holds the container images of this repository to.
# `imagelint check` finds what breaks it, `imagelint fix` repairs what it can, and
# `imagelint explain IMAGE --env prod` says what decides about an image.
"""


_DEFINED = re.compile(rb"(?m)^[\"']?kind[\"']?: *[\"']?CustomResourceDefinition\b")
_COMMENT_AT, _MOST = 36, 100
"""The column of comments, and the maximum number of registries to list."""
_SUSPICIOUS = "suspicious-reference"


class Seen(NamedTuple):
    """A registry whose images are already in the repository."""

    registry: str
    images: int
    is_suspicious: bool = False
    """Whether each of its images has an odd reference: then the registry is suspicious."""


@click.command("init")
@click.option("--harbor", metavar="HOST", help="Host of your Harbor.")
@click.option("--force", is_flag=True, help="Overwrite an existing policy.")
@click.option("--schema", is_flag=True, help="Write only the schema, for example after an upgrade.")
@debug_option
def command(
    harbor: str | None,
    *,
    force: bool,
    schema: bool,
    **_options: Any,
) -> None:
    """Write a commented imagelint.yaml into the current folder.

    It is the built-in policy for your Harbor, with a project for each registry whose images are in
    the current folder. It does not allow comments in manifests to suppress findings in production.
    Change it as you need. init also writes .imagelint.schema.json, which editors use to complete
    and check the file.

    \b
      imagelint init --harbor harbor.example.com
      imagelint init --harbor harbor.example.com:8443 --force
      imagelint init --schema
    """
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
    host, place = harbor_host(harbor), os.path.join(cwd, files.POLICY_NAME)
    is_there = os.path.lexists(place)
    if is_there and not force:
        message = f"{files.POLICY_NAME} is there already; --force overwrites it"
        raise UsageError(message)
    seen: tuple[Seen, ...] = ()
    folders: tuple[str, ...] = ()
    try:
        seen, folders = _look_around(None if is_there else host)
    except ImagelintError as error:
        say([f"note: registries were not looked for: {error}"])
    data = policy_text(host, seen, folders).encode()

    source = Source(files.POLICY_NAME, data)
    parse_policy(source, rules, crd_sources=lambda _: [lambda: source])  # they have been seen
    files.write_new(place, files.POLICY_NAME, data, overwrite=force)
    _write_schema(cwd)
    written = f"Wrote {files.POLICY_NAME}, and {SCHEMA_NAME} for editors."
    if seen:
        found = listed(f"{one.registry} ({one.images})" for one in seen)
        written += f" Registries here, with their images: {found}."
    if folders:
        written += f" CRDs to learn from: {listed(folders)}."
    print_text(f"{written} Now try: imagelint check\n", sys.stdout)


def _write_schema(cwd: str) -> None:
    """Copy the schema beside the policy: a path into an installation is valid only here."""
    place = os.path.join(cwd, SCHEMA_NAME)
    files.write_new(place, SCHEMA_NAME, files.schema_text().encode(), overwrite=True)


def _look_around(harbor: str | None) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """Return the registries of this folder's images, the most used first, and where CRDs are."""
    run = Run(Request(harbor=harbor), lint)
    found = _seen(track(run.results(), len(run.inputs), quiet=False)), _with_crds(run)
    if run.errors:
        say(["note: not all could be read: `imagelint check` says what"])
    return found


def _seen(results: Iterable[FileResult]) -> tuple[Seen, ...]:
    found: dict[str, Seen] = {}
    for result in results:
        odd = {one.span for one in result.findings if one.rule == _SUSPICIOUS}
        for record in result.images:
            name = "" if record.reference is None else record.reference.registry
            if name:
                known = found.get(name, Seen(name, 0, is_suspicious=True))
                is_odd = known.is_suspicious and record.span in odd
                found[name] = Seen(name, known.images + 1, is_odd)
    return tuple(sorted(found.values(), key=lambda one: (-one.images, one.registry)))


def _with_crds(run: Run) -> tuple[str, ...]:
    """Return the folders with CustomResourceDefinitions, the outermost alone; files if here."""
    places: dict[str, None] = {}
    for one in run.inputs:
        data = run.guarded(one, lambda one=one: run.around.read(one)[0])  # type: ignore[misc]
        if data is not None and MARK in data and _DEFINED.search(data) is not None:
            path = files.relative_to(run.cwd, one.path)
            places[path.rpartition("/")[0] or path] = None
    return tuple(one for one in places if not any(one.startswith(f"{each}/") for each in places))


def policy_text(harbor: str, seen: Iterable[Seen] = (), crds: Iterable[str] = ()) -> str:
    """Return the built-in policy, with its comments, for another Harbor and what was found.

    Raises ``UsageError`` if ``harbor`` is not a host.
    """
    host, seen = harbor_host(harbor), tuple(seen)
    example = files.default_policy_source(host).data.decode()
    text = _HEAD + example[example.index(_BEGIN) :]
    text = text.replace(_NOTHING_EXCLUDED, _EXCLUDED).replace(f"# {_SEALED}", _SEALED)
    for one in seen[:_MOST]:
        line = f"    {one.registry}: {one.registry}\n"
        if line in text:
            text = text.replace(line, _commented(line[:-1], one))
    more = [one for one in seen if f"\n    {one.registry}: " not in text]
    lines = [_project(one, host) for one in more[:_MOST]]
    if len(more) > _MOST:
        lines.append(f"    # and {len(more) - _MOST} registries more: `imagelint images` has all\n")
    end = text.index("  library: ")
    text = text[:end] + "".join(lines) + text[end:]
    crds = tuple(crds)
    if crds:
        listed_here = "".join(f"  - {json.dumps(one, ensure_ascii=False)}\n" for one in crds)
        text += f"\n# CRDs that teach where kinds hold images.\ncrds:\n{listed_here}"
    return text


def _project(one: Seen, host: str) -> str:
    """Return the line of a registry that the built-in policy does not know."""
    name = one.registry
    if name == host:
        return _commented(f"    # {name}", one, "on Harbor already")
    if one.is_suspicious:
        return _commented(f"    # {name}", one, "suspicious, as `imagelint check` says")
    quoted = name if name[0].isalpha() and ":" not in name else json.dumps(name)
    try:
        is_local = parse_project_name(name) == "localhost"
    except InvalidPattern:
        return _commented(f"    # {quoted}: NAME", one, "its project needs another name")
    if is_local:
        return _commented(f"    # {name}", one, "a node's own, of no use to a Harbor")
    return _commented(f"    {quoted}: {quoted}", one)


def _commented(line: str, one: Seen, more: str = "") -> str:
    what = f"{_counted(one.images)} here" + (f"; {more}" if more else "")
    return f"{line:{_COMMENT_AT - 1}} # {what}\n"


def _counted(images: int) -> str:
    return "1 image" if images == 1 else f"{images} images"


def _refuse_nested(policies: files.Policies, cwd: str) -> None:
    """Fail if the policy would be below another one, which is an error in every run."""
    parent = os.path.dirname(cwd)
    if parent == cwd or os.path.lexists(os.path.join(cwd, ".git")):
        return
    above = policies.for_folder(parent)
    if not above.is_built_in:
        message = f"{above.shown} governs this folder already: change that one"
        raise UsageError(message)
