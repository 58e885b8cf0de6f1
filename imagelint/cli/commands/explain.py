"""``imagelint explain``: a rule in full, or how an image parses and which pattern decides."""

from __future__ import annotations

import os
import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.options import (
    completed,
    debug_option,
    environment_option,
    harbor_host,
    harbor_option,
    policy_option,
    unknown,
)
from imagelint.cli.output import look_of, print_text
from imagelint.engine.judge import Judge
from imagelint.model.errors import ImagelintError, nearest
from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.model.source import shown
from imagelint.patterns.harbor import Refusal
from imagelint.rules.built_in import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.files import GoverningPolicy
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.rule import Rule

__all__ = ["command"]

_LABEL = 14
_PROSE_WIDTH = 88


def _complete_rule(
    ctx: click.Context,
    _param: click.Parameter,
    incomplete: str,
) -> list[str]:
    rules, cwd = RULES, os.getcwd()
    with suppress(ImagelintError):  # the command itself reports it
        policies = files.Policies(rules, cwd, ctx.params.get("policy"))
        rules = policies.for_folder(cwd).rules
    return completed(rules, incomplete)


@click.command("explain")
@click.argument("what", metavar="RULE|IMAGE", shell_complete=_complete_rule)
@environment_option
@policy_option
@harbor_option
@debug_option
def command(
    what: str,
    environment: str | None,
    policy: str | None,
    harbor: str | None,
    **_options: Any,
) -> None:
    """Explain a rule, or the verdict on an image.

    \b
      imagelint explain unapproved-registry
      imagelint explain nginx:1.25 --env prod
    """
    rules = RULES
    governing = None
    if environment is not None or what not in rules:
        cwd = os.getcwd()
        host = None if harbor is None else harbor_host(harbor)
        governing = files.Policies(rules, cwd, policy, harbor=host).for_folder(cwd)
        rules = governing.rules
    if governing is None or (environment is None and what in rules):
        width = min(look_of(sys.stdout).width, _PROSE_WIDTH)
        lines = _rule_lines(rules[what], width)
    else:
        if environment is None:
            _refuse_slip(what, rules)
        lines = _image_lines(what, governing, rules, environment)
    print_text("\n".join(lines) + "\n", sys.stdout)


def _refuse_slip(what: str, rules: Mapping[str, Rule]) -> None:
    """Stop at a rule's name with a slip in it, which would be read as an image."""
    if nearest(what, rules, 0.8):
        advice = "(for an image of that name, give --env)"
        message = f"{unknown(what, rules, 'rule')} {advice}"
        raise click.UsageError(message)


def _rule_lines(rule: Rule, width: int) -> Iterator[str]:
    yield f"{rule.id}: {rule.summary}"
    yield ""
    yield _labelled("severity", _severities(rule))
    yield _labelled("repair", "imagelint fix" if rule.fixable else "by hand")
    for name, value in rule.parameters.items():
        yield from _parameter_lines(name, value, width)
    for title, prose in (("Why", rule.why), ("What to do", rule.remedy)):
        yield ""
        yield title
        yield from _wrapped(prose, width)
    fixed = rule.examples.fixed or ("",) * len(rule.examples.bad)
    pairs = list(zip(rule.examples.bad, fixed, strict=False))
    found = [bad if good in ("", bad) else f"{bad}  →  {good}" for bad, good in pairs]
    yield from _examples("Found", found)
    yield from _examples("Not found", rule.examples.good)


def _parameter_lines(name: str, value: object, width: int) -> Iterator[str]:
    """Yield a parameter in one line if it fits, else one line for each value."""
    values = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    line = _labelled("parameter", f"{name}: {', '.join(values)}")
    if len(line) <= width or len(values) == 1:
        yield line
        return
    yield _labelled("parameter", f"{name}:")
    yield from (f"    {shown(one, len(one))}" for one in values)


def _severities(rule: Rule) -> str:
    text = rule.severity.value
    if rule.severity_if_open is not None:
        text += f"; {rule.severity_if_open.value} in an environment that allows everything"
    if rule.severity_in_chart is not None:
        text += f"; {rule.severity_in_chart.value} in the templates of a chart"
    return text


def _examples(title: str, examples: tuple[str, ...] | list[str]) -> Iterator[str]:
    if not examples:
        return
    yield ""
    yield title
    for example in examples:
        lines = example.splitlines() or [""]
        several = len(lines) > 1
        yield from (f"  {shown(line) or (line if several else '(empty)')}" for line in lines)
        if several:
            yield ""


def _wrapped(prose: str, width: int) -> Iterator[str]:
    for number, paragraph in enumerate(prose.strip().split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(
            paragraph, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )


def _image_lines(
    text: str, governing: GoverningPolicy, rules: Mapping[str, Rule], name: str | None
) -> Iterator[str]:

    policy = governing.policy
    environments = policy.environments if name is None else (policy.environment(name),)
    yield shown(text) or '""'
    try:
        reference = ImageReference.parse(text)
    except InvalidReference as error:
        yield _labelled("no image", f"{error} ({error.reason})")
        return
    implied = " (implied)" if reference.domain is None else ""
    yield _labelled("domain", f"{reference.registry or 'none can be read'}{implied}")
    yield _labelled("repository", reference.repository)
    yield _labelled("tag", reference.tag or "none")
    yield _labelled("digest", reference.digest or "none")
    yield _labelled("familiar", reference.familiar)
    judge = Judge(policy, rules)
    for environment in environments:
        yield ""
        yield from _verdict_lines(reference, policy, environment, judge)
    yield ""
    yield f"Decided by {shown(governing.shown)}."


def _verdict_lines(
    reference: ImageReference, policy: Policy, environment: Environment, judge: Judge
) -> Iterator[str]:

    decision = environment.gate.decide(reference)
    default = " (the default)" if environment == policy.default else ""
    verdict = "allowed" if decision.allowed else "not allowed"
    yield f"{shown(environment.name)}{default}: {verdict}"
    if decision.pattern is not None:
        yield _labelled(
            "decided by", f"{'allow' if decision.allowed else 'deny'}: {decision.pattern}"
        )
    else:
        allowed = ", ".join(str(pattern) for pattern in environment.gate.allow) or "nothing"
        yield _labelled("decided by", f"no pattern fits; allowed: {allowed}")
    wanted = judge.wanted(reference, environment)
    if wanted is not None:
        yield _labelled("would become", str(wanted))
    elif not decision.allowed:
        refused = policy.harbors.rewrite(reference, environment.gate)
        if isinstance(refused, Refusal):
            yield _labelled("no repair", refused.reason)


def _labelled(label: str, text: str) -> str:
    return f"  {label:{_LABEL}}{shown(text, len(text))}"
