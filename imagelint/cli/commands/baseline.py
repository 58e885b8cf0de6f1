"""``imagelint baseline``: take the findings of an old repository for known, and work them off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import debug_option, environment_option, policy_option, request
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, say
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.engine.baseline import Identity
    from imagelint.files import GoverningPolicy
    from imagelint.run.run import Run

__all__ = ["command"]

_paths = click.argument("paths", nargs=-1, metavar="[PATH]...")


@click.group("baseline", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Let only new findings fail, on an old repository.

    The baseline is imagelint-baseline.json beside the policy; `check` finds it there. It knows a
    finding by object, container and image, so that lines and documents may move.
    """


@command.command("write")
@debug_option
@environment_option
@policy_option
@click.option("--grow", is_flag=True, help="Take in findings that the baseline does not know yet.")
@_paths
@click.pass_context
def write(ctx: click.Context, /, *, grow: bool, **options: Any) -> None:  # noqa: ANN401 - from click
    """Write what is found now into the baseline.

    PATH is a file or a folder; without any it is this folder. What the baseline knows of other
    files stays in it. A baseline that is there already can only shrink, unless --grow is given.

    \b
      imagelint baseline write
      imagelint baseline write --grow teams/shop
    """  # noqa: D301 - click wants the character itself
    from imagelint.model.errors import UsageError  # noqa: PLC0415 - --help has no use for it

    run = _run(options)
    wanted = [(one, _with_others(one)) for one in _found(run)]
    for one, new in wanted:
        place = _place(one.governing)
        grown = _more(new, _known(one.governing))
        if os.path.lexists(place) and grown and not grow:
            message = (
                f"{files.displayed(place, os.getcwd())} does not know {_counted(grown)}: mend what"
                " is new, or take it in with --grow"
            )
            raise UsageError(message)
    for one, new in wanted:  # all of them, or none
        if new or os.path.lexists(_place(one.governing)):
            _write(one.governing, new)
        elif not one.locked:
            say([f"{one.governing.shown}: nothing to take for known"])
        if one.locked:
            say([f"{one.governing.shown}: {_counted(one.locked)} of locked rules left out"])
    ctx.exit(_told(run))


def _with_others(found: _Found) -> dict[Identity, int]:
    """Return what was found, and what is known of other files."""
    known = _known(found.governing).items()
    kept = {one: count for one, count in known if one.path not in found.linted}
    return {**kept, **found.counts}


@command.command("prune")
@debug_option
@policy_option
@_paths
@click.pass_context
def prune(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - from click
    """Remove from the baseline what is found no longer.

    PATH is a file or a folder; without any it is this folder. What the baseline knows of files
    that are there and were not linted stays in it.
    """
    run = _run({**options, "environment": None})
    for found in _found(run):
        old = _known(found.governing)
        new = {
            one: min(count, found.counts.get(one, 0)) if found.knows(one) else count
            for one, count in old.items()
        }
        if old:
            _write(found.governing, {one: count for one, count in new.items() if count})
    ctx.exit(_told(run))


class _Found(NamedTuple):
    """What was found under a policy, and in which files it was looked for."""

    governing: GoverningPolicy
    counts: Mapping[Identity, int]
    linted: frozenset[str]
    """Paths relative to the policy's folder."""
    locked: int
    """How many findings no baseline may know."""

    def knows(self, one: Identity) -> bool:
        """Whether it can be told what became of a finding: its file was linted, or is gone."""
        place = os.path.join(self.governing.folder, one.path)
        return one.path in self.linted or not os.path.lexists(place)


def _run(options: Mapping[str, Any]) -> Run:
    from imagelint.run.run import Run  # noqa: PLC0415 - --help has no use for it

    return Run(request({**options, "without_baseline": True}))


def _found(run: Run) -> Iterator[_Found]:
    """Lint, and yield for each policy what was found."""
    from collections import Counter  # noqa: PLC0415

    from imagelint.engine.baseline import identity_of  # noqa: PLC0415

    counts: dict[tuple[str, ...], Counter[Identity]] = {}
    linted: dict[tuple[str, ...], set[str]] = {}
    locked: Counter[tuple[str, ...]] = Counter()
    for one in run.inputs:
        key = one.governing.files
        result = run.lint(one)
        if result is None:
            continue
        path = one.governing.match_path(one.path)
        linted.setdefault(key, set()).add(path)
        for finding in result.findings:
            if finding.rule in one.governing.policy.locked_rules:
                locked[key] += 1
            else:
                counts.setdefault(key, Counter())[identity_of(finding, path)] += 1
    for governing in run.governing:
        key = governing.files
        places = frozenset(linted.get(key, ()))
        yield _Found(governing, counts.get(key, {}), places, locked[key])


def _place(governing: GoverningPolicy) -> str:
    from imagelint.model.errors import UsageError  # noqa: PLC0415
    from imagelint.policy.locks import Locks  # noqa: PLC0415

    if governing.baseline_path is None:
        message = (
            "a baseline stands beside a policy, and there is none: write one with"
            " `imagelint init --harbor HOST`"
        )
        raise UsageError(message)
    lock = Locks(governing.policy.locks).on("baseline")
    if lock is not None:
        message = f"no baseline may excuse anything here, as {lock.place} says"
        raise UsageError(message)
    return governing.baseline_path


def _write(governing: GoverningPolicy, counts: Mapping[Identity, int]) -> None:
    from imagelint.engine.baseline import Baseline  # noqa: PLC0415

    place = _place(governing)
    shown = files.displayed(place, os.getcwd())
    new = Baseline(counts)
    files.write_whole(place, shown, new.render().encode())
    change = _change(_known(governing), new.counts)
    say([f"{shown}: {_counted(sum(counts.values()))} known{change}"])


def _known(governing: GoverningPolicy) -> Mapping[Identity, int]:
    return {} if governing.baseline is None else governing.baseline.counts


def _change(old: Mapping[Identity, int], new: Mapping[Identity, int]) -> str:
    added, removed = _more(new, old), _more(old, new)
    return f" ({added} added, {removed} removed)" if old else ""


def _more(one: Mapping[Identity, int], other: Mapping[Identity, int]) -> int:
    return sum(max(count - other.get(key, 0), 0) for key, count in one.items())


def _counted(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"


def _told(run: Run) -> int:
    say(f"error: {line}" for line in run.errors)
    return EXIT_ERROR if run.errors else EXIT_CLEAN
