"""``imagelint workloads learn``: CustomResourceDefinitions → entries for a policy."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from imagelint import files
from imagelint.cli.options import debug_option
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, print_text, say
from imagelint.kubernetes.catalogue.learning import learn
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.catalogue.schemas import definitions_in, documents_of, refusal_of
from imagelint.kubernetes.catalogue.writing import entries_of
from imagelint.model.errors import ImagelintError, UsageError
from imagelint.model.source import Source, shown
from imagelint.run.request import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.learning import Learnt

__all__ = ["command"]


@click.command("learn")
@click.argument("paths", nargs=-1, required=True, metavar="PATH|-...")
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    *,
    debug: bool,  # noqa: ARG001 - cli/main.py looks for it
) -> None:
    """Write entries for the kinds that CustomResourceDefinitions define.

    PATH is a file, a folder, or - for standard input. Paste the entries into the policy's
    `workloads:`, and check those that are commented out as doubtful. To read the definitions in
    every run instead, name their folder in the policy's `crds:`.

    \b
      imagelint workloads learn charts/widgets/crds
      kubectl get crd -o yaml | imagelint workloads learn -
    """
    errors: list[str] = []
    found: dict[tuple[str, str], tuple[str, dict[str, Learnt]]] = {}
    for source in _sources(paths, errors):
        for document in documents_of(source):
            reason = refusal_of(document)
            if reason is not None:
                errors.append(f"{source.path}:{reason}")
            for one in definitions_in(document):
                kept = found.setdefault((one.group, one.kind), (source.path, {}))[1]
                kept.update({field.field: field for field in learn(one)})
    if not found and not errors:
        message = f"no CustomResourceDefinition in {', '.join(map(shown, paths))}"
        raise UsageError(message)
    known = load_catalogue(files.catalogue_files())
    described = frozenset(key for key in found if known.lookup(*key) is not None)
    entries = {key: (path, tuple(kept.values())) for key, (path, kept) in found.items()}
    print_text(entries_of(entries, described), sys.stdout)
    say(f"error: {line}" for line in errors)
    ctx.exit(EXIT_ERROR if errors else EXIT_CLEAN)


def _sources(paths: tuple[str, ...], errors: list[str]) -> Iterator[Source]:
    """Yield the files that the user names, and the manifests in folders; add what fails."""
    cwd = os.getcwd()
    for path in paths:
        place = files.absolute(path, cwd)
        if path == STDIN:
            yield Source("<stdin>", files.read_stdin())
            continue
        root: str | None = place
        places = [place]
        if os.path.isdir(place):
            places = sorted(
                os.path.join(folder, name)
                for folder, _, names in os.walk(place)
                for name in names
                if files.is_manifest(name)
            )
        else:
            root = files.bound_of(path, cwd, files.displayed(place, cwd))
        for one in places:
            name = files.displayed(one, cwd)
            try:
                yield Source(name, files.read(one, name, root)[0])
            except ImagelintError as error:
                errors += error.lines
