"""``imagelint exceptions``: what is suppressed, for how long, and which images need it."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from imagelint.cli.options import (
    debug_option,
    environment_option,
    jobs_option,
    policy_option,
    request,
)
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, look_of, print_text, say
from imagelint.engine.excuses import EXCEPTION
from imagelint.formats.phrases import shown_path
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.run.given import today
from imagelint.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.formats import Look
    from imagelint.model.report import FileResult
    from imagelint.policy.exceptions import PolicyException

__all__ = ["command"]

_FEW = 3


class _Use(NamedTuple):
    """A finding that an exception suppresses."""

    path: str
    line: int
    rule: str
    image: str | None


@click.command("exceptions")
@debug_option
@environment_option
@policy_option
@jobs_option
@click.option(
    "--format",
    "style",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.pass_context
def command(ctx: click.Context, /, style: str, **options: Any) -> None:
    """List exceptions, when they expire, and what uses them.

    imagelint lints PATH to see which exceptions are used; default: the current folder.

    \b
      imagelint exceptions
      imagelint exceptions --format json | jq '.exceptions[] | select(.used_by == [])'
    """
    run = Run(request(options))
    say(run.notices)
    uses = _uses(run.results())
    listed = {one.place: one for governing in run.governing for one in governing.policy.exceptions}
    if style == "json":
        text = _json(listed.values(), uses, today())
    else:
        text = _text(listed.values(), uses, today(), look_of(sys.stdout))
    print_text(text, sys.stdout)
    say(f"error: {line}" for line in run.errors)
    ctx.exit(EXIT_ERROR if run.errors else EXIT_CLEAN)


def _uses(results: Iterable[FileResult]) -> dict[str, list[_Use]]:
    """Return by the place of each exception what it excuses."""
    found: dict[str, list[_Use]] = {}
    for result in results:
        for one in result.suppressed:
            if one.by == EXCEPTION and one.place is not None:
                finding = one.finding
                line = result.source.line_number(finding.span.start)
                use = _Use(finding.path, line, finding.rule, finding.image)
                found.setdefault(one.place, []).append(use)
    return found


def _days_left(until: str, today: str) -> int:
    """Return for how many days an exception still applies, today included; below 1: expired."""
    return (dt.date.fromisoformat(until) - dt.date.fromisoformat(today)).days + 1


def _json(exceptions: Iterable[PolicyException], uses: dict[str, list[_Use]], today: str) -> str:
    values = [
        {
            "place": one.place,
            "rules": one.rules,
            "images": [str(pattern) for pattern in one.images],
            "environments": one.environments,
            "paths": [pattern.text for pattern in one.paths.patterns] if one.paths else [],
            "objects": [str(pattern) for pattern in one.objects],
            "containers": [str(pattern) for pattern in one.containers],
            "reason": one.reason,
            "until": one.until,
            "days_left": None if one.until is None else _days_left(one.until, today),
            "expired": one.has_expired(today),
            "used_by": [use._asdict() for use in uses.get(one.place, ())],
        }
        for one in exceptions
    ]
    return json.dumps({"version": 1, "exceptions": values}, indent=2) + "\n"


def _text(
    exceptions: Iterable[PolicyException],
    uses: dict[str, list[_Use]],
    today: str,
    look: Look,
) -> str:
    blocks = [
        "\n".join(_lines(one, uses.get(one.place, []), today, look)) + "\n" for one in exceptions
    ]
    return "\n".join(blocks) or "No exceptions.\n"


def _lines(one: PolicyException, used_by: list[_Use], today: str, look: Look) -> Iterator[str]:
    def wrapped(label: str, text: str) -> list[str]:
        head = f"  {label:9}"
        return textwrap.wrap(
            shown(text, 4000),
            look.width,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_long_words=False,
            break_on_hyphens=False,
        )

    yield f"{shown_path(one.place)}: {', '.join(one.rules)}"
    yield from wrapped("for", "; ".join(_scope(one)))
    yield from wrapped("reason", one.reason)
    yield from wrapped("until", _until(one, today))
    if not used_by:
        yield from wrapped("used by", "nobody")
    places = list(dict.fromkeys(f"{shown_path(use.path)}:{use.line}" for use in used_by))
    if places:
        more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
        yield from wrapped("used by", ", ".join(places[:_FEW]) + more)


def _scope(one: PolicyException) -> Iterator[str]:
    """Yield in words what limits an exception."""
    narrowed = (
        ("images", one.images),
        ("objects", one.objects),
        ("containers", one.containers),
        ("paths", one.paths.patterns if one.paths else ()),
        ("environments", one.environments),
    )
    for what, values in narrowed:
        texts = [getattr(value, "text", None) or str(value) for value in values]
        if texts:
            yield f"{what} {', '.join(texts)}"


def _until(one: PolicyException, today: str) -> str:
    if one.until is None:
        return "it is removed"
    left = _days_left(one.until, today)
    if left < 1:
        return f"{one.until}: expired {_days(1 - left)} ago"
    return f"{one.until}: {_days(left)} left"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
