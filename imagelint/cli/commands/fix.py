"""``imagelint fix``: fix files in place, show the changes as a diff, or filter stdin."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from imagelint import files
from imagelint.cli.advice import advice
from imagelint.cli.options import (
    Target,
    detail_of,
    detail_options,
    fail_on_option,
    input_options,
    jobs_option,
    output_options,
    request,
    severity_of,
    targets,
)
from imagelint.cli.output import (
    EXIT_FINDINGS,
    annotated,
    emit,
    exit_code,
    hasher,
    look_of,
    print_bytes,
    print_text,
    say,
    track,
)
from imagelint.cli.rendering import rendering_options
from imagelint.formats.unified import diff as unified
from imagelint.model.errors import FileError
from imagelint.model.source import Source, one_line
from imagelint.run.fixing import Declined, fix_all, propose
from imagelint.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.cli.options import Detail
    from imagelint.model.report import FileResult
    from imagelint.repair.moves import Moves
    from imagelint.run.fixes import FileFix, Fixed
    from imagelint.run.request import Request
    from imagelint.run.run import Input

__all__ = ["command"]

_STDIN = "-"
_NOTHING = b"# imagelint: there was nothing to repair\n"


class _Outcome:
    """The results for the inputs."""

    def __init__(self) -> None:
        """Start empty."""
        self.results: list[FileResult] = []
        """The results after the fix."""
        self.repaired: list[str] = []
        """The paths of the fixed inputs."""
        self.moves: list[Moves] = []
        self.patch: dict[str, str] = {}
        """By path (absolute), in the order of the inputs."""
        self.fixed: dict[str, bytes] = {}
        """By path (absolute): what is fixed, but not written."""
        self.filtered: bytes | None = None
        """The fixed bytes of stdin, if it was fixed."""


@click.command("fix")
@input_options
@jobs_option
@output_options()
@fail_on_option
@detail_options
@click.option(
    "--allow-insecure-images",
    is_flag=True,
    help="With --render: set the value without which Bitnami's charts refuse your Harbor.",
)
@rendering_options
@click.option("--diff", is_flag=True, help="Print the changes as a unified diff; write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before rewriting files.")
@click.pass_context
@annotated
def command(
    ctx: click.Context,
    /,
    formats: tuple[Target, ...],
    output: str | None,
    fail_on: str,
    *,
    diff: bool,
    **options: Any,
) -> None:
    """Rewrite images in place to pull through Harbor.

    fix changes only the bytes of an image, and only if Harbor has a project for it. The report
    lists the remaining findings. With - as PATH, fix is a filter: it reads stdin, writes the
    fixed text to stdout and the report to stderr. Without a policy of your own, the built-in
    policy names the Harbor; fix then asks at a terminal before it rewrites several files.

    \b
      imagelint fix k8s/ --env prod
      imagelint fix --diff > harbor.patch
      imagelint fix --harbor harbor.example.com
      helm template . | imagelint fix - | kubectl apply -f -
    """
    chosen = targets(formats, output)
    detail, yes = detail_of(options), options.pop("yes")
    asked = request(options)
    is_filter = _STDIN in asked.paths
    if is_filter and len(asked.paths) > 1:
        message = "fix - is a filter: it takes no other PATH"
        raise click.UsageError(message)
    written = not (diff or is_filter)
    asked = asked._replace(
        inventory=detail.statistics, leftovers=written, fixes=True, line_hashes=hasher(chosen)
    )
    run = Run(asked, propose)
    say(run.notices, detail)
    say(_clear_leftovers(run), detail)
    confirm = None
    if written and not yes and asked.harbor is None and _somebody_is_there():
        confirm = _confirmed
    try:
        done = fix_all(run, write=written, confirm=confirm)
        outcome = _collected(done, run, detail, diff=diff)
        if asked.rendering is not None:
            _fix_rendered(run, asked, outcome, None if outcome.repaired else confirm, diff=diff)
    except Declined:
        say(["note: nothing was written; --harbor HOST names your Harbor"])
        ctx.exit(EXIT_FINDINGS)
    if diff:
        _print_patch(outcome.patch.values())
    elif is_filter:
        _print_repaired((run.stdin or b"") if outcome.filtered is None else outcome.filtered)
    report = run.report(outcome.results, outcome.repaired if written else ())
    reported = emit(report, chosen, detail=detail, to_stderr=diff or is_filter)
    say(f"error: {line}" for line in report.errors)
    say(run.remarks if asked.rendering is not None else (), detail)
    if not diff:
        say(advice(outcome.moves), detail)
    code = exit_code(report, severity_of(fail_on), failed=not reported)
    ctx.exit(max(code, EXIT_FINDINGS) if diff and outcome.repaired else code)


def _somebody_is_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()  # pythonw and daemons have no stdin


def _confirmed(number: int) -> bool:
    """Ask whether to rewrite this many files to a Harbor that the user did not name."""
    question = f"Rewrite {number} files to pull from {files.EXAMPLE_HARBOR}? [y/N] "
    print_text(question, sys.stderr)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _clear_leftovers(run: Run) -> Iterator[str]:
    """Remove what killed processes have left beside the files, and report it at once."""
    for folder in run.with_leftovers:
        for path in files.clear_leftovers(folder):
            name = one_line(files.displayed(path, os.getcwd()))
            yield f"note: removed {name}, which a killed process left behind"


def _collected(done: Iterator[Fixed], run: Run, detail: Detail, *, diff: bool) -> _Outcome:
    """Fix all inputs, and keep only what must still be reported."""
    outcome = _Outcome()
    for item, before, fix, after in track(done, len(run.inputs), quiet=detail.quiet):
        if not item.is_outside:
            outcome.results.append(after or before)
        if fix is None:
            continue
        outcome.repaired.append(before.path)
        outcome.moves.append(fix.moves)
        if not diff and item.data is None:
            continue
        texts = run.guarded(item, partial(_texts, run, item, fix))
        if diff and texts is not None:
            outcome.fixed[item.path] = texts[1]
            outcome.patch[item.path] = _patch(item, *texts)
        elif texts is not None:
            outcome.filtered = texts[1]
    return outcome


def _fix_rendered(
    run: Run,
    asked: Request,
    outcome: _Outcome,
    confirm: Callable[[int], bool] | None,
    *,
    diff: bool,
) -> None:
    """Render charts, fix the values that make their images, and tell what remains."""
    from imagelint.run.rendered_fixing import RenderedFixer  # noqa: PLC0415 - only when asked for
    from imagelint.run.retold import Found, KnownImages, retold  # noqa: PLC0415

    fixer = RenderedFixer(run, asked)
    looked = list(fixer.looked(outcome.fixed))
    builds = [] if diff else list(fixer.built(KnownImages.of(outcome.results)))
    fixes = fixer.fixes
    if fixes and confirm is not None and not confirm(len(fixes)):
        raise Declined
    fixed = dict(outcome.fixed)
    for one in fixes:
        shown = files.displayed(one.path, os.getcwd())
        if diff:
            old = Source(files.named(one.path, os.getcwd()), one.old or b"")
            outcome.patch[one.path] = unified(old, one.new, look_of(sys.stdout))
        elif not fixer.write(one):
            continue
        fixed[one.path] = one.new
        outcome.repaired.append(shown)
    outcome.results = [*retold(run, asked, outcome.results, Found(looked, builds, fixed))]
    run.remarks += fixer.said


def _texts(run: Run, item: Input, fix: FileFix) -> tuple[bytes, bytes]:
    """Return the bytes of an input before and after the fix."""
    old = run.around.read(item)[0]
    new = fix.of(old)
    if new is None:
        raise FileError(item.shown, "not repaired: it changed after it was read")
    return old, new


def _print_patch(patch: Iterable[str]) -> None:
    # A patch is exact, whatever the encoding of the terminal.
    is_terminal = look_of(sys.stdout).terminal
    encoding = (sys.stdout.encoding or "utf-8") if is_terminal else "utf-8"
    errors = "backslashreplace" if is_terminal else "surrogateescape"
    for text in patch:
        print_bytes(text.encode(encoding, errors), sys.stdout)


def _print_repaired(data: bytes) -> None:
    """Print all of stdin, fixed or, if that was not possible, unchanged.

    Empty input (``--allow-empty``) gives a comment: Helm 4 treats empty output as a failure.
    """
    print_bytes(_NOTHING if files.is_blank(data) else data, sys.stdout)


def _patch(item: Input, old: bytes, new: bytes) -> str:
    # A patch has to name the file itself, not a link to it, and by its bytes.
    path = item.path if item.data is not None else os.path.realpath(item.path)
    return unified(Source(files.named(path, os.getcwd()), old), new, look_of(sys.stdout))
