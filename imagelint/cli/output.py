"""Write the results of a command to stdout, files and stderr, and compute the exit code."""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from imagelint import files
from imagelint.cli.options import USUAL, targets
from imagelint.formats import FORMATS, PLAIN, Look, line_hashes, pieces, remark, renderer_of_file
from imagelint.model.errors import FileError, ImagelintError, UsageError, internal_error
from imagelint.model.source import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from rich.progress import Progress

    from imagelint.cli.options import Detail, Target
    from imagelint.model.finding import Severity, Skipped
    from imagelint.model.report import FileResult, LineHashes, Report

__all__ = ["EXIT_CLEAN", "EXIT_ERROR", "EXIT_FINDINGS", "emit", "exit_code"]
__all__ += [
    "annotated",
    "format_here",
    "hasher",
    "look_of",
    "print_bytes",
    "print_text",
    "say",
    "skipped_lines",
    "teller",
    "track",
]

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")

EXIT_CLEAN, EXIT_FINDINGS, EXIT_ERROR = 0, 1, 2

_AUTO, _GITHUB, _TEXT = "auto", "github", "text"
_SUMMARY_MAX = 1 << 20  # per step in GitHub Actions, which drops a larger one completely
_SUMMARY_SHARE = 1 << 19  # per run, so that other reports of the step have room
_NARROW, _USUAL, _WIDE = 40, 80, 160
_PATIENCE, _PAUSE = 0.5, 0.1  # seconds until progress is shown, and until it is shown again
_AT_ONCE = 1 << 16
"""Characters to print at a time."""
_HEADS = {"error:": "red", "warning:": "yellow", "note:": "cyan"}


def emit(
    report: Report,
    chosen: Iterable[Target],
    modules: Mapping[str, str] = FORMATS,
    *,
    detail: Detail = USUAL,
    to_stderr: bool = False,
) -> bool:
    """Render the report once for each target; return whether every file could be written.

    What goes to the screen goes first, so that a full disk hides no finding. ``to_stderr``
    keeps stdout free for what a filter or a diff puts there.
    """
    written = True
    for target in sorted(chosen, key=lambda one: one.file is not None):
        name = _named(target, modules)
        if target.file is None:
            stream = sys.stderr if to_stderr else sys.stdout
            _print(pieces(modules, name, report, _look_on(stream, detail)), stream)
        else:
            data = bytearray()  # all of it, before a file is touched
            for piece in pieces(modules, name, report, _placed(PLAIN)):
                data += piece.encode("utf-8", "backslashreplace")
            try:
                files.write_new(target.file, target.file, data, overwrite=True)
            except FileError as error:
                say([one_line(f"error: {error}")])
                written = False
        cut = remark(modules, name, report)
        if cut is not None:
            say([f"warning: {cut}"])
        if name == _GITHUB:
            _append_job_summary(report)
    if detail.statistics:
        _print_statistics(report, chosen, modules, to_stderr=to_stderr)
    if detail.verbose:
        say(_details(report))
    return written


def annotated(command: F) -> F:
    """Make a command with ``--format`` annotate the error that ends it: of a policy, or a crash.

    This applies to ``check`` and ``fix`` if one of their formats is GitHub's, where people look.
    """

    @wraps(command)
    def run(*args: Any, formats: tuple[Target, ...], output: str | None, **options: Any) -> Any:  # noqa: ANN401 - from click
        try:
            return command(*args, formats=formats, output=output, **options)
        except (click.exceptions.Exit, click.ClickException, OSError):
            raise
        except Exception as error:
            is_taken = options.get("diff") or "-" in options["paths"]
            _annotate(error, targets(formats, output), sys.stderr if is_taken else sys.stdout)
            raise

    return cast("F", run)


def _annotate(error: Exception, chosen: Iterable[Target], stream: TextIO) -> None:
    from imagelint.formats.github import about_error  # noqa: PLC0415 - only for GitHub Actions

    said = error.lines if isinstance(error, ImagelintError) else (internal_error(error),)
    is_placed = isinstance(error, ImagelintError) and not isinstance(error, UsageError)
    look = _placed(PLAIN)
    text = "".join(f"{about_error(line, look, is_placed=is_placed)}\n" for line in said)
    for target in chosen:
        if _named(target, FORMATS) != _GITHUB:
            continue
        if target.file is None:
            print_text(text, stream)
        else:
            with suppress(FileError):  # the error itself is reported anyway
                files.write_new(target.file, target.file, text.encode(), overwrite=True)


def teller(
    chosen: Iterable[Target], detail: Detail, modules: Mapping[str, str] = FORMATS
) -> Callable[[FileResult], str] | None:
    """Return the function that renders the findings of a file as :func:`emit` needs them.

    None unless the output is a single text on stdout that is written file by file.
    """
    (first, *more) = chosen
    if more or first.file is not None or detail.statistics or detail.verbose:
        return None
    render = renderer_of_file(modules, _named(first, modules))
    look = _look_on(sys.stdout, detail)
    return None if render is None else lambda result: render(result, look)


def hasher(chosen: Iterable[Target], modules: Mapping[str, str] = FORMATS) -> LineHashes | None:
    """Return what :func:`emit` needs to know of each line with a finding, if anything."""
    return line_hashes(modules, [_named(target, modules) for target in chosen])


def _print_statistics(
    report: Report, chosen: Iterable[Target], modules: Mapping[str, str], *, to_stderr: bool
) -> None:
    """Print the statistics after a report for people, otherwise to stderr."""
    from imagelint.formats.statistics import render  # noqa: PLC0415 - only on request

    named = {_named(target, modules) for target in chosen if target.file is None}
    stream = sys.stdout if named == {_TEXT} and not to_stderr else sys.stderr
    with_rules = modules is FORMATS  # an inventory has no rules
    print_text(render(report, look_of(stream), with_rules=with_rules), stream)


def _details(report: Report) -> Iterator[str]:
    """Yield the lines for ``--verbose``: which policies applied, and why files were skipped."""
    judges = Counter(result.policy.path for result in report.results if result.policy)
    for policy, count in judges.items():
        files_judged = "1 file" if count == 1 else f"{count} files"
        yield one_line(f"note: {policy or 'the built-in policy'} governs {files_judged}")
    yield from skipped_lines(report.skipped)
    for result in report.results:
        for excused in result.suppressed:
            finding = excused.finding
            line = result.source.position(finding.span.start).line
            until = "" if excused.until is None else f" until {excused.until}"
            where = "" if excused.place is None else f" at {excused.place}"
            yield one_line(
                f"note: excused {finding.path}:{line}: {finding.rule}"
                f" ({excused.by}{where}{until}: {excused.reason or 'no reason given'})"
            )


def format_here(modules: Mapping[str, str] = FORMATS) -> str:
    """Return the format that ``--format auto`` means here."""
    in_actions = os.environ.get("GITHUB_ACTIONS") == "true"
    return _GITHUB if in_actions and _GITHUB in modules else _TEXT


def _named(target: Target, modules: Mapping[str, str]) -> str:
    """Return the name of a target's format, which is one of ``modules``."""
    return format_here(modules) if target.format == _AUTO else target.format


def _look_on(stream: TextIO, detail: Detail) -> Look:
    return _placed(look_of(stream))._replace(brief=detail.quiet)


def _placed(look: Look) -> Look:
    """Add the place of the run: CI servers know files by their path in the repository."""
    cwd = os.getcwd()
    repository = files.repository_of(cwd) or ""
    return look._replace(folder=_slashed(cwd), repository=_slashed(repository))


def _slashed(path: str) -> str:
    return path.replace(os.sep, "/")


def _append_job_summary(report: Report) -> None:
    """Append the findings to a run's summary page in GitHub Actions, as far as there is room."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from imagelint.formats.markdown import within  # noqa: PLC0415 - only for GitHub Actions

    try:
        taken = files.size(path)
        text = within(report, _placed(PLAIN), min(_SUMMARY_SHARE, _SUMMARY_MAX - taken) - 1)
        if text:
            files.append(path, (b"\n" if taken else b"") + text.encode("utf-8", "backslashreplace"))
        else:
            say(["warning: the job summary of this step is full: the findings are in the log"])
    except FileError as error:
        say([one_line(f"warning: no job summary: {error}")])


def skipped_lines(skipped: Iterable[Skipped]) -> Iterator[str]:
    """Yield why each file was skipped."""
    for one in skipped:
        yield one_line(f"note: skipped {one.path}: {one.reason}")


def exit_code(report: Report, fail_on: Severity | None, *, failed: bool = False) -> int:
    """Return the exit code: 2 overrides 1."""
    if failed or report.errors:
        return EXIT_ERROR
    return EXIT_FINDINGS if report.has_at_least(fail_on) else EXIT_CLEAN


def say(lines: Iterable[str], detail: Detail = USUAL) -> None:
    """Print lines for people to stderr; ``error:`` and the like are coloured.

    With ``--quiet`` there are no notes.
    """
    color = look_of(sys.stderr).color
    for line in lines:
        if detail.quiet and line.startswith("note:"):
            continue
        # A traceback (--debug) has several lines; each is escaped by itself.
        text = "\n".join(one_line(part) for part in line.split("\n"))
        head, space, rest = text.partition(" ")
        if color and head in _HEADS:
            text = click.style(head, fg=_HEADS[head], bold=True) + space + rest
        print_text(f"{text}\n", sys.stderr)


def track(items: Iterable[T], total: int, *, quiet: bool) -> Iterator[T]:
    """Yield ``items``, of which there are at most ``total`` files, and show the progress.

    Only on a terminal, and only if it takes long; the line is erased before anything else is
    printed.
    """
    look = look_of(sys.stderr)
    if quiet or not look.terminal or os.environ.get("TERM") == "dumb":
        yield from items
        return
    shown: Progress | None = None
    next_time = time.monotonic() + _PATIENCE
    try:
        for number, item in enumerate(items, 1):
            yield item
            if time.monotonic() < next_time:
                continue
            if shown is None:
                from imagelint.cli.progress import progress  # noqa: PLC0415 - loads rich

                shown = progress(total, look, sys.stderr)
            shown.update(shown.task_ids[0], completed=number, refresh=True)
            shown.start()  # the first time
            shown.console.show_cursor()  # rich hides it, and a killed run would not restore it
            next_time = time.monotonic() + _PAUSE
    finally:
        if shown is not None:
            shown.stop()


def print_text(text: str, stream: TextIO) -> None:
    """Print a text; characters that the stream's encoding lacks are written as escapes."""
    _print((text,), stream)


def _print(texts: Iterable[str], stream: TextIO) -> None:
    """Print texts in order, some at a time.

    Joined first, a long report would be in memory three times, each with four bytes for every
    character even if one is enough.
    """
    encoder = codecs.getincrementalencoder(stream.encoding or "utf-8")("backslashreplace")
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= _AT_ONCE:
            print_bytes(encoder.encode("".join(waiting)), stream)
            waiting, size = [], 0
    print_bytes(encoder.encode("".join(waiting), final=True), stream)


def print_bytes(data: bytes, stream: TextIO) -> None:
    """Print bytes unchanged and completely.

    With ``PYTHONUNBUFFERED`` a full disk or a closed pipe makes ``write`` return early
    instead of raising: only the next call shows the reason.
    """
    stream.flush()
    rest = memoryview(data)
    while rest:
        rest = rest[stream.buffer.write(rest) :]
    stream.buffer.flush()


def look_of(stream: TextIO) -> Look:
    """Return the style of output on a stream; https://no-color.org is respected."""
    if not stream.isatty():
        return PLAIN
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        width = _USUAL
    look = Look(not plain, min(max(width, _NARROW), _WIDE), terminal=True)
    if plain or os.name != "posix":
        return look
    host = os.uname().nodename  # so that no terminal opens our files on another machine
    return look._replace(links=f"file://{host}", rules=files.rules_folder())
