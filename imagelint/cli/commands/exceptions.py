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
    listed = {
        exception.place: exception
        for governing in run.governing
        for exception in governing.policy.exceptions
    }
    if style == "json":
        text = _json(listed.values(), uses, today())
    else:
        text = _text(listed.values(), uses, today(), look_of(sys.stdout))
    print_text(text, sys.stdout)
    say(f"error: {line}" for line in run.errors)
    ctx.exit(EXIT_ERROR if run.errors else EXIT_CLEAN)


def _uses(results: Iterable[FileResult]) -> dict[str, list[_Use]]:
    """Return by place which findings each exception suppresses."""
    found: dict[str, list[_Use]] = {}
    for result in results:
        for excused in result.suppressed:
            if excused.by == EXCEPTION and excused.place is not None:
                finding = excused.finding
                line = result.source.line_number(finding.span.start)
                use = _Use(finding.path, line, finding.rule, finding.image)
                found.setdefault(excused.place, []).append(use)
    return found


def _days_left(until: str, today: str) -> int:
    """Return for how many days an exception still applies, today included; below 1: expired."""
    return (dt.date.fromisoformat(until) - dt.date.fromisoformat(today)).days + 1


def _json(exceptions: Iterable[PolicyException], uses: dict[str, list[_Use]], today: str) -> str:
    values = [
        {
            "place": exception.place,
            "rules": exception.rules,
            "images": [str(pattern) for pattern in exception.images],
            "environments": exception.environments,
            "paths": [pattern.text for pattern in exception.paths.patterns]
            if exception.paths
            else [],
            "objects": [str(pattern) for pattern in exception.objects],
            "containers": [str(pattern) for pattern in exception.containers],
            "reason": exception.reason,
            "until": exception.until,
            "days_left": None if exception.until is None else _days_left(exception.until, today),
            "expired": exception.has_expired(today),
            "used_by": [use._asdict() for use in uses.get(exception.place, ())],
        }
        for exception in exceptions
    ]
    return json.dumps({"version": 1, "exceptions": values}, indent=2) + "\n"


def _text(
    exceptions: Iterable[PolicyException],
    uses: dict[str, list[_Use]],
    today: str,
    look: Look,
) -> str:
    blocks = [
        "\n".join(_lines(exception, uses.get(exception.place, []), today, look)) + "\n"
        for exception in exceptions
    ]
    return "\n".join(blocks) or "No exceptions.\n"


def _lines(
    exception: PolicyException, used_by: list[_Use], today: str, look: Look
) -> Iterator[str]:
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

    yield f"{shown_path(exception.place)}: {', '.join(exception.rules)}"
    yield from wrapped("for", "; ".join(_scope(exception)))
    yield from wrapped("reason", exception.reason)
    yield from wrapped("until", _until(exception, today))
    if not used_by:
        yield from wrapped("used by", "nobody")
    places = list(dict.fromkeys(f"{shown_path(use.path)}:{use.line}" for use in used_by))
    if places:
        more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
        yield from wrapped("used by", ", ".join(places[:_FEW]) + more)


def _scope(exception: PolicyException) -> Iterator[str]:
    """Yield in words what limits an exception."""
    narrowed = (
        ("images", exception.images),
        ("objects", exception.objects),
        ("containers", exception.containers),
        ("paths", exception.paths.patterns if exception.paths else ()),
        ("environments", exception.environments),
    )
    for what, values in narrowed:
        texts = [getattr(value, "text", None) or str(value) for value in values]
        if texts:
            yield f"{what} {', '.join(texts)}"


def _until(exception: PolicyException, today: str) -> str:
    if exception.until is None:
        return "it is removed"
    left = _days_left(exception.until, today)
    if left < 1:
        return f"{exception.until}: expired {_days(1 - left)} ago"
    return f"{exception.until}: {_days(left)} left"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
