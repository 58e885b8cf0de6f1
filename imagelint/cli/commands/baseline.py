"""``imagelint baseline``: record the findings of an old repository as known, to reduce later."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import debug_option, environment_option, policy_option, request
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, say
from imagelint.engine.baseline import Baseline, Known, OnHarbor, identity_of
from imagelint.engine.linter import Linter
from imagelint.model.errors import UsageError
from imagelint.model.namedtuple import NamedTuple
from imagelint.policy.locks import Locks
from imagelint.rules.built_in import RULES
from imagelint.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.engine.baseline import Identity
    from imagelint.files import GoverningPolicy

__all__ = ["command"]

_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")


@click.group("baseline", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Record existing findings, so that only new ones fail.

    The baseline is imagelint-baseline.json next to the policy; `check` finds it there. It
    identifies findings by object, container and image, so that lines and documents may move.
    """


@command.command("write")
@debug_option
@environment_option
@policy_option
@click.option("--grow", is_flag=True, help="Add findings that the baseline does not have yet.")
@_paths
@click.pass_context
def write(ctx: click.Context, /, *, grow: bool, **options: Any) -> None:
    """Write the current findings to the baseline.

    PATH is a file or a folder; default: the current folder. Entries for other files stay in the
    baseline. Without --grow, an existing baseline can only shrink.

    \b
      imagelint baseline write
      imagelint baseline write --grow teams/shop
    """
    run = _run(options)
    every = list(_found(run))
    for found in every:
        new = sum(found.new.values())
        if os.path.lexists(_place(found.governing)) and new and not grow:
            message = (
                f"{files.displayed(_place(found.governing), os.getcwd())} does not know"
                f" {_counted(new)}: fix what is new, or accept it with --grow"
            )
            raise UsageError(message)
    for found in every:  # all of them, or none
        if found.counts or os.path.lexists(_place(found.governing)):
            _write(found, {**found.unseen, **found.counts}, sum(found.new.values()))
        elif not found.locked:
            say([f"{found.governing.shown}: no findings to record"])
        if found.locked:
            say([f"{found.governing.shown}: {_counted(found.locked)} of locked rules left out"])
    ctx.exit(_told(run))


@command.command("prune")
@debug_option
@policy_option
@_paths
@click.pass_context
def prune(ctx: click.Context, /, **options: Any) -> None:
    """Remove entries from the baseline that no longer match a finding.

    PATH is a file or a folder; default: the current folder. Entries for existing files that were
    not linted stay in the baseline.
    """
    run = _run({**options, "environment": None})
    for found in _found(run):
        if found.governing.baseline is not None:
            known = {which: count - found.new[which] for which, count in found.counts.items()}
            left = {which: count for which, count in known.items() if count}
            _write(found, {**found.unseen, **left}, 0)
    ctx.exit(_told(run))


class _Found(NamedTuple):
    """The findings under a policy, compared with its baseline."""

    governing: GoverningPolicy
    counts: Mapping[Identity, int]
    new: Counter[Identity]
    """Findings that the baseline does not list."""
    unseen: Mapping[Identity, int]
    """Entries of the baseline for files that exist but were not linted."""
    locked: int
    """The number of findings that no baseline may list."""


def _run(options: Mapping[str, Any]) -> Run:

    return Run(request({**options, "without_baseline": True}))


def _found(run: Run) -> Iterator[_Found]:
    """Lint, and yield the findings for each policy."""
    counts: dict[tuple[str, ...], Counter[Identity]] = {}
    linted: dict[tuple[str, ...], set[str]] = {}
    locked: Counter[tuple[str, ...]] = Counter()
    for item in run.inputs:
        key = item.governing.files
        result = run.lint(item)
        if result is None:
            continue
        path = item.governing.match_path(item.path)
        linted.setdefault(key, set()).add(path)
        for finding in result.findings:
            if finding.rule in item.governing.policy.locked_rules:
                locked[key] += 1
            else:
                counts.setdefault(key, Counter())[identity_of(finding, path)] += 1
    for governing in run.governing:
        key = governing.files
        known = {} if governing.baseline is None else governing.baseline.counts
        seen = linted.get(key, set()) | governing.gone
        linter = Linter(governing.policy, RULES, run.linting.catalogue)
        left = Known(known, linter.upstream, governing.gone, OnHarbor(*linter.on_harbor))
        found = counts.get(key, Counter())
        new = Counter(
            {identity: count - left.take(identity, count) for identity, count in found.items()}
        )
        unseen = {identity: count for identity, count in known.items() if identity.path not in seen}
        yield _Found(governing, found, new, unseen, locked[key])


def _place(governing: GoverningPolicy) -> str:

    if governing.baseline_path is None:
        message = (
            "a baseline belongs next to a policy, and there is none: write one with"
            " `imagelint init --harbor HOST`"
        )
        raise UsageError(message)
    lock = Locks(governing.policy.locks).on("baseline")
    if lock is not None:
        message = f"no baseline may excuse anything here, as {lock.place} says"
        raise UsageError(message)
    return governing.baseline_path


def _write(found: _Found, counts: Mapping[Identity, int], added: int) -> None:
    """Write what was found, or of it what was known, with what is known of other files."""
    place = _place(found.governing)
    shown = files.displayed(place, os.getcwd())
    files.write_whole(place, shown, Baseline(counts).render().encode())
    old = found.governing.baseline
    change = ""
    if old is not None and old.counts:
        removed = sum(old.counts.values()) + added - sum(counts.values())
        change = f" ({added} added, {removed} removed)"
    say([f"{shown}: {_counted(sum(counts.values()))} known{change}"])


def _counted(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"


def _told(run: Run) -> int:
    say(f"error: {line}" for line in run.errors)
    return EXIT_ERROR if run.errors else EXIT_CLEAN
