"""``imagelint policy``: check a policy, test it, and show the effect of a change."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import debug_option, environment_option, jobs_option, request
from imagelint.cli.output import (
    EXIT_CLEAN,
    EXIT_ERROR,
    EXIT_FINDINGS,
    look_of,
    print_text,
    say,
)
from imagelint.engine.cases import CASES_NAME, read_cases, run_case, unreached
from imagelint.engine.examples import Examples
from imagelint.engine.linter import Linter
from imagelint.formats.drawn import columns, drawn
from imagelint.formats.phrases import shown_path
from imagelint.model.errors import UsageError
from imagelint.model.finding import Severity
from imagelint.model.source import Source, one_line, shown
from imagelint.policy.advice import advise
from imagelint.policy.diff import changes
from imagelint.rules.built_in import RULES
from imagelint.run.given import known_kinds, today
from imagelint.run.run import Run
from imagelint.yaml.config import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.engine.cases import Outcome
    from imagelint.files import GoverningPolicy
    from imagelint.formats import Look
    from imagelint.policy.advice import Advice

__all__ = ["command"]

_policy_argument = click.argument("policy", metavar="[POLICY]", required=False)


@click.group("policy", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check, test and compare policies."""


@command.command("check")
@debug_option
@_policy_argument
@click.pass_context
def check(ctx: click.Context, /, policy: str | None, **_options: Any) -> None:
    """Find mistakes in a policy: what can never match, overlaps, or allows everything.

    POLICY is a file; default: the policy of the current folder. The exit code is 1 if there is a
    warning, 2 if the policy cannot be read.
    """
    governing = _governing(policy)
    advice = advise(governing.policy, governing.rules, today(), known_kinds())
    found = sorted(((_place(one, governing), one) for one in advice), key=lambda pair: pair[0])
    look = look_of(sys.stdout)
    for (number, line, column), one in found:
        place = governing.sources[number].path
        _print(f"{place}:{line}:{column}: {one.severity.value}: {one.message}", look)
    warnings = sum(one.severity is Severity.WARNING for _, one in found)
    names = ", ".join(one.name for one in governing.policy.environments)
    counted = f"{_counted(warnings, 'warning')}, {_counted(len(found) - warnings, 'note')}"
    _print(f"{governing.shown}: environments {names}; {counted}.", look)
    ctx.exit(EXIT_FINDINGS if warnings else EXIT_CLEAN)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print(line: str, look: Look) -> None:
    """Print a line, wrapped where a terminal would break it in mid-word."""
    if look.terminal:
        folded = textwrap.wrap(
            line, look.width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        line = "\n".join(folded)
    print_text(f"{line}\n", sys.stdout)


def _governing(policy: str | None) -> GoverningPolicy:
    """Return a policy by its file, or the one of this folder."""
    cwd = os.getcwd()
    return files.Policies(RULES, cwd, policy).for_folder(cwd)


def _place(advice: Advice, governing: GoverningPolicy) -> tuple[int, int, int]:
    """Return where an advice is about, in the uppermost layer that says it: layer, line, column."""
    for number, source in enumerate(governing.sources):
        if advice.at is not None and advice.at[0] == source:
            return (number, *source.position(advice.at[1].start))
        found = None if advice.at else Fields(source).find(advice.keys, advice.text)
        if found is not None:
            return (number, *found)
    return 0, 1, 1


@command.command("test")
@debug_option
@click.option("--cases", metavar="FILE", help="The test cases; default: imagelint-tests.yaml.")
@click.option("--strict", is_flag=True, help="Also fail if no case reaches a part of the policy.")
@_policy_argument
@click.pass_context
def test(
    ctx: click.Context,
    /,
    policy: str | None,
    cases: str | None,
    *,
    strict: bool,
    **_options: Any,
) -> None:
    """Run the test cases of a policy.

    POLICY is a file; default: the policy of the current folder. Test cases are in
    imagelint-tests.yaml:

    \b
      version: 1
      cases:
        - image: nginx:1.27
          environment: prod
          verdict: denied               # allowed, denied or excused
          rule: unapproved-registry     # optional, or a list
          rewrite: harbor.myco.com/docker.io/nginx:1.27

    The examples of your own rules run too. The exit code is 1 if a case or an example fails. The
    report lists the parts of the policy that no case reaches.
    """
    governing = _governing(policy)
    outcomes = tuple(_outcomes(governing, cases))
    failed = [one for one in outcomes if any(one.differences())]
    failures = list(_failed_examples(governing))
    look = look_of(sys.stdout)
    for line in failures:
        _print(line, look)
    for one in failed:
        _print(f"{one.case.file}:{one.case.line}:{one.case.column}: {one.case.shown}", look)
        for what, expected, got in one.differences():
            _print(f"  {what:8} expected {shown(expected)}", look)
            _print(f"  {'':8} got      {shown(got)}", look)
        for message in one.messages:
            _print(f"  found    {message}", look)
    missing = list(unreached(governing.policy, outcomes)) if outcomes or strict else []
    if missing:
        _print("Not reached by any case:", look)
        for line in missing:
            _print(f"  {line}", look)
    own = len(governing.policy.own_rules)
    examples = f"; examples of {_counted(own, 'own rule')}, {len(failures)} failed" if own else ""
    _print(f"{_counted(len(outcomes), 'case')}, {len(failed)} failed{examples}.", look)
    is_bad = failed or failures or (strict and missing)
    ctx.exit(EXIT_FINDINGS if is_bad else EXIT_CLEAN)


def _failed_examples(governing: GoverningPolicy) -> Iterator[str]:
    """Yield a line for each example of the policy's own rules with an unexpected result."""
    own = governing.policy.own_rules
    if not own:
        return

    examples = Examples(governing.policy, RULES, known_kinds())
    for rule in own.values():
        yield from map(str, examples.failures(rule))


def _outcomes(governing: GoverningPolicy, cases: str | None) -> Iterator[Outcome]:

    cwd = os.getcwd()
    if cases is None and governing.is_built_in:
        message = "the built-in policy has no tests; write a policy with `imagelint init`"
        raise UsageError(message)
    place = files.absolute(cases or os.path.join(governing.home, CASES_NAME), cwd)
    name = files.displayed(place, cwd)
    if not os.path.lexists(place):
        if cases is None and governing.policy.own_rules:
            return  # the examples of its rules are enough
        message = f"{name}: there is no such table; `imagelint policy test --help` shows one"
        raise UsageError(message)
    root = governing.root if cases is None else files.bound_of(cases, cwd, name)
    source = Source(name, files.read(place, name, root)[0])
    linters: dict[str | None, Linter] = {}
    for case in read_cases(source, governing.policy, governing.rules):
        if case.environment not in linters:
            linters[case.environment] = Linter(
                governing.policy,
                governing.rules,
                known_kinds(),
                environment=case.environment,
                today=today(),
            )
        yield run_case(case, linters[case.environment])


@command.command("diff")
@debug_option
@environment_option
@jobs_option
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.pass_context
def diff(ctx: click.Context, /, old: str, new: str, **options: Any) -> None:
    """List the images whose verdict differs between two policies.

    OLD and NEW are policy files, or REF:FILE for a file in a commit. imagelint lints PATH with
    both; default: the current folder. The exit code is 1 if a verdict changes.

    \b
      imagelint policy diff main:imagelint.yaml imagelint.yaml k8s/
    """
    before, after = _run_by(old, options), _run_by(new, options)
    found = changes(before.results(), after.results())
    look = look_of(sys.stdout)
    table = columns("PLACE", "IMAGE", "BEFORE", "AFTER", below=int(look.terminal))
    for one in found.changes:
        place = f"{shown_path(one.path)}:{one.line}:{one.column}"
        table.add_row(place, shown(one.image), one_line(one.before), one_line(one.after))
    number = len(found.changes)
    if number:
        print_text(f"{drawn(table, look)}\n", sys.stdout)
    verb = "changes" if number == 1 else "change"
    _print(f"{_counted(number, 'verdict')} of {found.images} {verb}.", look)
    errors = dict.fromkeys((*before.errors, *after.errors))
    say(f"error: {line}" for line in errors)
    ctx.exit(EXIT_ERROR if errors else EXIT_FINDINGS if found.changes else EXIT_CLEAN)


def _run_by(policy: str, options: dict[str, Any]) -> Run:

    ref, colon, path = policy.partition(":")
    options = {**options, "without_baseline": True}
    if not colon or os.path.lexists(policy):
        return Run(request({**options, "policy": policy}))
    return Run(request({**options, "policy": path, "policy_from": ref}))
